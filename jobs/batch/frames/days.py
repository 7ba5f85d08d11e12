"""Days and periods of the shop as columns, and what a row counts for in each kind of period."""

from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.batch.periods import Kind

# The period of all history.
TOTAL = "total"
# First day of the period that a day is in, by kind of period.
_STARTS: dict[str, Callable[[Column], Column]] = {
    Kind.DAY: lambda day: day,
    Kind.WEEK: lambda day: F.trunc(day, "week").cast("date"),
    Kind.MONTH: lambda day: F.trunc(day, "month").cast("date"),
    TOTAL: lambda day: F.when(day.isNotNull(), F.lit("0001-01-01").cast("date")),
}
# A row counts once in every kind of period, or in some of them only: a bit for each.
BITS: dict[str, int] = {kind: 1 << place for place, kind in enumerate(_STARTS)}
IN_ALL = sum(BITS.values())


def shop_day(moment: Column, zone: ZoneInfo) -> Column:
    """The shop's day of a moment; the session's zone is UTC."""
    return F.to_date(F.from_utc_timestamp(moment, zone.key))


def start_of(kind: str, day: Column) -> Column:
    """First day of the period of ``kind`` that ``day`` is in; one and the same for ``total``."""
    return _STARTS[kind](day)


def has_bit(column: str, kind: str) -> Column:
    """Whether a row counts in periods of ``kind``, by a column of bits."""
    return F.col(column).bitwiseAND(BITS[kind]) != 0


def by_period(frame: DataFrame, *counts: str, kinds: Iterable[Kind] = Kind) -> DataFrame:
    """Every row three times, for its day, week and month: ``dia`` gives way to periodo and inicio.

    Or for other ``kinds`` of periods. A name in ``counts`` stands for columns with that name and
    ``_dia``, ``_semana`` and ``_mes`` behind it, which give way to one of that name: what is distinct
    counts by the kind of period.
    """
    each = F.array(
        *(
            F.struct(
                F.lit(kind.value).alias("periodo"),
                start_of(kind, F.col("dia")).alias("inicio"),
                *(F.col(f"{name}_{kind}").alias(name) for name in counts),
            )
            for kind in kinds
        )
    )
    gone = [f"{name}_{kind}" for name in counts for kind in BITS]
    return frame.select("*", F.inline(each)).drop("dia", *gone)


def summed_by_period(days: DataFrame, keys: tuple[str, ...], *columns: str, counts: tuple[str, ...] = ()) -> DataFrame:
    """periodo, inicio, ``keys`` and the sums of ``columns`` in every period.

    ``days`` has a row for each day and ``keys``, so days are taken as they are: most rows are theirs.
    ``counts`` are those of ``columns`` that ``by_period`` makes.
    """
    same = (F.col(f"{it}_{Kind.DAY}").alias(it) if it in counts else F.col(it) for it in columns)
    as_they_are = days.select(F.lit(Kind.DAY.value).alias("periodo"), F.col("dia").alias("inicio"), *keys, *same)
    longer = by_period(days, *counts, kinds=(Kind.WEEK, Kind.MONTH))
    return as_they_are.unionByName(summed(longer, ("periodo", "inicio", *keys), *columns))


def summed(frame: DataFrame, keys: tuple[str, ...], *columns: str) -> DataFrame:
    """The sums of ``columns`` for each of ``keys``."""
    return frame.groupBy(*keys).agg(*(F.sum(it).alias(it) for it in columns))


def zero_filled(*columns: str) -> dict[str, Column]:
    """The columns with 0 where a join found nothing, for ``withColumns``."""
    return {it: F.coalesce(it, F.lit(0)).cast("bigint") for it in columns}
