"""The real servers, started once; and a fresh shop on them for each test."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from contracts import broker, database, live_store, migrate, settings, topology
from contracts.settings import Settings
from local.servers import StartedServers, start_all
from tests.integration.warm_job import Order

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


class WarmJob:
    """A job's commands in a process of ``warm_job``: after the first one in it Java is started and warm."""

    def __init__(self, environment: dict[str, str], folder: Path, module: str) -> None:
        self._environment = environment
        self._log = folder / f"warm-{module}-{uuid.uuid4().hex[:6]}.log"
        self._before = 0
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.warm_job", module],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
            )

    def begin(self, *arguments: str, **changed: str) -> None:
        """Begin ``python -m <module> <arguments>`` with some of the environment changed."""
        assert self._process.stdin is not None
        self._before = self._log.stat().st_size
        order = Order(list(arguments), self._environment | changed)
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()

    def end(self) -> tuple[int, str]:
        """The exit code of what was begun, and what it said."""
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        output = self._log.read_bytes()[self._before :].decode("utf-8", "replace")
        assert answer, f"the process of the job ended:\n{output}"
        return int(answer), output

    def stop(self) -> tuple[int, str]:
        """SIGTERM to what was begun; its exit code, and what it said."""
        self._process.terminate()
        return self.end()

    def command(self, *arguments: str, **changed: str) -> tuple[int, str]:
        """Run a command to its end; its exit code, and what it said."""
        self.begin(*arguments, **changed)
        return self.end()

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
        self._jobs: list[Job | WarmJob] = []
        self._batch: WarmJob | None = None

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
        if self._batch is None:
            self._batch = self.warm("jobs.batch")
        return self._batch.command("run", *options)

    def warm(self, module: str) -> WarmJob:
        """A process in which commands of a job run one after the other, with one Java."""
        job = WarmJob(self.environment, self.folder, module)
        self._jobs.append(job)
        return job

    def rows(self, statement: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query answers now."""
        found = database.rows(self.connection, statement, arguments)
        self.connection.rollback()
        return found

    def others_leave(self, but: int = 0) -> None:
        """Wait until ``but`` connections at most are on the database beside this one."""
        others = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        eventually(lambda: self.rows(others), lambda it: len(it) <= but)

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
