"""The query: live rows to contributions, contributions to panes. Once, in update mode."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contracts import panes
from contracts.panes import CONTRIBUTIONS, MEASURES, SKETCHES, Contribution, Dimension


def aggregate(rows: DataFrame, *, watermark_delay_seconds: int) -> DataFrame:
    """Panes that changed: ``pane_seconds, pane_start, dimension, key``, the measures and the sketches.

    ``pane_start`` is epoch seconds; a sketch is an Apache DataSketches HLL image, empty where nobody
    was counted. Panes of all lengths are grouped together with the hour window that holds them: the
    window carries the watermark, without which Spark would keep every pane's state for ever.
    """
    contributions = contribute(rows.withWatermark("instante", f"{watermark_delay_seconds} seconds"))
    epoch = F.unix_seconds("instante")
    in_panes = contributions.withColumn("pane_seconds", F.explode(_pane_lengths())).withColumn(
        "pane_start", epoch - F.pmod(epoch, F.col("pane_seconds"))
    )
    grouped = in_panes.groupBy(F.window("instante", "1 hour"), "pane_seconds", "pane_start", "dimension", "key")
    sums = [F.sum(name).alias(name) for name in MEASURES]
    sketches = [F.hll_sketch_agg(name, panes.SKETCH_LG_K).alias(name) for name in SKETCHES]
    return grouped.agg(*sums, *sketches).drop("window")


def contribute(rows: DataFrame) -> DataFrame:
    """Each row as many times as it counts: ``instante, dimension, key``, the measures, the sketches' ids."""
    per_row = [it for it in CONTRIBUTIONS if not it.per_item]
    per_item = [it for it in CONTRIBUTIONS if it.per_item]
    once = F.array(*[F.when(F.col("kind") == int(it.kind), _contribution(it, None)) for it in per_row])
    of_items = [_of_each_item(it) for it in per_item]
    no_items = F.expr("cast(array() as array<struct<" + _struct_fields() + ">>)")
    all_of_them = F.concat(F.filter(once, lambda it: it.isNotNull()), *[F.coalesce(it, no_items) for it in of_items])
    return rows.select("instante", F.explode(all_of_them).alias("c")).select("instante", "c.*")


def _of_each_item(it: Contribution) -> Column:
    return F.transform("itens", lambda item: _contribution(it, item))


def _contribution(it: Contribution, item: Column | None) -> Column:
    def value(column: str) -> Column:
        if column == "1":
            return F.lit(1).cast("bigint")
        return F.col(column) if item is None else item[column]

    key = F.lit("") if it.key == "" else value(it.key)
    return F.struct(
        F.lit(it.dimension.value).alias("dimension"),
        key.alias("key"),
        *[
            (value(it.measures[name]) if name in it.measures else F.lit(0)).cast("bigint").alias(name)
            for name in MEASURES
        ],
        *[(F.col("pessoa") if it.sketch == name else F.lit(None)).cast("bigint").alias(name) for name in SKETCHES],
    )


def _struct_fields() -> str:
    numbers = ", ".join(f"{name}: bigint" for name in (*MEASURES, *SKETCHES))
    return f"dimension: string, key: string, {numbers}"


def _pane_lengths() -> Column:
    totals = F.array(*map(F.lit, panes.lengths(Dimension.TOTAL)))
    others = F.array(*map(F.lit, panes.lengths(Dimension.PRODUCT)))
    return F.when(F.col("dimension") == Dimension.TOTAL.value, totals).otherwise(others)
