"""Metrics 6 and 11, and the funnel: what visits and carts came to, by the day they began."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.batch.frames import Frames
from jobs.batch.frames.days import by_period, summed, zero_filled
from jobs.batch.frames.web import STEPS
from jobs.batch.registry import metric

_CONVERSIONS = ("carrinhos", "convertidos_1h", "convertidos_1d", "convertidos_7d", "convertidos")
_OUTCOMES = ("carrinhos", "vazios", "abertos", "abandonados", "convertidos", "recuperados")


@metric(
    "conversao_carrinho",
    values="maduro boolean, carrinhos bigint, convertidos_1h bigint, convertidos_1d bigint, convertidos_7d bigint, "
    "convertidos bigint",
)
def cart_conversion(frames: Frames) -> DataFrame:
    """Carts created in a period, and how many of them got an order, and how soon."""
    return _by_period(frames, frames.cart_days, *_CONVERSIONS).select(
        "periodo", "inicio", "completo", "maduro", *_CONVERSIONS
    )


@metric(
    "abandono_carrinho",
    values="carrinhos bigint, vazios bigint, abertos bigint, abandonados bigint, convertidos bigint, "
    "recuperados bigint",
)
def cart_abandonment(frames: Frames) -> DataFrame:
    """Carts created in a period by what became of them."""
    return _by_period(frames, frames.cart_days, *_OUTCOMES).select("periodo", "inicio", "completo", *_OUTCOMES)


@metric("funil", values="ordem int, passo string, sessoes bigint", keys=("periodo", "inicio", "ordem"))
def funnel(frames: Frames) -> DataFrame:
    """Visits that began in a period, and how many of them reached each step."""
    steps = F.array(
        *(
            F.struct(F.lit(place).alias("ordem"), F.lit(step).alias("passo"), F.col(step).alias("sessoes"))
            for place, step in enumerate(STEPS)
        )
    )
    return _by_period(frames, frames.visit_days, *STEPS).select("periodo", "inicio", "completo", F.inline(steps))


def _by_period(frames: Frames, days: DataFrame, *columns: str) -> DataFrame:
    """Sums for every period of the calendar, 0 where there is nothing."""
    begun = summed(by_period(days.select("dia", *columns)), ("periodo", "inicio"), *columns)
    calendar = frames.periods.select("periodo", "inicio", "completo", "maduro")
    return calendar.join(begun, ["periodo", "inicio"], "left").withColumns(zero_filled(*columns))
