"""The real servers, started once; and a fresh shop on them for each test."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from contracts import broker, database, live_store, migrate, settings, topology
from contracts.settings import Settings
from local.servers import StartedServers, start_all

T = TypeVar("T")


def eventually(look: Callable[[], T], until: Callable[[T], bool], *, seconds: float = 60) -> T:
    """What ``look`` sees once ``until`` holds of it; the last sight is the failure's message."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if until(seen):
            return seen
        assert time.monotonic() < deadline, f"not within {seconds:g} s; last seen: {seen!r}"
        time.sleep(0.1)


class Job:
    """A process of ours, its output in a file."""

    def __init__(self, environment: dict[str, str], folder: Path, *arguments: str) -> None:
        self.log = folder / f"{arguments[0]}-{uuid.uuid4().hex[:6]}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """SIGKILL to the process and all it started, as when a machine dies."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
        self.process.wait(30)

    def stop(self, seconds: float = 60) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self.log.read_text("utf-8", "replace")


class WarmBatch:
    """The batch in a process of ``warm_batch``: after the first run in it Java is started and warm."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self._log = folder / f"warm-batch-{uuid.uuid4().hex[:6]}.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.warm_batch"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,
            )

    def command(self, *arguments: str) -> tuple[int, str]:
        """The exit code of ``python -m jobs.batch <arguments>``, and what it said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        before = self._log.stat().st_size
        print(*arguments, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        output = self._log.read_bytes()[before:].decode("utf-8", "replace")
        assert answer, f"the process of the batch ended:\n{output}"
        return int(answer), output

    def kill(self) -> None:
        """SIGKILL to the process and its Java."""
        os.killpg(self._process.pid, 9)
        self._process.communicate()


class Shop:
    """An empty database, live store and topology of one test's own, and the jobs it starts."""

    def __init__(self, servers: StartedServers, folder: Path) -> None:
        name = f"t{uuid.uuid4().hex[:12]}"
        admin = settings.load(servers.environment)
        connection = database.connect(admin, application="tests")
        connection.autocommit = True
        connection.cursor().execute(f"create database {name}")
        connection.close()
        self.folder = folder
        self.environment = {
            **os.environ,
            **servers.environment,
            "VITRINE_PROJECT_ID": f"test-{name}",
            "VITRINE_POSTGRES_DATABASE": name,
            "VITRINE_LOCAL_FOLDER": str(folder),
            "VITRINE_STREAMING_FOLDER": str(folder / "streaming"),
            "VITRINE_SIMULATORS_FOLDER": str(folder / "simulators"),
        }
        self.settings: Settings = settings.load(self.environment)
        self.redis = live_store.connect(self.settings)
        self.redis.flushall()
        self.connection = database.connect(self.settings, application="tests")
        migrate.migrate(self.connection)
        broker.Administrator(self.settings).create(topology.load())
        self.publisher = broker.Publisher(self.settings)
        self._jobs: list[Job | WarmBatch] = []
        self._warm: WarmBatch | None = None

    def start(self, *arguments: str) -> Job:
        """Start ``python -m <arguments>``."""
        job = Job(self.environment, self.folder, *arguments)
        self._jobs.append(job)
        return job

    def run(self, *arguments: str, seconds: float = 120) -> Job:
        """Run ``python -m <arguments>`` to its end."""
        job = self.start(*arguments)
        job.process.wait(seconds)
        return job

    def batch(self, *options: str) -> tuple[int, str]:
        """Run ``python -m jobs.batch run <options>``, but in a process that stays; the exit code and the output."""
        if self._warm is None:
            self._warm = WarmBatch(self.environment, self.folder)
            self._jobs.append(self._warm)
        return self._warm.command("run", *options)

    def rows(self, statement: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query answers now."""
        found = database.rows(self.connection, statement, arguments)
        self.connection.rollback()
        return found

    def close(self) -> None:
        """End every process that is left."""
        for job in self._jobs:
            job.kill()
        self.publisher.close()
        self.connection.close()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartedServers]:
    with start_all(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture
def shop(servers: StartedServers, tmp_path: Path) -> Iterator[Shop]:
    fresh = Shop(servers, tmp_path)
    yield fresh
    fresh.close()
