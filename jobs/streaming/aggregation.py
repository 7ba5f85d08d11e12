"""The query: parts of panes to panes. Once, in update mode."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts.panes import MEASURES, SKETCHES


def aggregate(parts: DataFrame, *, watermark_delay_seconds: int) -> DataFrame:
    """Panes that changed: ``pane_seconds, pane_start, dimension, key``, the measures and the sketches.

    A sketch is an Apache DataSketches HLL image, empty where nobody was counted. Panes of all lengths are
    grouped together with the hour window that holds them: the window carries the watermark, without which
    Spark would keep every pane's state for ever. A part's ``instante`` is its newest event time, so the
    watermark is what it would be over the rows themselves; no pane is longer than the window.
    """
    grouped = parts.withWatermark("instante", f"{watermark_delay_seconds} seconds").groupBy(
        F.window("instante", "1 hour"), "pane_seconds", "pane_start", "dimension", "key"
    )
    sums = [F.sum(name).alias(name) for name in MEASURES]
    sketches = [F.hll_union_agg(name).alias(name) for name in SKETCHES]
    return grouped.agg(*sums, *sketches).drop("window")
