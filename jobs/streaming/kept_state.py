"""What Spark holds of the panes between two batches: what the live store is given again when it lost them."""

import msgspec
import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from contracts.panes import HOUR, MEASURES, SKETCHES
from jobs.streaming.checkpoint import Checkpoint

_KEYS = ("pane_seconds", "pane_start", "dimension", "key")
# By their places: Spark names all sums alike.
_VALUE = ", ".join([*(f"{it}: bigint" for it in MEASURES), *(f"{it}: binary" for it in SKETCHES)])


class Kept(msgspec.Struct, frozen=True):
    """All that was counted in the hours that end after ``watermark`` (epoch seconds).

    ``panes`` has the columns of ``aggregation.aggregate``; it is None before the first batch.
    """

    watermark: float = 0.0
    panes: pa.Table | None = None

    @property
    def since(self) -> int:
        """The start of the oldest hour that it is whole for."""
        return int(self.watermark) // HOUR * HOUR


def kept_before(spark: SparkSession, checkpoint: Checkpoint, batch: int) -> Kept:
    """As of the end of the batch before this one. Raises what Spark raises when a state cannot be read."""
    if batch == 0:
        return Kept()
    state = spark.read.format("statestore").option("batchId", batch - 1).load(checkpoint.location)
    keys = [F.col(f"key.{it}") for it in _KEYS]
    panes = state.select(*keys, F.col("value").cast(f"struct<{_VALUE}>").alias("value")).select(*_KEYS, "value.*")
    return Kept(checkpoint.watermark_of(batch - 1), panes.toArrow())
