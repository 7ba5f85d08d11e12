"""The supervisor with real servers and stand-ins for the parts: nothing is lost, whatever happens."""

import base64
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from rich.console import Console

from contracts import clock, database, migrate, settings, topology
from contracts.errors import SettingsError
from local import environment, watch
from local.carrier import Carrier
from local.parts import Part, Speaks, Stage
from local.processes import Starter
from local.screen import Screen
from local.servers.folder import DataFolder
from local.servers.stack import Servers
from local.stopping import StopRequest
from local.supervisor import Supervisor

QUIET = ("ingest", "streaming")


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.1)


def lines(path: Path) -> set[str]:
    return set(path.read_text().splitlines()) if path.exists() else set()


class Stack:
    """One run of the supervisor over ``folder``, in a thread of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        recycle_deliveries: int = 10**9,
        stuck: str = "",
        table: list[Part] | None = None,
        live: bool = True,
    ):
        self.folder = folder
        self.published = folder / "published"
        self.received = {part: folder / f"received-{part}" for part in QUIET if live or part != "streaming"}
        self.screen_file = folder / "screen"
        self.screen = Screen(Console(file=self.screen_file.open("a"), width=200))
        self.stop_request = StopRequest()
        self.topology = topology.load()
        self.error: BaseException | None = None
        self.servers = Servers(folder)
        self.servers.start()
        data = DataFolder.at(folder)
        variables = environment.of_children(self.servers, settings.load({"VITRINE_LOCAL_FOLDER": str(folder)}), 8501)
        self.settings = settings.load(variables)
        connection = database.connect(self.settings, application="test")
        migrate.migrate(connection)
        clock.agree(connection)
        connection.close()
        self.watch = watch.Watch(self.settings)
        self.watch.has_history()
        self.carrier = Carrier(
            self.settings, self.topology, data.of("pending"), self.servers["emulator"], say=self.screen.say
        )
        self.carrier.set_up(live=live)
        starter = Starter(data, variables)
        self.supervisor = Supervisor(
            self.settings,
            self.topology,
            self.servers,
            self.table(stuck) if table is None else table,
            starter=starter,
            carrier=self.carrier,
            screen=self.screen,
            stop_request=self.stop_request,
            tell=lambda _running, _base: None,
            live=live,
            recycle_deliveries=recycle_deliveries,
            verbose=True,
            drain_seconds=10,
        )
        self.supervisor._daily.tick = lambda *_: None  # type: ignore[method-assign]  # no batch here
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def table(self, stuck: str) -> list[Part]:
        consumers = [
            Part(
                part,
                ("tests.local.fakes.consumer", part, str(self.received[part]), *(["stuck"] if part == stuck else [])),
                Speaks(part),
                Stage.CONSUMERS,
                stop_seconds=10,
            )
            for part in self.received
        ]
        producer = Part(
            "simulators-0",
            ("tests.local.fakes.producer", str(self.published)),
            Speaks("simuladores"),
            Stage.PRODUCERS,
            needs=tuple(self.received),
        )
        return [*consumers, producer]

    def _run(self) -> None:
        try:
            self.supervisor.start()
            self.supervisor.run()
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.error = error

    def pid(self, name: str) -> int:
        found = next(it.pid for it in self.supervisor._running if it.part.name == name)
        assert found is not None
        return found

    def said(self, text: str) -> bool:
        return text in self.screen_file.read_text()

    def wait_until_flowing(self) -> None:
        before = len(lines(self.published))
        wait_for(lambda: all(len(lines(it)) > before for it in self.received.values()))

    def stop(self) -> None:
        self.stop_request.ask()
        self.thread.join(timeout=60)
        self.supervisor.stop()
        self.servers.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path)


@pytest.fixture
def stack(folder: Path) -> Iterator[Callable[..., Stack]]:
    started: list[Stack] = []

    def start(**options: object) -> Stack:
        started.append(Stack(folder, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for it in started:
        it.stop_request.ask()
        it.thread.join(timeout=60)
        for running in it.supervisor._running:
            running.stop()
        it.servers.stop()


SUBSCRIPTIONS = {"ingest": "eventos_web-persistencia", "streaming": "eventos_web-tempo-real"}


def carried_over(run: Stack, part: str) -> set[str]:
    path = run.folder / "pending" / f"{SUBSCRIPTIONS[part]}.jsonl"
    return {base64.b64decode(json.loads(line)["data"]).decode() for line in lines(path)}


def assert_nothing_lost(run: Stack) -> None:
    for part, path in run.received.items():
        lost = lines(run.published) - lines(path) - carried_over(run, part)
        assert lost == set(), f"lost by {part}; {run.screen_file.read_text()}"


def test_a_stop_drains_the_consumers_and_leaves_no_process(stack: Callable[..., Stack]) -> None:
    # Other tests' servers are children of this process, too.
    before = psutil.Process().children(recursive=True)
    run = stack()
    run.wait_until_flowing()
    family = [it for it in psutil.Process().children(recursive=True) if it not in before]
    assert family
    run.stop()
    assert_nothing_lost(run)
    assert not list((run.folder / "pending").glob("*")), "all was consumed, nothing was carried over"
    assert [it for it in family if it.is_running()] == []


@pytest.mark.parametrize("live", [True, False])
def test_the_emulator_is_emptied_again_and_again_and_nothing_is_lost(stack: Callable[..., Stack], live: bool) -> None:
    """Also in a shop whose clock runs fast, where nobody takes what the live path would."""
    run = stack(recycle_deliveries=1_000, live=live)
    first = run.servers["emulator"].pid
    wait_for(lambda: run.screen_file.read_text().count("emptied the emulator's memory") >= 2, seconds=90)
    run.wait_until_flowing()
    run.stop()
    assert first != run.servers["emulator"].pid
    assert_nothing_lost(run)


def test_what_a_stuck_consumer_leaves_is_carried_over_to_the_next_start(stack: Callable[..., Stack]) -> None:
    run = stack(stuck="streaming")
    wait_for(lambda: len(lines(run.received["ingest"])) > 500)
    run.stop()
    assert run.said("the consumers did not drain in time")
    assert lines(run.received["streaming"]) == set()
    assert list((run.folder / "pending").glob("eventos_web-tempo-real.jsonl"))
    again = stack()
    again.wait_until_flowing()
    again.stop()
    assert again.said("put back")
    assert_nothing_lost(again)


def test_what_dies_is_started_again_and_the_backlog_reads_right_afterwards(stack: Callable[..., Stack]) -> None:
    run = stack()
    run.wait_until_flowing()
    os.kill(run.pid("ingest"), signal.SIGKILL)
    wait_for(lambda: run.said("ingest works again (restart 1)"))
    wait_for(lambda: run.said("emptied the emulator's memory"), seconds=60)
    run.stop()
    assert_nothing_lost(run)


@pytest.mark.parametrize("name", ["redis", "postgres", "emulator"])
def test_a_server_that_dies_is_started_again(stack: Callable[..., Stack], name: str) -> None:
    run = stack()
    run.wait_until_flowing()
    pid = run.servers[name].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: run.servers[name].pid not in (None, pid))
    wait_for(lambda: run.carrier.is_set_up and run.supervisor._task is None)
    run.wait_until_flowing()
    assert run.error is None


def test_a_part_with_a_wrong_setting_ends_the_stack_with_its_own_line(stack: Callable[..., Stack]) -> None:
    part = Part("ingest", ("contracts", "no-such-command"), Speaks("ingest"), Stage.CONSUMERS)
    run = stack(table=[part])
    run.thread.join(timeout=30)
    assert isinstance(run.error, SettingsError)
    assert str(run.error).startswith("ingest: ")
