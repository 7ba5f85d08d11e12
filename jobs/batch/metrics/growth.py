"""Metrics 8 and 9: each period beside the one before it and the one a year before.

An incomplete period is compared with the others' part up to the same point.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that Spark's users know

from jobs.batch.frames import Frames
from jobs.batch.metrics.sales import average_order_value
from jobs.batch.registry import metric

_VALUES = ("liquida_centavos", "pedidos")


@metric(
    "crescimento_receita",
    values="liquida_centavos bigint, anterior_centavos bigint, ano_anterior_centavos bigint",
)
def revenue_growth(frames: Frames) -> DataFrame:
    """Net with what it is compared with; null where that lies before the first order's period."""
    return _compared(frames).select(
        "periodo",
        "inicio",
        "completo",
        "liquida_centavos",
        F.col("anterior_liquida_centavos").alias("anterior_centavos"),
        F.col("ano_anterior_liquida_centavos").alias("ano_anterior_centavos"),
    )


@metric(
    "variacao_ticket_medio",
    values="liquida_centavos bigint, pedidos bigint, anterior_liquida_centavos bigint, anterior_pedidos bigint, "
    "ano_anterior_liquida_centavos bigint, ano_anterior_pedidos bigint",
)
def average_order_value_change(frames: Frames) -> DataFrame:
    """Net and valid orders with those they are compared with: their quotients are the average order values."""
    return _compared(frames)


def _compared(frames: Frames) -> DataFrame:
    periods = average_order_value(frames).drop("ticket_centavos")
    compared = periods.join(
        frames.calendar.select("periodo", "inicio", "anterior", "ano_anterior"), ["periodo", "inicio"]
    )
    for side in ("anterior", "ano_anterior"):
        whole = periods.select(
            "periodo", F.col("inicio").alias(side), *(F.col(it).alias(f"{side}_{it}") for it in _VALUES)
        )
        cut = frames.cut_sales.where(F.col("lado") == side).select(
            "periodo", "inicio", *(F.col(it).alias(f"ate_{it}") for it in _VALUES)
        )
        compared = compared.join(whole, ["periodo", side], "left").join(cut, ["periodo", "inicio"], "left")
        for value in _VALUES:
            up_to_now = F.coalesce(f"ate_{value}", F.lit(0))
            # Where the other period lies outside the calendar there is nothing to compare with, not 0.
            known = F.col(f"{side}_{value}").isNotNull()
            compared = compared.withColumn(
                f"{side}_{value}",
                F.when(F.col("completo"), F.col(f"{side}_{value}")).when(known, up_to_now),
            ).drop(f"ate_{value}")
    sides = [f"{side}_{value}" for side in ("anterior", "ano_anterior") for value in _VALUES]
    return compared.select("periodo", "inicio", "completo", *_VALUES, *sides)
