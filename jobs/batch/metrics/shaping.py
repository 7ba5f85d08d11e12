"""What several metrics do to their results."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that Spark's users know


def on_calendar(calendar: DataFrame, results: DataFrame, *values: str) -> DataFrame:
    """``results`` (periodo, inicio, values) for every period of the calendar; 0 where there is nothing."""
    return calendar.join(results, ["periodo", "inicio"], "left").select(
        "periodo", "inicio", "completo", *(F.coalesce(it, F.lit(0)).cast("bigint").alias(it) for it in values)
    )


def rounded_quotient(dividend: str, divisor: str) -> Column:
    """``dividend ÷ divisor`` of integers that are not negative, rounded half up; null when divided by 0."""
    whole = F.expr(f"{dividend} div nullif({divisor}, 0)")
    rest = F.expr(f"{dividend} % nullif({divisor}, 0)")
    # Compared without doubling: twice the rest may not fit.
    return whole + F.when(rest >= F.col(divisor) - rest, 1).otherwise(0)
