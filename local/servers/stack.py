"""All servers together: found, started side by side, stopped."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from contracts.errors import SettingsError
from local.servers import emulator, postgres, redis
from local.servers.download import Progress
from local.servers.folder import DataFolder
from local.servers.java import JavaRuntime, find_java
from local.servers.lock import FolderLock
from local.servers.machine import Machine
from local.servers.server import LocalServer, Server, external

NAMES = frozenset({"java", emulator.NAME, postgres.NAME, redis.NAME})
"""What ``only`` may name. ``emulator`` brings ``java`` along."""

START_SECONDS = 120.0
STOP_SECONDS = 20.0


class Servers:
    """Java and the servers of one data folder."""

    def __init__(
        self,
        data_dir: Path,
        *,
        only: set[str] | None = None,
        ports: Mapping[str, int] | None = None,
        external_addresses: Mapping[str, str] | None = None,
        machine: Machine | None = None,
        emulator_heap: str = "2g",
        progress: Progress | None = None,
    ) -> None:
        """Nothing is started yet, but Java is looked for.

        ``ports`` and ``external_addresses`` (``host:port``) are by name; whoever gives an address
        also has the account for it in the environment. Raises ``SettingsError``, ``MissingProgram``.
        """
        wanted = set(NAMES if only is None else only)
        if not wanted <= NAMES:
            raise SettingsError(f"unknown servers {sorted(wanted - NAMES)}: allowed are {sorted(NAMES)}")
        self.folder = DataFolder.at(data_dir)
        self._machine = machine or Machine()
        self._ports = ports or {}
        self._addresses = external_addresses or {}
        needs_java = "java" in wanted or (emulator.NAME in wanted and emulator.NAME not in self._addresses)
        self.java: JavaRuntime | None = find_java(self.folder.root, self._machine) if needs_java else None
        self._servers: dict[str, Server] = {}
        if postgres.NAME in wanted:
            self._add(postgres.NAME, postgres.variables, lambda: postgres.Postgres(self.folder, self._machine))
        if redis.NAME in wanted:
            self._add(redis.NAME, redis.variables, lambda: redis.RedisProgram(self.folder, self._machine))
        if emulator.NAME in wanted:
            self._add(emulator.NAME, emulator.variables, lambda: self._emulator(emulator_heap, progress))

    def _emulator(self, heap: str, progress: Progress | None) -> emulator.Emulator:
        if self.java is None:
            raise RuntimeError("the emulator is run by Java, which was not looked for")
        return emulator.Emulator(self.folder, self.java, self._machine, heap=heap, progress=progress)

    def _add(
        self,
        name: str,
        variables: Callable[[str, int], dict[str, str]],
        program: Callable[[], postgres.Postgres | redis.RedisProgram | emulator.Emulator],
    ) -> None:
        address = self._addresses.get(name)
        if address is not None:
            self._servers[name] = external(name, address, variables)
        else:
            self._servers[name] = LocalServer(program(), self.folder, self._ports.get(name))

    def __getitem__(self, name: str) -> Server:
        return self._servers[name]

    def __iter__(self) -> Iterator[Server]:
        return iter(self._servers.values())

    def start(self, timeout: float = START_SECONDS) -> None:
        """Start all at once and return when all answer; when one fails, none is left running."""

        def start_one(server: Server) -> None:
            server.start()
            server.ready(timeout)

        try:
            with ThreadPoolExecutor(max_workers=max(1, len(self._servers))) as pool:
                for started in [pool.submit(start_one, server) for server in self]:
                    started.result()
        except BaseException:
            self.stop()
            raise

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Stop all at once and wait."""
        with ThreadPoolExecutor(max_workers=max(1, len(self._servers))) as pool:
            for stopped in [pool.submit(server.stop, timeout) for server in self]:
                stopped.result()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point every component at these servers."""
        variables: dict[str, str] = {}
        for server in self:
            variables.update(server.environment())
        if self.java is not None:
            variables["JAVA_HOME"] = str(self.java.home)
        return variables


class StartedServers:
    """Running servers and the lock on their folder; a context manager that stops them."""

    def __init__(self, servers: Servers, cleanup: ExitStack) -> None:
        self.servers = servers
        self._cleanup = cleanup

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point every component at these servers."""
        return self.servers.environment

    def __getitem__(self, name: str) -> Server:
        return self.servers[name]

    def stop(self) -> None:
        """Stop all and wait. A second call does nothing."""
        self._cleanup.close()

    def __enter__(self) -> "StartedServers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_all(
    data_dir: Path,
    *,
    only: set[str] | None = None,
    ports: Mapping[str, int] | None = None,
    machine: Machine | None = None,
    emulator_heap: str = "2g",
) -> StartedServers:
    """Start the servers (all, or those in ``only``) on free ports with their data in ``data_dir``.

    Returns when all answer. Started again with the same folder, Postgres and Redis have what they
    had. Raises ``MissingProgram``, ``SettingsError``, ``UsageError`` (the folder is in use),
    ``ServerDied`` and ``ServerNotReady``.
    """
    with ExitStack() as cleanup:
        lock = FolderLock(DataFolder.at(data_dir).lock)
        cleanup.callback(lock.release)
        servers = Servers(data_dir, only=only, ports=ports, machine=machine, emulator_heap=emulator_heap)
        cleanup.callback(servers.stop)
        servers.start()
        return StartedServers(servers, cleanup.pop_all())
