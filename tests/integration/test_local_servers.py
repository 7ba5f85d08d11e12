"""The four servers for real: from the machine's programs, and where only Python is found."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pg8000.dbapi
import psutil
import pytest
from redis import Redis

from contracts.errors import MissingProgram, SettingsError, UsageError
from local.servers import Machine, ServerDied, StartedServers, start_all
from local.servers.emulator import JAR_SETTING, find_jar
from local.servers.folder import DataFolder


@pytest.fixture
def folder() -> Iterator[Path]:
    # A folder that everybody may enter, unlike pytest's own: the usual case.
    with TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path)


def postgres_of(environment: dict[str, str]) -> pg8000.dbapi.Connection:
    return pg8000.dbapi.connect(
        host=environment["VITRINE_POSTGRES_HOST"],
        port=int(environment["VITRINE_POSTGRES_PORT"]),
        user=environment["VITRINE_POSTGRES_USER"],
        password=environment["VITRINE_POSTGRES_PASSWORD"],
        database=environment["VITRINE_POSTGRES_DATABASE"],
    )


def redis_of(environment: dict[str, str]) -> "Redis[str]":
    return Redis(
        host=environment["VITRINE_REDIS_HOST"],
        port=int(environment["VITRINE_REDIS_PORT"]),
        password=environment["VITRINE_REDIS_PASSWORD"],
        decode_responses=True,
    )


def query(environment: dict[str, str], statement: str) -> list[list[object]]:
    connection = postgres_of(environment)
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        rows = [list(row) for row in cursor.fetchall()] if cursor.description else []
        connection.commit()
        return rows
    finally:
        connection.close()


def processes_of(servers: StartedServers) -> list[psutil.Process]:
    found = []
    for server in servers.servers:
        assert server.pid is not None
        process = psutil.Process(server.pid)
        found += [process, *process.children(recursive=True)]
    return found


def only_python_is_found() -> Machine:
    """PATH empty, no JAVA_HOME, no usual folder; but the emulator's jar is there, as it is in no wheel."""
    try:
        jar, _source = find_jar(DataFolder(Path("/nonexistent")), Machine())
    except MissingProgram:
        pytest.skip("this machine has no Pub/Sub emulator")
    return Machine(environment={"PATH": "", "HOME": "/nonexistent", JAR_SETTING: str(jar)}, root=Path("/nonexistent"))


def test_all_start_from_this_machine_and_leave_no_process(folder: Path) -> None:
    servers = start_all(folder)
    processes = processes_of(servers)
    environment = servers.environment
    assert redis_of(environment).config_get("appendfsync") == {"appendfsync": "always"}
    assert query(environment, "show synchronous_commit") == [["on"]]
    host, _, port = environment["VITRINE_PUBSUB_EMULATOR_HOST"].partition(":")
    socket.create_connection((host, int(port)), timeout=5).close()
    servers.stop()
    assert [process for process in processes if process.is_running()] == []


def test_all_start_where_only_python_is_found_and_keep_their_data(folder: Path) -> None:
    machine = only_python_is_found()
    with start_all(folder, machine=machine) as servers:
        processes = processes_of(servers)
        assert {it.name: it.source for it in servers.servers} == {
            "postgres": "wheel",
            "redis": "wheel",
            "emulator": JAR_SETTING,
        }
        assert servers.environment["JAVA_HOME"] == str(folder / "java-home")
        query(servers.environment, "create table kept as select 7 as value")
        redis_of(servers.environment).set("kept", "7")
    assert [process for process in processes if process.is_running()] == []
    with start_all(folder, machine=machine, only={"postgres", "redis"}) as servers:
        assert query(servers.environment, "select value from kept") == [[7]]
        assert redis_of(servers.environment).get("kept") == "7"


def test_postgres_and_redis_recover_from_sigkill_on_the_same_port(folder: Path) -> None:
    with start_all(folder, only={"postgres", "redis"}) as servers:
        environment = servers.environment
        query(environment, "create table kept as select 7 as value")
        redis_of(environment).set("kept", "7")
        for server in servers.servers:
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            psutil.wait_procs([psutil.Process(server.pid)] if server.is_alive() else [], timeout=10)
        for server in servers.servers:
            server.start()
            server.ready(60)
        assert servers.environment == environment
        assert query(environment, "select value from kept") == [[7]]
        assert redis_of(environment).get("kept") == "7"


def test_wrong_passwords_are_refused(folder: Path) -> None:
    with start_all(folder, only={"postgres"}) as servers:
        wrong = servers.environment | {"VITRINE_POSTGRES_PASSWORD": "wrong"}
        with pytest.raises(pg8000.dbapi.DatabaseError, match="password authentication failed"):
            postgres_of(wrong)


def test_postgres_starts_below_a_folder_that_only_its_owner_may_enter(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with start_all(closed / "data", only={"postgres"}) as servers:
        assert query(servers.environment, "select 1") == [[1]]


def test_a_folder_in_use_is_not_started_twice(folder: Path) -> None:
    with start_all(folder, only={"redis"}) as servers:
        with pytest.raises(UsageError, match=f"is already in use by process {os.getpid()}"):
            start_all(folder, only={"redis"})
        assert servers["redis"].is_alive()


def test_an_occupied_port_stops_the_start_and_leaves_nothing_running(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError, match=f"port {port} for postgres is already in use"):
            start_all(folder, only={"postgres", "redis"}, ports={"postgres": port})
    assert not (folder / "run" / "redis.json").exists()


def test_a_server_that_cannot_start_is_told_with_its_own_words(folder: Path) -> None:
    with start_all(folder, only={"redis"}):
        pass
    (folder / "redis" / "appendonlydir").rename(folder / "redis" / "away")
    (folder / "redis" / "appendonlydir").write_text("not a folder")
    with pytest.raises(ServerDied, match=r"^redis ended with 1 before it was ready: .*redis\.log\)$"):
        start_all(folder, only={"redis"})
