"""The Python Data Source of the batch: SQL statements in one exported snapshot, straight to Arrow.

Spark imports this module in several short-lived processes before it reads anything, so it imports
next to nothing itself.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "vitrine_snapshot"


class SnapshotSource(DataSource):
    """Rows of SQL statements, one a partition, all run in one exported snapshot.

    The database's address and password are no options, which show in plans and logs: each worker
    takes them from its own environment, as every component does.
    """

    @classmethod
    def name(cls) -> str:
        """What ``spark.read.format`` calls it."""
        return FORMAT

    def schema(self) -> str:
        """Always given by the caller."""
        raise NotImplementedError("give the schema of the scan")

    def reader(self, schema: Any) -> "SnapshotReader":
        """The reader of one load."""
        return SnapshotReader(self.options["snapshot"], json.loads(self.options["statements"]), schema)


class SnapshotReader(DataSourceReader):
    """Runs in the workers, but for ``partitions``."""

    def __init__(self, snapshot: str, statements: list[str], schema: Any) -> None:
        self._snapshot = snapshot
        self._statements = statements
        self._schema = schema

    def partitions(self) -> list[InputPartition]:
        """One a statement; a partition's value is the statement."""
        return [InputPartition(it) for it in self._statements]

    def read(self, partition: InputPartition | None) -> "Iterator[pa.RecordBatch]":
        """The rows of one partition, converted to exactly the declared types."""
        import pyarrow as pa
        from pyspark.sql.pandas.types import to_arrow_schema

        from contracts import bulk, settings
        from jobs.batch import snapshots

        if partition is None:
            # Spark's way of reading no partition at all: a table of months that has none yet.
            return
        target = to_arrow_schema(self._schema)
        with bulk.connection(settings.load(), doing="reading the snapshot", autocommit=True) as connection:
            for batch in snapshots.batches(connection, self._snapshot, partition.value):
                columns = [column.cast(it.type) for column, it in zip(batch.columns, target, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, schema=target)
