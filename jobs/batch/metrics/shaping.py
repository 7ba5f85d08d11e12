"""What several metrics do to their results."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def rounded_quotient(dividend: str, divisor: str) -> Column:
    """``dividend ÷ divisor`` of integers that are not negative, rounded half up; null when divided by 0."""
    whole = F.expr(f"{dividend} div nullif({divisor}, 0)")
    rest = F.expr(f"{dividend} % nullif({divisor}, 0)")
    # Compared without doubling: twice the rest may not fit.
    return whole + F.when(rest >= F.col(divisor) - rest, 1).otherwise(0)
