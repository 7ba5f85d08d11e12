"""The shop's books: a write-ahead log of what each process published, and what it amounts to.

One SQLite file a process. A step of the shop is written in one synced transaction: its messages
as a pending batch, its amounts, its plans. Only then it is published; the next step's transaction
strikes off what has been. After a crash the pending batches are published again: their ids are the
same, so consumers drop what they had. The file holds a row per minute and figure, the plans that
are not yet due, and the few batches under way.
"""

import fcntl
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from contracts import ledger as layout
from contracts.errors import TerminalError, UsageError
from simulators.agenda import Entry, Journal, Outgoing, Plan

_SCHEMA = f"""
{layout.LIVE_TABLE}create table if not exists estado (chave text primary key, valor integer not null) without rowid;
create table if not exists lotes (numero integer primary key, mensagens blob not null);
create table if not exists agenda (
    fragmento integer not null, numero integer not null, quando integer not null, plano blob not null,
    primary key (fragmento, numero)
) without rowid;
create index if not exists agenda_quando on agenda (quando);
"""
_REMEMBER = "insert into estado values (?, ?) on conflict (chave) do update set valor = excluded.valor"
_PLANS = msgspec.msgpack.Decoder(Plan)
_BATCHES = msgspec.msgpack.Decoder(list[Outgoing])
_ENCODER = msgspec.msgpack.Encoder()

LAST_EPOCH = "ultima_epoca"
ADOPTED = "assumidos"


class Ledger:
    """The books of one process, held under a lock for as long as it is open."""

    def __init__(self, path: Path) -> None:
        """Open or begin the file. Raises ``UsageError`` where another process holds it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = _lock(path)
        with _translated(path):
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.execute("pragma journal_mode = wal")
            # Every commit is on the disk before the batch is published: that is the point of it.
            self._connection.execute("pragma synchronous = full")
            self._connection.executescript(_SCHEMA)
            self._next_batch = 1 + int(self._scalar("select coalesce(max(numero), 0) from lotes"))

    def append(self, journal: Journal, *, published: int, remember: Mapping[str, int] | None = None) -> int:
        """Write a step down and strike off the batches up to ``published``; the new batch's number.

        A step without messages has a number too, but no batch is kept. ``remember`` goes into the
        state in the same transaction.
        """
        number = self._next_batch
        with self._transaction() as cursor:
            if journal.messages:
                cursor.execute("insert into lotes values (?, ?)", (number, _ENCODER.encode(journal.messages)))
            cursor.execute("delete from lotes where numero <= ?", (published,))
            cursor.executemany(
                "insert into totais values (?, ?, ?) "
                "on conflict (minuto, chave) do update set valor = valor + excluded.valor",
                [(minute, key, amount) for (minute, key), amount in journal.amounts.items()],
            )
            cursor.executemany(
                "insert into agenda values (?, ?, ?, ?)",
                [(it.shard, it.number, it.due, _ENCODER.encode(it.plan)) for it in journal.scheduled.values()],
            )
            cursor.executemany("delete from agenda where fragmento = ? and numero = ?", journal.done)
            cursor.executemany(_REMEMBER, list((remember or {}).items()))
        self._next_batch += 1
        return number

    def strike_off(self, published: int) -> None:
        """Strike off the batches up to ``published``."""
        with self._transaction() as cursor:
            cursor.execute("delete from lotes where numero <= ?", (published,))

    def pending(self) -> Iterator[tuple[int, list[Outgoing]]]:
        """The batches not known to be published, oldest first."""
        with _translated(self._path):
            for number, blob in self._connection.execute("select numero, mensagens from lotes order by numero"):
                yield number, _BATCHES.decode(blob)

    def entries(self, *, after: int, until: int) -> list[Entry]:
        """The plans due in ``(after, until]``."""
        with _translated(self._path):
            found = self._connection.execute(
                "select quando, fragmento, numero, plano from agenda where quando > ? and quando <= ? "
                "order by quando, fragmento, numero",
                (after, until),
            ).fetchall()
        return [Entry(due, shard, number, True, _PLANS.decode(plan)) for due, shard, number, plan in found]

    def next_entries(self) -> dict[int, int]:
        """For each shard with plans the next free number."""
        with _translated(self._path):
            rows = self._connection.execute("select fragmento, max(numero) + 1 from agenda group by fragmento")
            return {int(shard): int(number) for shard, number in rows}

    def state(self, key: str) -> int | None:
        """A remembered number."""
        return self._scalar("select max(valor) from estado where chave = ?", key)

    def remember(self, key: str, value: int) -> None:
        """Keep a number."""
        with self._transaction() as cursor:
            cursor.execute(_REMEMBER, (key, value))

    def absorb(self, path: Path) -> None:
        """Take over what a process that no longer exists left: its batches, plans and amounts.

        The other file is emptied in the same transaction and removed. Raises ``UsageError`` where
        another process holds it.
        """
        lock = _lock(path)
        with _translated(path):
            self._connection.execute("attach database ? as outra", (str(path),))
            try:
                with self._transaction() as cursor:
                    cursor.execute(
                        "insert into lotes select numero + ?, mensagens from outra.lotes order by numero",
                        (self._next_batch,),
                    )
                    cursor.execute(
                        "insert into totais select * from outra.totais where true "
                        "on conflict (minuto, chave) do update set valor = valor + excluded.valor"
                    )
                    # Numbers are given anew behind our own of the same shard.
                    cursor.execute(
                        "insert into agenda select fragmento, numero + 1 + coalesce((select max(numero) from "
                        "main.agenda mine where mine.fragmento = theirs.fragmento), 0), quando, plano "
                        "from outra.agenda theirs"
                    )
                    for table in ("lotes", "totais", "agenda"):
                        cursor.execute(f"delete from outra.{table}")
                self._next_batch = 1 + int(self._scalar("select coalesce(max(numero), 0) from lotes") or 0)
            finally:
                self._connection.execute("detach database outra")
        path.unlink()
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        lock.close()

    def close(self) -> None:
        """Close the file and give up its lock."""
        self._connection.close()
        self._lock.close()

    def _scalar(self, statement: str, *arguments: int | str) -> int:
        with _translated(self._path):
            row = self._connection.execute(statement, arguments).fetchone()
        return row[0]  # type: ignore[no-any-return]  # SQLite's own types

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        with _translated(self._path):
            cursor = self._connection.cursor()
            cursor.execute("begin immediate")
            try:
                yield cursor
            except BaseException:
                cursor.execute("rollback")
                raise
            cursor.execute("commit")


def left_behind(folder: Path, process: int, processes: int) -> list[Path]:
    """Files of processes that ran when there were more of them, for process ``process`` to absorb."""
    found = []
    for path in layout.live_paths(folder):
        other = int(path.stem.removeprefix("livro-"))
        if other >= processes and other % processes == process:
            found.append(path)
    return found


def totals(folder: Path) -> dict[str, Mapping[str, int] | Mapping[int, Mapping[str, int]]]:
    """All processes' books and the history's added up: ``totais`` by key, ``minutos`` by minute since 1970 and key.

    Raises ``UsageError`` where there are none.
    """
    if not layout.is_there(folder):
        raise UsageError(
            f"VITRINE_SIMULATORS_FOLDER={folder}: there is no ledger; run `python -m simulators run` or `history` first"
        )
    together: dict[str, int] = {}
    minutes: dict[int, dict[str, int]] = {}
    pending = 0

    def add(minute: int, key: str, amount: int) -> None:
        together[key] = together.get(key, 0) + amount
        figures = minutes.setdefault(minute, {})
        figures[key] = figures.get(key, 0) + amount

    for figure in layout.past_figures(layout.past_path(folder)):
        add(*figure)
    for path in layout.live_paths(folder):
        with layout.reading(path) as connection:
            for figure in layout.live_figures(connection):
                add(*figure)
            for (blob,) in connection.execute("select mensagens from lotes"):
                pending += len(_BATCHES.decode(blob))
    return {
        "totais": dict(sorted(together.items())),
        "pendentes": {"mensagens": pending},
        "minutos": {minute: dict(sorted(minutes[minute].items())) for minute in sorted(minutes)},
    }


def _lock(path: Path) -> IO[bytes]:
    """The lock of a ledger, beside it: SQLite's own locks are for single transactions."""
    file = path.with_suffix(".lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UsageError(f"{path}: another simulator process keeps this ledger; stop it first") from None
    return file


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise TerminalError(f"ledger {path}: {error}") from error


def fresh_epoch(ledger: Ledger, start_milliseconds: int) -> int:
    """A run's epoch: its start, but later than every earlier run's, so that no id comes twice."""
    last = ledger.state(LAST_EPOCH)
    epoch = start_milliseconds if last is None else max(start_milliseconds, last + 1)
    ledger.remember(LAST_EPOCH, epoch)
    return epoch
