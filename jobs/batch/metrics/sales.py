"""Metrics 1 to 3: sales, orders and the average order value, for every period of the calendar."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that Spark's users know

from jobs.batch.frames import Frames
from jobs.batch.metrics.shaping import on_calendar, rounded_quotient
from jobs.batch.registry import metric


@metric(
    "vendas_totais",
    values="bruta_centavos bigint, canceladas_centavos bigint, liquida_centavos bigint",
)
def total_sales(frames: Frames) -> DataFrame:
    """Gross, cancelled and net by day of purchase; a cancellation restates the day of the purchase."""
    sales = on_calendar(frames.calendar, frames.sale_periods, "bruta_centavos", "canceladas_centavos")
    return sales.withColumn("liquida_centavos", F.col("bruta_centavos") - F.col("canceladas_centavos"))


@metric("numero_pedidos", values="pedidos bigint, cancelados bigint")
def number_of_orders(frames: Frames) -> DataFrame:
    """Distinct orders, valid and cancelled."""
    return on_calendar(frames.calendar, frames.order_periods, "pedidos", "cancelados")


@metric("ticket_medio", values="liquida_centavos bigint, pedidos bigint, ticket_centavos bigint")
def average_order_value(frames: Frames) -> DataFrame:
    """Net ÷ valid orders, null without orders."""
    orders = number_of_orders(frames).drop("cancelados", "completo")
    return (
        total_sales(frames)
        .join(orders, ["periodo", "inicio"])
        .withColumn("ticket_centavos", rounded_quotient("liquida_centavos", "pedidos"))
        .select("periodo", "inicio", "completo", "liquida_centavos", "pedidos", "ticket_centavos")
    )
