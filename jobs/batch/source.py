"""What Spark's workers do to read: SQL statements in one exported snapshot, straight to Arrow.

A function over the numbers of the statements, not a Python data source: Spark starts processes of its
own to plan one, before it reads anything.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

Through = Callable[["Iterable[pa.RecordBatch]"], "Iterable[pa.RecordBatch]"]


def reading(snapshot: str, statements: Sequence[str], columns: "pa.Schema", through: Through | None) -> Through:
    """The function for ``mapInArrow`` over rows whose ``id`` is the place of a statement.

    It yields the statements' rows as exactly ``columns``, or what ``through`` makes of them. The
    database's address and password are no part of it, as plans show in logs: each worker takes them
    from its own environment, as every component does.
    """

    def rows(numbers: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        wanted = [statements[it] for batch in numbers for it in batch["id"].to_pylist()]
        read = _rows(snapshot, wanted, columns)
        yield from through(read) if through else read

    return rows


def _rows(snapshot: str, statements: list[str], columns: "pa.Schema") -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    from contracts import bulk, settings
    from jobs.batch import snapshots, workers

    workers.settle()
    if not statements:
        return
    with bulk.connection(settings.load(), doing="reading the snapshot", autocommit=True) as connection:
        for statement in statements:
            for batch in snapshots.batches(connection, snapshot, statement):
                casted = [column.cast(it.type) for column, it in zip(batch.columns, columns, strict=True)]
                yield pa.RecordBatch.from_arrays(casted, schema=columns)
