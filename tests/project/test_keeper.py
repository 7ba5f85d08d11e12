import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts import broker, database, migrate, topology
from contracts.broker import Message
from contracts.settings import PREFIX, Settings, load
from local import keeper
from local.keeper import Keeper
from local.servers import start_all
from local.servers.folder import DataFolder
from local.servers.ports import free_port
from local.stopping import StopRequest

TOPIC, SUBSCRIPTION = "transacoes_vendas", "transacoes_vendas-persistencia"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A migrated Postgres, and a port for the emulator."""
    with start_all(tmp_path_factory.mktemp("servers"), only={"postgres"}) as servers:
        variables = {**servers.environment, "VITRINE_PUBSUB_EMULATOR_HOST": f"127.0.0.1:{free_port()}"}
        connection = database.connect(load(variables), application="tests")
        migrate.migrate(connection)
        connection.close()
        yield variables


@pytest.fixture
def settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(keeper, "_LOOK_SECONDS", 0.2)
    return load(environment)


@contextmanager
def kept(settings: Settings, folder: Path, *, recycle_deliveries: int = 1_000_000) -> Iterator[list[str]]:
    """An emulator while its keeper runs; gives what the keeper says."""
    assert settings.pubsub_emulator_host is not None
    port = int(settings.pubsub_emulator_host.rpartition(":")[2])
    said: list[str] = []
    stop = StopRequest()
    it = Keeper(
        settings,
        topology.load(),
        DataFolder.at(folder),
        port=port,
        say=said.append,
        recycle_deliveries=recycle_deliveries,
    )
    thread = threading.Thread(target=it.run, args=(stop,))
    thread.start()
    try:
        until(lambda: any("answers on port" in line for line in said))
        yield said
    finally:
        stop.ask()
        thread.join(60)
        assert not thread.is_alive()


def until(look: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.05)


def works(environment: dict[str, str], part: str) -> int:
    command = [sys.executable, "-m", "local.containers", "works", part]
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run(command, env={**others, **environment}, check=False, capture_output=True).returncode


def test_the_emulator_works_when_its_topology_is_there_and_only_then(
    environment: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    with kept(settings, tmp_path):
        topics, subscriptions = broker.Administrator(settings).existing()
        assert topics == set(topology.load().topics)
        assert subscriptions == set(topology.load().subscriptions)
        assert works(environment, "emulator") == 0
    assert works(environment, "emulator") == 1


def test_what_waits_at_a_stop_is_there_again_after_the_next_start(settings: Settings, tmp_path: Path) -> None:
    payloads = {b"one", b"two", b"three"}
    with kept(settings, tmp_path), broker.Publisher(settings) as publisher:
        publisher.publish(TOPIC, [Message(it, {}) for it in payloads])
    with kept(settings, tmp_path), broker.Subscriber(settings) as subscriber:
        received: set[bytes] = set()
        while received < payloads:
            received |= {it.payload for it in subscriber.pull(SUBSCRIPTION)}
        assert received == payloads


def test_a_full_emulator_is_replaced_with_its_topology_and_what_waits(settings: Settings, tmp_path: Path) -> None:
    with kept(settings, tmp_path, recycle_deliveries=10) as said:
        with broker.Publisher(settings) as publisher:
            publisher.publish("rejeitados", [Message(b"for people", {})])
        connection = database.connect(settings, application="tests")
        connection.cursor().execute(
            "insert into operacao.batimentos (parte, instancia, estado, dados) "
            """values ('ingest', 'somewhere-1-x', 'parado', '{"recebidos": {"transacoes_vendas-persistencia": 10}}')"""
        )
        connection.commit()
        connection.close()
        until(lambda: any("emptied the emulator's memory" in line for line in said))
        with broker.Subscriber(settings) as subscriber:
            assert {it.payload for it in subscriber.pull("rejeitados-inspecao")} == {b"for people"}


def test_a_part_that_says_nothing_does_not_work(environment: dict[str, str]) -> None:
    assert works(environment, "ingest") == 1
