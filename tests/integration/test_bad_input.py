"""What goes wrong is said in one clear line, and the exit code tells whose fault it is: 1 failed, 2 wrong usage."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts import broker, database, live, settings, topology
from contracts.broker import Message
from contracts.errors import BrokerRefused, BrokerUnavailable
from jobs.streaming.folder_store import FolderStore
from local.servers import StartedServers
from tests.integration import known_set
from tests.integration.conftest import Job, Shop, WarmJob, eventually
from tests.integration.known_set import message, web_event

pytestmark = pytest.mark.timeout(400)

# Nobody listens there.
NOWHERE = "127.0.0.1:1"
JOBS = [("jobs.ingest", "run"), ("jobs.streaming", "run"), ("jobs.batch", "run"), ("contracts", "migrate")]


class Ended:
    """How a command ended and what it said."""

    def __init__(self, code: int, output: str) -> None:
        self.code = code
        self.output = output

    @property
    def last_words(self) -> str:
        """The message of its last line, which is of a log's form and an error."""
        # Java may leave an empty line behind.
        last = self.output.strip().splitlines()[-1]
        assert last.startswith("{"), self.output
        line: dict[str, Any] = json.loads(last)
        assert line["severity"] == "ERROR"
        assert "\n" not in line["message"]
        words: str = line["message"]
        return words


def run(shop: Shop, *arguments: str, seconds: float = 120, **changed: str) -> Ended:
    """Run a command to its end with some of the environment changed."""
    job = Job({**shop.environment, **changed}, shop.folder, *arguments)
    try:
        job.process.wait(seconds)
    finally:
        job.kill()
    return Ended(job.process.returncode, job.output)


class TestTopicsAndSubscriptions:
    def test_publishing_to_an_unknown_topic_is_refused_by_name(self, shop: Shop) -> None:
        with pytest.raises(BrokerRefused, match="publishing to vendas: ") as caught:
            shop.publisher.publish("vendas", [Message(b"{}", {})])
        assert caught.value.exit_code == 1

    def test_ingest_ends_naming_the_subscription_that_is_missing(self, shop: Shop) -> None:
        broker.Administrator(shop.settings).delete_subscription("eventos_web-persistencia")
        ended = run(shop, "jobs.ingest", "run")
        assert ended.code == 1
        assert ended.last_words.startswith("pulling from eventos_web-persistencia: ")
        assert "Traceback" not in ended.output

    def test_a_project_without_topology_is_told_as_such(self, shop: Shop) -> None:
        ended = run(shop, "jobs.ingest", "run", VITRINE_PROJECT_ID="nobody-made-this")
        assert ended.code == 1
        assert "-persistencia: " in ended.last_words

    def test_topics_are_not_created_without_an_emulator(self, shop: Shop) -> None:
        ended = run(shop, "contracts", "create-topology", VITRINE_PUBSUB_EMULATOR_HOST="")
        assert ended.code == 1
        assert ended.last_words == "topics are created in the emulator only: set VITRINE_PUBSUB_EMULATOR_HOST"


class TestUnreachableBroker:
    def test_publishing_fails_as_something_to_try_again(self, shop: Shop) -> None:
        away = settings.load({**shop.environment, "VITRINE_PUBSUB_EMULATOR_HOST": NOWHERE})
        with broker.Publisher(away) as publisher, pytest.raises(BrokerUnavailable, match="publishing to eventos_web: "):
            publisher.publish("eventos_web", [Message(b"{}", {})], timeout_seconds=5)

    @pytest.mark.parametrize("host", [NOWHERE, "no-such-host.invalid:8085"])
    def test_ingest_waits_says_so_for_each_subscription_and_stops_when_told(self, shop: Shop, host: str) -> None:
        job = Job({**shop.environment, "VITRINE_PUBSUB_EMULATOR_HOST": host}, shop.folder, "jobs.ingest", "run")
        try:
            eventually(lambda: job.output, lambda it: it.count("broker is away, trying on") == 4)
            for name in topology.load().consumed_by("ingest"):
                assert f'"subscription": "{name}"' in job.output
            assert job.process.poll() is None
            assert job.stop() == 0
        finally:
            job.kill()
        assert "Traceback" not in job.output

    def test_creating_the_topology_fails_in_one_line(self, shop: Shop) -> None:
        ended = run(shop, "contracts", "create-topology", VITRINE_PUBSUB_EMULATOR_HOST=NOWHERE)
        assert ended.code == 1
        assert "asking the emulator for" in ended.last_words
        assert "Traceback" not in ended.output


class TestPostgres:
    @pytest.mark.parametrize("command", JOBS)
    def test_a_wrong_password_is_named_and_not_shown(self, shop: Shop, command: tuple[str, ...]) -> None:
        ended = run(shop, *command, VITRINE_POSTGRES_PASSWORD="senha-errada")
        assert ended.code == 1
        assert "password authentication failed" in ended.last_words
        assert f"Postgres at {shop.settings.postgres_host}:{shop.settings.postgres_port}" in ended.last_words
        assert "senha-errada" not in ended.output
        assert "Traceback" not in ended.output

    @pytest.mark.parametrize("command", JOBS)
    def test_one_that_nobody_answers_for_is_named_by_its_address(self, shop: Shop, command: tuple[str, ...]) -> None:
        ended = run(shop, *command, VITRINE_POSTGRES_PORT="1")
        assert ended.code == 1
        assert ended.last_words.startswith("Postgres at 127.0.0.1:1: ")
        assert "Traceback" not in ended.output

    def test_an_unknown_database_is_named(self, shop: Shop) -> None:
        ended = run(shop, "jobs.ingest", "run", VITRINE_POSTGRES_DATABASE="nenhum")
        assert ended.code == 1
        assert 'database "nenhum" does not exist' in ended.last_words

    @pytest.mark.parametrize("command", JOBS[:3])
    def test_a_database_without_our_schema_says_how_to_make_it(self, shop: Shop, command: tuple[str, ...]) -> None:
        cursor = shop.connection.cursor()
        cursor.execute("drop schema operacao cascade")
        shop.connection.commit()
        ended = run(shop, *command)
        assert ended.code == 1
        assert ended.last_words == "the database has no schema yet: run python -m contracts migrate"


class TestSettings:
    @pytest.mark.parametrize("command", JOBS)
    def test_a_bad_value_ends_every_command_with_2(self, shop: Shop, command: tuple[str, ...]) -> None:
        ended = run(shop, *command, VITRINE_POSTGRES_PORT="abc")
        assert ended.code == 2
        assert ended.last_words.startswith("VITRINE_POSTGRES_PORT='abc': should be a valid integer")
        assert "Traceback" not in ended.output

    def test_a_misspelt_one_is_answered_with_the_right_one(self, shop: Shop) -> None:
        ended = run(shop, "jobs.ingest", "run", VITRINE_REDIS_PROT="6379")
        assert ended.code == 2
        assert ended.last_words == "VITRINE_REDIS_PROT is not a setting; did you mean VITRINE_REDIS_PORT?"

    @pytest.mark.parametrize(
        "arguments", [("jobs.ingest", "corre"), ("jobs.ingest", "run", "--depressa"), ("contracts",)]
    )
    def test_wrong_usage_ends_with_2(self, shop: Shop, arguments: tuple[str, ...]) -> None:
        assert run(shop, *arguments).code == 2


class TestRedis:
    def test_a_wrong_password_ends_ingest_in_one_line(self, shop: Shop) -> None:
        ended = run(shop, "jobs.ingest", "run", VITRINE_REDIS_PASSWORD="senha-errada")
        assert ended.code == 1
        assert "looking for the dimension hashes: " in ended.last_words
        assert "senha-errada" not in ended.output

    def test_one_that_is_away_does_not_stop_ingest(self, shop: Shop) -> None:
        job = Job({**shop.environment, "VITRINE_REDIS_PORT": "1"}, shop.folder, "jobs.ingest", "run")
        try:
            shop.publisher.publish("catalogo_produtos", [message(it) for it in known_set.CATALOGUE])
            eventually(lambda: shop.rows("select count(*) from catalogo_produtos"), lambda it: it == [(2,)])
            eventually(lambda: job.output, lambda it: "dimension hashes not loaded" in it)
            assert job.stop() == 0
        finally:
            job.kill()


class TestJava:
    @pytest.mark.parametrize("command", [("jobs.streaming", "run"), ("jobs.batch", "run")])
    def test_missing_everywhere_says_what_to_install(
        self, shop: Shop, tmp_path: Path, command: tuple[str, ...]
    ) -> None:
        ended = run(shop, *command, JAVA_HOME="", PATH=str(tmp_path))
        assert ended.code == 2
        assert "Java 17 or 21" in ended.last_words
        assert "JAVA_HOME" in ended.last_words
        assert "Traceback" not in ended.output

    def test_missing_where_java_home_points_names_the_folder(self, shop: Shop, tmp_path: Path) -> None:
        ended = run(shop, "jobs.streaming", "run", JAVA_HOME=str(tmp_path))
        assert ended.code == 2
        assert ended.last_words.startswith(f"Spark needs Java: JAVA_HOME={tmp_path} has no bin/java; install")

    def test_too_old_names_its_version(self, shop: Shop, tmp_path: Path) -> None:
        java = tmp_path / "bin" / "java"
        java.parent.mkdir()
        java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.22\" 2024-01-16' >&2\n")
        java.chmod(0o755)
        ended = run(shop, "jobs.streaming", "run", JAVA_HOME=str(tmp_path))
        assert ended.code == 2
        assert ended.last_words.startswith(f"Spark needs Java 17 or 21, {java} is 11; install")


class Streamed(NamedTuple):
    """A shop in which streaming ran and was stopped, and the process in which it did; tests copy its folder."""

    shop: Shop
    job: WarmJob


@pytest.fixture(scope="module")
def streamed(servers: StartedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Streamed]:
    shop = Shop(servers, tmp_path_factory.mktemp("streamed"))
    job = shop.warm("jobs.streaming")
    job.begin("run")
    now = database.rows(shop.connection, "select clock_timestamp()")[0][0]
    shop.connection.rollback()
    shop.publisher.publish("eventos_web", [message(web_event(i, "login", now)) for i in range(10)])
    eventually(lambda: live.read_status(shop.redis), lambda it: it is not None and it.rows == 10, seconds=150)
    code, said = job.stop()
    assert code == 0, said
    yield Streamed(shop, job)
    shop.close()


class TestStreamingFolder:
    @pytest.fixture
    def folder(self, streamed: Streamed, tmp_path: Path) -> Path:
        return Path(shutil.copytree(streamed.shop.settings.streaming_folder, tmp_path / "streaming"))

    def ended(self, streamed: Streamed, folder: Path) -> Ended:
        return Ended(*streamed.job.command("run", VITRINE_STREAMING_FOLDER=str(folder)))

    @pytest.mark.parametrize(
        "damaged",
        [
            "offsets",
            "metadata",
        ],
    )
    def test_a_checkpoint_that_cannot_be_read_names_it_and_the_way_out(
        self, streamed: Streamed, folder: Path, damaged: str
    ) -> None:
        checkpoint = folder / "checkpoint"
        files = [checkpoint / damaged] if damaged == "metadata" else sorted((checkpoint / damaged).iterdir())
        assert files
        for file in files:
            file.write_bytes(b"\x00garbage")
        ended = self.ended(streamed, folder)
        assert ended.code == 1
        assert str(checkpoint) in ended.last_words
        assert "remove it" in ended.last_words
        assert "Traceback" not in ended.output

    def test_a_spool_of_another_identity_is_refused_with_the_way_out(self, streamed: Streamed, folder: Path) -> None:
        shutil.rmtree(folder / "spool")
        ended = self.ended(streamed, folder)
        assert ended.code == 1
        assert "the checkpoint belongs to the spool" in ended.last_words
        assert "remove the streaming checkpoint" in ended.last_words
        assert "Traceback" not in ended.output

    def test_a_spool_that_is_older_than_its_checkpoint_is_refused(self, streamed: Streamed, folder: Path) -> None:
        segments = [it for it in (folder / "spool").iterdir() if it.suffix == ".arrow"]
        assert segments
        for segment in segments:
            segment.unlink()
        # Else it says by itself that segments are missing.
        (folder / "spool" / "COMMITTED").unlink(missing_ok=True)
        ended = self.ended(streamed, folder)
        assert ended.code == 1
        assert "the spool is older than the checkpoint" in ended.last_words

    def test_a_second_job_on_the_same_spool_is_refused(self, streamed: Streamed, folder: Path) -> None:
        first = FolderStore(folder / "spool")
        first.lock()
        try:
            ended = run(streamed.shop, "jobs.streaming", "run", seconds=180, VITRINE_STREAMING_FOLDER=str(folder))
        finally:
            first.unlock()
        assert ended.code == 1
        assert ended.last_words == (
            f"another streaming job seals into {folder / 'spool'}: stop it, or give this one its own "
            "VITRINE_STREAMING_FOLDER"
        )
        assert "Traceback" not in ended.output

    def test_a_missing_subscription_ends_streaming_by_name(self, streamed: Streamed, folder: Path) -> None:
        broker.Administrator(streamed.shop.settings).delete_subscription("eventos_web-tempo-real")
        try:
            ended = self.ended(streamed, folder)
        finally:
            broker.Administrator(streamed.shop.settings).create(topology.load())
        assert ended.code == 1
        assert ended.last_words.startswith("pulling from eventos_web-tempo-real: ")
        assert "Traceback" not in ended.output
