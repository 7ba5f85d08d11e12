"""Metrics 8 and 9: each period beside the one before it and the one a year before."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.batch.frames import Frames
from jobs.batch.registry import metric


@metric(
    "crescimento_receita",
    values="liquida_centavos bigint, anterior_centavos bigint, ano_anterior_centavos bigint",
)
def revenue_growth(frames: Frames) -> DataFrame:
    """Net with what it is compared with."""
    return frames.comparisons.select(
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
    return frames.comparisons
