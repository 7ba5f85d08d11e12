"""The Python data source ``pubsub``: what Spark calls, and nothing else.

Spark pickles the reader and makes it in several processes. All but ``read`` run in one long-lived
process beside the driver, which also pulls and seals (see ``feeding``); ``read`` runs in executors.
"""

import gc
import sys
import zipimport
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from typing_extensions import override

from contracts.footprint import leave_pandas_out
from jobs.streaming.rows import COLUMNS, SPARK_SCHEMA
from jobs.streaming.spool import Offset, Spool
from jobs.streaming.stores import open_store

if TYPE_CHECKING:
    from jobs.streaming.feeding import Feeding

# Two partitions are work for both cores, but a task costs some 20 ms however little it has to do: what came
# in since the last batch is read by one, what piled up by two.
_PARTITIONS = 2
_SEGMENTS_OF_ONE = 8


class SegmentRange(InputPartition):
    """Segments ``first`` to ``last``, both included."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(None)
        self.first = first
        self.last = last


@lru_cache(maxsize=1)
def _spool_to_read(location: str, endpoint: str) -> Spool:
    """One for all the tasks of a worker: it keeps connections."""
    return Spool(open_store(location, endpoint))


class PubSubSource(DataSource):
    """``format("pubsub")`` with options ``spool``, ``storage_endpoint`` and ``job``: parts of panes.

    Each event is counted in them once.

    The first two are settings, as the workers that read see no environment; ``job`` is the process that the
    heartbeat is known by.
    """

    @classmethod
    @override
    def name(cls) -> str:
        return "pubsub"

    @override
    def schema(self) -> str:
        return SPARK_SCHEMA

    @override
    def streamReader(self, schema: Any) -> "PubSubReader":
        return PubSubReader(self.options["spool"], self.options["storage_endpoint"], int(self.options["job"]))


class PubSubReader(DataSourceStreamReader):
    """Offsets are places in the spool. Nothing is opened before it is needed."""

    def __init__(self, location: str, endpoint: str, job: int) -> None:
        self._location = location
        self._endpoint = endpoint
        self._job = job
        self._feeding: Feeding | None = None

    @override
    def initialOffset(self) -> dict[str, Any]:
        return _to_dict(self._running().first())

    @override
    def latestOffset(self, start: Any = None, limit: Any = None) -> dict[str, Any]:
        # Spark 4.2 and later hand in a start and a limit. Earlier ones plan an empty batch at the start first.
        if start is not None:
            self._running().planned(_from_dict(start))
        return _to_dict(self._running().available())

    @override
    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> Sequence[InputPartition]:
        first, last = _from_dict(start), _from_dict(end)
        self._running().planned(last)
        numbers = range(first.seq + 1, last.seq + 1)
        tasks = 1 if len(numbers) <= _SEGMENTS_OF_ONE else _PARTITIONS
        step = max(1, -(-len(numbers) // tasks))
        return [
            SegmentRange(numbers[i], numbers[min(i + step, len(numbers)) - 1]) for i in range(0, len(numbers), step)
        ]

    @override
    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        assert isinstance(partition, SegmentRange)
        leave_pandas_out()
        _forget_archives()
        from contracts.partial_panes import partial_panes

        _settle()
        spool = _spool_to_read(self._location, self._endpoint)
        rows = pa.concat_tables(spool.read(range(partition.first, partition.last + 1), COLUMNS))
        # Added up here, by columns and on every core: in Spark each row would become some ten.
        yield from partial_panes(rows).combine_chunks().to_batches()

    @override
    def commit(self, end: dict[str, Any]) -> None:
        self._running().commit(_from_dict(end))

    def _running(self) -> "Feeding":
        if self._feeding is None:
            leave_pandas_out()
            # Imported in the one process that pulls: the others, some five, only read or plan, and would hold
            # the clients of Pub/Sub and Postgres for nothing, 20 MB each.
            from contracts import log, settings
            from jobs.streaming.feeding import Feeding

            configuration = settings.load()
            log.configure("streaming", log_format=configuration.log_format, level=configuration.log_level)
            spool = Spool(open_store(self._location, self._endpoint))
            feeding = Feeding(configuration, spool, job=self._job)
            feeding.start()
            self._feeding = feeding
        return self._feeding


def _forget_archives() -> None:
    """Let the worker's next task begin at once.

    Spark's workers call ``importlib.invalidate_caches`` before each task, which reads the directory of
    every archive on the path anew; for Spark's own that was nine tenths of the worker's time. What is
    forgotten here is found again by the next import that needs it.
    """
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimport.zipimporter):
            del sys.path_importer_cache[path]


@cache
def _settle() -> None:
    """Spare the worker a look at all that it has imported, once in its life.

    Spark's workers collect garbage after every task. What they have imported stays for as long as they
    live, yet going through it took 65 ms of a core, while the batch's next stage waited for it.
    """
    gc.freeze()


def _to_dict(offset: Offset) -> dict[str, Any]:
    return {"spool": offset.spool, "seq": offset.seq}


def _from_dict(offset: dict[str, Any]) -> Offset:
    return msgspec.convert(offset, Offset)
