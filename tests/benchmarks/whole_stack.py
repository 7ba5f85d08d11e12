"""The whole stack for a benchmark: servers, parts and shop in a temporary folder, on free ports.

Parts are started as the local runner starts them, each with a log below the folder, and end with us.
Nothing of the broker's misbehaviour: every message is published once, on time.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from contracts import broker, database, heartbeat, live_layout, live_store, migrate, settings, topology
from local.processes import Starter
from local.servers import ports, start_all
from local.servers.folder import DataFolder
from local.servers.process import ChildProcess

PARTS = ("simulators", "emulator", "ingest", "postgres", "sealer", "Spark", "redis", "dashboard")
"""What processes are counted as. *Sealer* is the Python of the streaming job, *Spark* its Java."""

_READY_SECONDS = 120.0


class NotUp(Exception):
    """What did not come up, and where it says why."""


class Usage(NamedTuple):
    """Of one part: CPU seconds since its processes began, and resident MB now, what processes share once."""

    cpu_seconds: float
    memory_mb: float


class WholeStack:
    """Everything but the simulators runs inside the context; ``open_shop`` starts those."""

    def __init__(
        self,
        folder: Path,
        *,
        streaming: str = "jobs.streaming",
        variables: Mapping[str, str] | None = None,
        processes: int = 2,
        emulator_heap: str = "4g",
    ) -> None:
        """``streaming`` is the module that is run as the streaming job, ``variables`` go into the environment."""
        self._folder = DataFolder.at(folder)
        self._streaming = streaming
        self._processes = processes
        self._heap = emulator_heap
        self._variables = dict(variables or {})
        self._cleanup = ExitStack()
        self._children: dict[str, list[ChildProcess]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            self._servers = cleanup.enter_context(start_all(self._folder.root, emulator_heap=self._heap))
            root = self._folder.root
            environment = {
                **os.environ,
                **self._servers.environment,
                "VITRINE_LOCAL_FOLDER": str(root),
                "VITRINE_STREAMING_FOLDER": str(root / "streaming"),
                "VITRINE_SIMULATORS_FOLDER": str(root / "simulators"),
                # The same rate at any hour of the day.
                "VITRINE_SIMULATORS_SEASONS": "false",
                "VITRINE_DASHBOARD_PORT": str(ports.free_port()),
                "PYSPARK_PYTHON": sys.executable,
                "PYSPARK_DRIVER_PYTHON": sys.executable,
                "SPARK_LOCAL_IP": "127.0.0.1",
                "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
                **self._variables,
            }
            self.settings = settings.load(environment)
            self._starter = Starter(self._folder, environment)
            self.redis = live_store.connect(self.settings)
            self.connection = database.connect(self.settings, application="bench", timeout_seconds=None)
            cleanup.callback(self.connection.close)
            migrate.migrate(self.connection)
            broker.Administrator(self.settings).create(topology.load())
            cleanup.callback(self.stop_parts)
            for name, *arguments in (
                ("ingest", "jobs.ingest", "run"),
                ("streaming", self._streaming, "run"),
                ("dashboard", "dashboard"),
            ):
                self._start(name, *arguments)
            self.until(lambda: {it.part for it in self.beats()} >= {"ingest", "streaming"}, "ingest and streaming")
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    @property
    def folder(self) -> Path:
        """Where everything of this stack is."""
        return self._folder.root

    def open_shop(self, rate: float) -> None:
        """Start the simulators, at ``rate`` messages a second over all of them."""
        for number in range(self._processes):
            numbers = ("--process", str(number), "--of", str(self._processes), "--rate", str(rate))
            self._start("simulators", "simulators", "run", *numbers)

    def close_shop(self) -> None:
        """Stop the simulators; what they have written down is published by then."""
        for child in self._children.pop("simulators", []):
            child.stop(60)

    def stop_parts(self) -> None:
        """Stop every part, producers first."""
        self.close_shop()
        for name in list(self._children):
            for child in self._children.pop(name):
                child.stop(45)

    def beats(self) -> list[heartbeat.Beat]:
        """The last word of every process."""
        return heartbeat.read(self.connection)

    def status(self) -> live_layout.Status | None:
        """What the newest batch says of itself."""
        return live_layout.read_status(self.redis)

    def until(self, holds: Callable[[], bool], what: str, seconds: float = _READY_SECONDS) -> None:
        """Wait for a condition. Raises ``NotUp`` when it does not come, or a part has ended."""
        deadline = time.monotonic() + seconds
        while not holds():
            self.check()
            if time.monotonic() > deadline:
                raise NotUp(f"{what}: not within {seconds:g} s; {self._last_words()}")
            time.sleep(0.1)

    def check(self) -> None:
        """Raise ``NotUp`` when a part has ended."""
        for name, children in self._children.items():
            for child in children:
                if child.exit_code() is not None:
                    raise NotUp(f"{name} ended with {child.exit_code()}; {self._last_words()}")

    def usage(self) -> dict[str, Usage]:
        """CPU and memory of every part, this process left out."""
        used = {name: [0.0, 0.0] for name in PARTS}
        for name, root in self._roots():
            for process in _family(root):
                try:
                    with process.oneshot():
                        times, memory = process.cpu_times(), _memory(process) / 1e6
                        part = name
                        if name == "streaming":
                            part = "Spark" if process.name() == "java" else "sealer"
                except psutil.NoSuchProcess:
                    continue
                used[part][0] += times.user + times.system
                used[part][1] += memory
        return {name: Usage(*it) for name, it in used.items()}

    def _roots(self) -> list[tuple[str, int]]:
        found = [(name, it.pid) for name, children in self._children.items() for it in children]
        for name in ("emulator", "postgres", "redis"):
            pid = self._servers[name].pid
            if pid is not None:
                found.append((name, pid))
        return found

    def _start(self, name: str, *arguments: str) -> None:
        children = self._children.setdefault(name, [])
        children.append(self._starter.module(f"{name}-{len(children)}", *arguments))

    def _last_words(self) -> str:
        said = []
        for path in sorted((self._folder.root / "logs").glob("*.log")):
            lines = path.read_text("utf-8", "replace").splitlines()
            said += [f"{path.stem}: {it}" for it in lines[-3:]]
        return "\n".join(said)


def _memory(process: psutil.Process) -> int:
    """Resident bytes, those shared with other processes in proportion where the system tells (Linux).

    Spark forks its Python processes from one another, and Postgres' all see the same buffers.
    """
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:
        # Another user's: Postgres', when root started it.
        return int(process.memory_info().rss)
    return int(getattr(full, "pss", full.rss))


def _family(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def commit() -> str:
    """The commit that is measured, with a mark where files differ from it."""
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()
