"""Reading in bulk within an exported snapshot."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from contracts.bulk import plain_batch

if TYPE_CHECKING:
    import pyarrow as pa


def batches(opened: Any, snapshot: str, statement: str) -> "Iterator[pa.RecordBatch]":
    """What ``statement`` yields in an exported snapshot, on a connection that commits by itself."""
    with opened.cursor() as cursor:
        _import(cursor, snapshot)
        cursor.execute(statement)
        for batch in cursor.fetch_record_batch():
            yield plain_batch(batch)
        cursor.execute("commit")


def table(opened: Any, snapshot: str, statement: str) -> "pa.Table":
    """The same, whole; its columns are known also where there are no rows."""
    import pyarrow as pa

    with opened.cursor() as cursor:
        _import(cursor, snapshot)
        cursor.execute(statement)
        reader = cursor.fetch_record_batch()
        found = [plain_batch(it) for it in reader] or [plain_batch(_empty(reader.schema))]
        cursor.execute("commit")
    return pa.Table.from_batches(found)


def _import(cursor: Any, snapshot: str) -> None:
    cursor.execute("begin isolation level repeatable read read only")
    cursor.execute(f"set transaction snapshot '{snapshot}'")
    cursor.execute("set local application_name = 'vitrine-batch-read'")


def _empty(schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema=schema)
