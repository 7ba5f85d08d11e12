"""Metrics 1 to 3: sales, orders and the average order value, for every period of the calendar."""

from pyspark.sql import DataFrame

from jobs.batch.frames import Frames
from jobs.batch.metrics.shaping import rounded_quotient
from jobs.batch.registry import metric


@metric(
    "vendas_totais",
    values="bruta_centavos bigint, canceladas_centavos bigint, liquida_centavos bigint",
)
def total_sales(frames: Frames) -> DataFrame:
    """Gross, cancelled and net by day of purchase; a cancellation restates the day of the purchase."""
    return frames.periods.select(
        "periodo", "inicio", "completo", "bruta_centavos", "canceladas_centavos", "liquida_centavos"
    )


@metric("numero_pedidos", values="pedidos bigint, cancelados bigint")
def number_of_orders(frames: Frames) -> DataFrame:
    """Distinct orders, valid and cancelled."""
    return frames.periods.select("periodo", "inicio", "completo", "pedidos", "cancelados")


@metric("ticket_medio", values="liquida_centavos bigint, pedidos bigint, ticket_centavos bigint")
def average_order_value(frames: Frames) -> DataFrame:
    """Net ÷ valid orders, null without orders."""
    return frames.periods.select(
        "periodo",
        "inicio",
        "completo",
        "liquida_centavos",
        "pedidos",
        rounded_quotient("liquida_centavos", "pedidos").alias("ticket_centavos"),
    )
