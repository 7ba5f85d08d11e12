"""The bulk connection to Postgres: ADBC over libpq, with errors of ours and Arrow's plain types."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from contracts import database
from contracts.errors import DatabaseRefused, DatabaseUnavailable
from contracts.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def connection(settings: Settings, *, doing: str, autocommit: bool = False) -> "Iterator[Any]":
    """An ADBC connection; what was not committed is rolled back.

    Raises ``DatabaseUnavailable`` when Postgres is away, ``DatabaseRefused`` when it says no.
    """
    from adbc_driver_postgresql import dbapi

    try:
        with dbapi.connect(database.libpq_uri(settings), autocommit=autocommit) as opened:
            yield opened
    except dbapi.Error as error:
        message = " ".join(str(error).split())
        # The driver says "IO" for a refused statement as well; only a real answer carries a SQLSTATE.
        kind = DatabaseRefused if getattr(error, "sqlstate", None) else DatabaseUnavailable
        raise kind(f"{doing}: {message}") from error


def plain_batch(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """The batch without Arrow's type for UUIDs, which Spark does not know: the 16 bytes below it."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([_plain(it) for it in batch.columns], names=batch.schema.names)


def _plain(column: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    if isinstance(column, pa.ExtensionArray):
        return column.storage
    if pa.types.is_list(column.type) and isinstance(column.values, pa.ExtensionArray):
        return pa.ListArray.from_arrays(column.offsets, column.values.storage)
    return column
