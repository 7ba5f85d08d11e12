"""Bring the database's schema up to the code: ordered SQL files, each applied once, in a transaction."""

import hashlib
from importlib import resources

import msgspec

from contracts import log
from contracts.database import Connection, rows, translated
from contracts.errors import TerminalError

# Any number, the same for everybody: two migrations at once wait for each other.
_LOCK = 0x76697472


class Migration(msgspec.Struct, frozen=True):
    """One file of ``contracts/migrations``; ``version`` is the number its name begins with."""

    version: int
    name: str
    statements: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file: an applied migration must never change."""
        return hashlib.sha256(self.statements.encode()).hexdigest()


def available() -> list[Migration]:
    """The migrations of this code, in order."""
    folder = resources.files("contracts").joinpath("migrations")
    files = sorted((it for it in folder.iterdir() if it.name.endswith(".sql")), key=lambda it: it.name)
    return [Migration(int(it.name[:4]), it.name, it.read_text("utf-8")) for it in files]


def migrate(connection: Connection) -> list[str]:
    """Apply what is missing and return the names of what was applied.

    Raises ``TerminalError`` when the database is newer than the code or an applied file has changed.
    """
    logger = log.get(__name__)
    applied = []
    with translated("migrating the schema"):
        cursor = connection.cursor()
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute("create schema if not exists operacao")
        cursor.execute(
            "create table if not exists operacao.migracoes (versao int primary key, nome text not null, "
            "soma text not null, aplicada_em timestamptz not null default clock_timestamp())"
        )
        known = {it.version: it for it in available()}
        done = check(connection, known)
        for version in sorted(known.keys() - done):
            cursor.execute(known[version].statements)
            cursor.execute(
                "insert into operacao.migracoes (versao, nome, soma) values (%s, %s, %s)",
                (version, known[version].name, known[version].checksum),
            )
            logger.info("migration applied", name=known[version].name)
            applied.append(known[version].name)
        connection.commit()
    return applied


def check(connection: Connection, known: dict[int, Migration]) -> set[int]:
    """The versions applied, each known and unchanged. Raises ``TerminalError`` otherwise."""
    done = {}
    for version, name, checksum in rows(connection, "select versao, nome, soma from operacao.migracoes"):
        if version not in known:
            raise TerminalError(
                f"the database has the migration {name}, which this code does not know: update the code"
            )
        if known[version].checksum != checksum:
            raise TerminalError(
                f"{name} was changed after it had been applied: undo the change and add a new migration"
            )
        done[version] = name
    return set(done)


def require_current(connection: Connection) -> None:
    """Raise ``TerminalError`` unless the database's schema is exactly this code's."""
    known = {it.version: it for it in available()}
    if not rows(connection, "select to_regclass('operacao.migracoes')")[0][0]:
        raise TerminalError("the database has no schema yet: run python -m contracts migrate")
    missing = sorted(known.keys() - check(connection, known))
    connection.rollback()
    if missing:
        raise TerminalError(
            f"the database lacks {', '.join(known[it].name for it in missing)}: run python -m contracts migrate"
        )
