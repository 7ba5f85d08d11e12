"""Every period of the calendar with its numbers, and beside those it is compared with."""

import datetime as dt
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.batch import periods
from jobs.batch.frames.days import BITS, TOTAL, by_period, summed, zero_filled
from jobs.batch.frames.local import local_frame
from jobs.batch.frames.sums import MONEY
from jobs.batch.periods import Period

_CALENDAR = "periodo string, inicio date, fim date, completo boolean, maduro boolean, anterior date, ano_anterior date"
_DISTINCT = ("pedidos", "cancelados", "compradores")
# So long carts have been watched for orders, before a cohort of them is compared with others.
_MATURES = dt.timedelta(days=7)


def calendar_frame(session: SparkSession, all_periods: list[Period], instant: dt.datetime, zone: ZoneInfo) -> DataFrame:
    """The periods as rows."""
    rows = [
        (
            it.kind.value,
            it.first,
            it.end,
            it.complete,
            periods.midnight(it.end, zone) + _MATURES <= instant,
            it.previous,
            it.year_before,
        )
        for it in all_periods
    ]
    return local_frame(session, rows, _CALENDAR)


def with_numbers(calendar: DataFrame, payment_hours: DataFrame, registered_days: DataFrame) -> DataFrame:
    """Every period with its numbers, 0 where there is nothing."""
    counts = tuple(f"{name}_{kind}" for name in _DISTINCT for kind in BITS)
    days = summed(payment_hours, ("dia",), *MONEY, *counts)
    sales = summed(by_period(days, *_DISTINCT), ("periodo", "inicio"), *MONEY, *_DISTINCT)
    registered = (
        calendar.join(F.broadcast(registered_days), F.col("dia") < F.col("fim"))
        .groupBy("periodo", "inicio")
        .agg(F.sum("clientes").alias("clientes_cadastrados"))
    )
    return (
        calendar.join(sales, ["periodo", "inicio"], "left")
        .join(registered, ["periodo", "inicio"], "left")
        .withColumns(zero_filled(*MONEY, *_DISTINCT, "clientes_cadastrados"))
        .withColumn("liquida_centavos", F.col(MONEY[0]) - F.col(MONEY[1]))
    )


def lifetime(payment_hours: DataFrame, first_day: dt.date | None) -> DataFrame:
    """All of history as the period ``total``: no row where there is none."""
    return (
        payment_hours.agg(F.sum("pedidos_total").alias("pedidos"), F.sum("compradores_total").alias("compradores"))
        .where(F.lit(first_day is not None))
        .select(
            F.lit(TOTAL).alias("periodo"),
            F.lit(first_day).cast("date").alias("inicio"),
            F.lit(False).alias("completo"),
            *(F.coalesce(it, F.lit(0)).cast("bigint").alias(it) for it in ("pedidos", "compradores")),
        )
    )


def cuts(session: SparkSession, all_periods: list[Period], instant: dt.datetime, zone: ZoneInfo) -> DataFrame:
    """For every incomplete period the parts of others that it is compared with: up to the same point."""
    rows = []
    for period in all_periods:
        if period.complete:
            continue
        for side, other in (("anterior", period.previous), ("ano_anterior", period.year_before)):
            span = periods.up_to_the_same_point(period, other, instant, zone)
            rows.append((period.kind.value, period.first, side, span.start, span.end))
    return local_frame(session, rows, "periodo string, inicio date, lado string, desde timestamp, ate timestamp")


def cut_sales(sales: DataFrame, parts: DataFrame) -> DataFrame:
    """Net and valid orders of those parts."""
    inside = (F.col("data_compra") >= F.col("desde")) & (F.col("data_compra") < F.col("ate"))
    return (
        sales.where("not cancelado")
        .join(F.broadcast(parts), inside)
        .groupBy("periodo", "inicio", "lado")
        .agg(F.sum("total_centavos").alias("liquida_centavos"), F.count_distinct("id_pedido").alias("pedidos"))
    )


def comparisons(whole: DataFrame, cut: DataFrame) -> DataFrame:
    """Each period beside the one before it and the one a year before."""
    sides, values = ("anterior", "ano_anterior"), ("liquida_centavos", "pedidos")
    columns = [f"{side}_{value}" for side in sides for value in values]
    up_to_now = cut.groupBy("periodo", "inicio").agg(
        *(
            F.sum(F.when(F.col("lado") == side, F.col(value))).alias(f"ate_{side}_{value}")
            for side in sides
            for value in values
        )
    )
    compared = whole.select("periodo", "inicio", "completo", *sides, *values)
    for side in sides:
        other = whole.select(
            "periodo", F.col("inicio").alias(side), *(F.col(it).alias(f"{side}_{it}") for it in values)
        )
        compared = compared.join(other, ["periodo", side], "left")
    compared = compared.join(up_to_now, ["periodo", "inicio"], "left")
    return compared.select(
        "periodo",
        "inicio",
        "completo",
        *values,
        *(
            # Where the other period lies outside the calendar there is nothing to compare with, not 0.
            F.when(F.col("completo") | F.col(it).isNull(), F.col(it))
            .otherwise(F.coalesce(f"ate_{it}", F.lit(0)))
            .alias(it)
            for it in columns
        ),
    )
