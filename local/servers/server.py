"""What every local server is, and the life that all of them share."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contracts.errors import SettingsError, TerminalError, TransientError
from local.servers import ports
from local.servers.folder import DataFolder
from local.servers.process import ChildProcess, Launch, end_recorded

# Binding a port that was free a moment ago can lose a race against another process.
_PORT_ATTEMPTS = 4
_POLL_SECONDS = 0.05


class ServerDied(TerminalError):
    """A server ended before it was ready."""


class ServerNotReady(TransientError):
    """A server runs but does not answer yet."""


class Server(Protocol):
    """A server on this machine, or one that somebody else runs."""

    @property
    def name(self) -> str:
        """Its name among the servers."""

    @property
    def host(self) -> str:
        """Where it listens."""

    @property
    def port(self) -> int:
        """Where it listens; known once it is started."""

    @property
    def address(self) -> str:
        """Host and port as ``host:port``."""

    @property
    def source(self) -> str:
        """Where the program came from: ``PATH``, ``wheel``, ``environment`` and so on."""

    @property
    def pid(self) -> int | None:
        """Its process, while it runs and is ours."""

    def start(self) -> None:
        """Start it without waiting. Raises ``MissingProgram``, ``SettingsError``."""

    def ready(self, timeout: float) -> None:
        """Return when it answers. Raises ``ServerDied``, ``ServerNotReady``."""

    def stop(self, timeout: float) -> None:
        """Stop it and wait; by force after ``timeout`` seconds."""

    def is_alive(self) -> bool:
        """Whether it runs; an external one: whether it accepts connections."""

    def environment(self) -> dict[str, str]:
        """The variables that point a component at it."""


class Program(Protocol):
    """What differs between the servers: the parts that ``LocalServer`` calls."""

    @property
    def name(self) -> str:
        """Its name among the servers."""

    @property
    def source(self) -> str:
        """Where the program came from; known once prepared."""

    @property
    def port_setting(self) -> str:
        """The environment variable that chooses the port, for messages."""

    def prepare(self, port: int) -> Launch:
        """Find it, make its folder ready and say how to run it on ``port``."""

    def answers(self, port: int) -> bool:
        """Whether it serves requests now."""

    def environment(self, port: int) -> dict[str, str]:
        """The variables that point a component at it."""


class LocalServer:
    """A ``Program`` run here as a child process."""

    def __init__(self, program: Program, folder: DataFolder, port: int | None = None) -> None:
        self._program = program
        self._folder = folder
        self._given_port = port
        self._port: int | None = None
        self._child: ChildProcess | None = None

    @property
    def name(self) -> str:
        """Its name among the servers."""
        return self._program.name

    @property
    def source(self) -> str:
        """Where the program came from; known once started."""
        return self._program.source

    @property
    def host(self) -> str:
        """Where it listens: this machine only."""
        return ports.HOST

    @property
    def port(self) -> int:
        """Given or found free; kept over a restart."""
        if self._port is None:
            raise RuntimeError(f"{self.name} has no port before it is started")
        return self._port

    @property
    def address(self) -> str:
        """Host and port as ``host:port``."""
        return f"{self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Its process while it runs."""
        return self._child.pid if self._child is not None and self.is_alive() else None

    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._child is not None and self._child.exit_code() is None

    def environment(self) -> dict[str, str]:
        """The variables that point a component at it."""
        return self._program.environment(self.port)

    def start(self) -> None:
        """Start it; started again, it keeps its port, since others know it by that."""
        if self.is_alive():
            return
        end_recorded(self._folder.record(self.name), timeout=10.0)
        wanted = self._given_port or self._port
        self._port = ports.require_free(wanted, self.name, self._program.port_setting) if wanted else ports.free_port()
        self._child = ChildProcess(self._program.prepare(self._port))

    def ready(self, timeout: float) -> None:
        """Return when it answers; a port lost to another process is replaced by another free one."""
        deadline = time.monotonic() + timeout
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            if self._answers_before(deadline):
                return
            if self._given_port is not None or ports.is_free(self.port) or attempt == _PORT_ATTEMPTS:
                break
            self._port = ports.free_port()
            self._child = ChildProcess(self._program.prepare(self._port))
        raise ServerDied(self._why_it_died())

    def _answers_before(self, deadline: float) -> bool:
        """True when it answers, false when it died; raises ``ServerNotReady`` at the deadline."""
        while time.monotonic() < deadline:
            if not self.is_alive():
                return False
            if self._program.answers(self.port):
                return True
            time.sleep(_POLL_SECONDS)
        raise ServerNotReady(f"{self.name} does not answer on {self.address} yet; see {self._log()}")

    def _log(self) -> Path | None:
        return self._child.launch.log if self._child is not None else None

    def _why_it_died(self) -> str:
        if self._child is None:
            return f"{self.name} was not started"
        last = last_line(self._child.launch.log)
        return f"{self.name} ended with {self._child.exit_code()} before it was ready: {last} (see {self._log()})"

    def stop(self, timeout: float) -> None:
        """Stop it and wait; by force after ``timeout`` seconds."""
        if self._child is not None:
            self._child.stop(timeout)
            self._child = None


def last_line(log: Path) -> str:
    """The last line with text in the last 8 kB of ``log``."""
    if not log.exists():
        return "no output"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines()]
    return next((line for line in reversed(lines) if line), "no output")


@dataclass
class ExternalServer:
    """A server that somebody else runs; its address was given."""

    name: str
    host: str
    port: int
    variables: Mapping[str, str]
    source: str = "environment"
    pid: int | None = None

    @property
    def address(self) -> str:
        """Host and port as ``host:port``."""
        return f"{self.host}:{self.port}"

    def start(self) -> None:
        """Nothing to start."""

    def ready(self, timeout: float) -> None:
        """Return when it answers; a port lost to another process is replaced by another free one."""
        deadline = time.monotonic() + timeout
        while not self.is_alive():
            if time.monotonic() >= deadline:
                raise ServerNotReady(f"{self.name} at {self.address} (given in the environment) does not answer")
            time.sleep(_POLL_SECONDS)

    def stop(self, timeout: float) -> None:
        """It is not ours to stop."""

    def is_alive(self) -> bool:
        """Whether its process runs."""
        return ports.accepts(self.host, self.port)

    def environment(self) -> dict[str, str]:
        """The variables that point a component at it."""
        return dict(self.variables)


def external(name: str, address: str, variables: Callable[[str, int], dict[str, str]]) -> ExternalServer:
    """The server at ``address`` (``host:port``). Raises ``SettingsError`` for another form."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError(f"the address of {name} is {address!r}: it must be host:port")
    return ExternalServer(name, host, int(port), variables(host, int(port)))
