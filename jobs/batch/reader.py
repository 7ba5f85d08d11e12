"""Postgres into Spark: one exported snapshot, read by many connections, straight to Arrow.

Every partition of every table imports the same snapshot, so a run describes one instant while
ingest keeps writing. A partition is a range of pages (``ctid``), which Postgres reads in order
without an index.
"""

import datetime as dt
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from contracts import bulk, clock, database
from contracts.errors import TerminalError
from contracts.settings import Settings
from jobs.batch import snapshots, source
from jobs.batch.schemas import arrow_schema
from jobs.batch.source import Through
from jobs.batch.tables import Scan

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_PAGE_BYTES = 8192
# Below this a further connection costs more than the pages it would read: 8 MB.
_LEAST_PAGES = 1024


class PageRange(msgspec.Struct, frozen=True):
    """Pages ``first`` up to, but without, ``end`` of one relation; ``end`` None is its last page."""

    relation: str
    first: int
    end: int | None

    @property
    def condition(self) -> str:
        """The range in SQL."""
        start = f"ctid >= '({self.first},0)'"
        return start if self.end is None else f"{start} and ctid < '({self.end},0)'"


class Snapshot:
    """One instant of the database, exported for other connections; held while the context is open.

    ``instant`` is the shop's time then.
    """

    def __init__(self, configuration: Settings) -> None:
        self._connection = database.connect(configuration, application="batch-snapshot", timeout_seconds=60)
        self.id = ""
        self.instant = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._pages: dict[str, list[tuple[str, int]]] = {}

    def __enter__(self) -> Self:
        with database.translated("exporting a snapshot"):
            shop = clock.read(self._connection)
            cursor = self._connection.cursor()
            cursor.execute("set idle_in_transaction_session_timeout = 0")
            self._connection.commit()
            cursor.execute("set transaction isolation level repeatable read read only")
            cursor.execute("select pg_export_snapshot()")
            self.id = cursor.fetchone()[0]
            self.instant = shop.now()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Nothing is lost with it; what broke it, if anything did, is the error to tell of.
        database.close(self._connection)

    def require(self, tables: list[str]) -> None:
        """Raise ``TerminalError`` naming those of the tables that there are not.

        Read as an empty one, a table that somebody dropped would pass for a shop without sales.
        """
        with database.translated("looking for the tables"):
            missing = database.rows(
                self._connection, "select it from unnest(%s::text[]) it where to_regclass(it) is null", (tables,)
            )
        if missing:
            raise TerminalError(f"the database lacks {', '.join(it for (it,) in missing)}: restore it from a backup")

    def pages(self, table: str) -> list[tuple[str, int]]:
        """The relations that hold ``table``'s rows (its partitions, or itself) and their pages.

        Measured once, inside the snapshot: whatever it sees lies in these pages.
        """
        if table not in self._pages:
            self._pages[table] = self._measured(table)
        return self._pages[table]

    def size(self, tables: list[str]) -> int:
        """Bytes of these tables' rows."""
        return _PAGE_BYTES * sum(pages for table in tables for _, pages in self.pages(table))

    def _measured(self, table: str) -> list[tuple[str, int]]:
        with database.translated(f"measuring {table}"):
            return [
                (name, int(size))
                for name, size in database.rows(
                    self._connection,
                    "select oid::regclass::text, pg_relation_size(oid) / current_setting('block_size')::int "
                    "from pg_class where relkind = 'r' and (oid = to_regclass(%s) or oid in "
                    "(select inhrelid from pg_inherits where inhparent = to_regclass(%s))) order by 1",
                    (table, table),
                )
            ]


def split(pages: list[tuple[str, int]], partitions: int) -> list[PageRange]:
    """Ranges of about equal size that cover every page: at most ``partitions``, plus one a relation."""
    step = max(_LEAST_PAGES, -(-sum(size for _, size in pages) // partitions))
    ranges = []
    for relation, size in pages:
        starts = list(range(0, max(size, 1), step))
        # Only the last range is open: a page added since holds nothing that the snapshot sees.
        ranges += [PageRange(relation, first, end) for first, end in zip(starts, [*starts[1:], None], strict=True)]
    return ranges


def read(
    session: "SparkSession",
    snapshot: Snapshot,
    scan: Scan,
    *,
    partitions: int,
    through: Through | None = None,
    schema: str | None = None,
) -> "DataFrame":
    """``scan`` as a DataFrame. Nothing is read until it is used; the snapshot must still be open then.

    ``through`` turns the rows of each partition into others, of ``schema``, before Spark sees them.
    """
    schema = schema or scan.schema
    ranges = split(snapshot.pages(scan.table), partitions)
    if not ranges:
        # A table of months that has none yet.
        return session.createDataFrame([], schema)
    statements = [scan.statement(it.relation, it.condition) for it in ranges]
    read_rows = source.reading(snapshot.id, statements, arrow_schema(scan.schema), through)
    return session.range(0, len(statements), 1, len(statements)).mapInArrow(read_rows, schema)


def fetch(configuration: Settings, snapshot: Snapshot, scan: Scan) -> "pa.Table":
    """``scan`` of a table that every worker needs whole, read here on the driver, in the same snapshot."""
    with bulk.connection(configuration, doing=f"reading {scan.table}", autocommit=True) as connection:
        return snapshots.table(connection, snapshot.id, scan.statement(scan.table, "true"))
