"""Metrics 7 and 12: what buyers spend and how often they buy."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that Spark's users know

from jobs.batch.frames import Frames
from jobs.batch.metrics.sales import number_of_orders, total_sales
from jobs.batch.metrics.shaping import on_calendar, rounded_quotient
from jobs.batch.registry import metric


@metric(
    "receita_media_usuario",
    values="liquida_centavos bigint, compradores bigint, clientes_cadastrados bigint, "
    "por_comprador_centavos bigint, por_cliente_centavos bigint",
)
def revenue_per_user(frames: Frames) -> DataFrame:
    """Net ÷ distinct buyers, and ÷ customers registered by the period's end."""
    registered = (
        frames.calendar.join(F.broadcast(frames.customer_days), F.col("dia") < F.col("fim"), "left")
        .groupBy("periodo", "inicio")
        .agg(F.coalesce(F.sum("clientes"), F.lit(0)).alias("clientes_cadastrados"))
    )
    buyers = on_calendar(frames.calendar, frames.buyer_periods, "compradores").drop("completo")
    return (
        total_sales(frames)
        .join(buyers, ["periodo", "inicio"])
        .join(registered, ["periodo", "inicio"])
        .withColumn("por_comprador_centavos", rounded_quotient("liquida_centavos", "compradores"))
        .withColumn("por_cliente_centavos", rounded_quotient("liquida_centavos", "clientes_cadastrados"))
        .select(
            "periodo",
            "inicio",
            "completo",
            "liquida_centavos",
            "compradores",
            "clientes_cadastrados",
            "por_comprador_centavos",
            "por_cliente_centavos",
        )
    )


@metric("pedidos_por_cliente", values="pedidos bigint, compradores bigint")
def orders_per_buyer(frames: Frames) -> DataFrame:
    """Valid orders and distinct buyers per period, and of all history as the period ``total``."""
    buyers = on_calendar(frames.calendar, frames.buyer_periods, "compradores").drop("completo")
    periods = number_of_orders(frames).drop("cancelados").join(buyers, ["periodo", "inicio"])
    return periods.unionByName(_lifetime(frames))


def _lifetime(frames: Frames) -> DataFrame:
    """One row from the first order's day on, none where there are no orders."""
    first = frames.calendar.where("periodo = 'dia'").agg(F.min("inicio").alias("inicio")).where("inicio is not null")
    orders = frames.order_periods.where("periodo = 'total'").select("pedidos")
    buyers = frames.buyer_periods.where("periodo = 'total'").agg(
        F.coalesce(F.sum("compradores"), F.lit(0)).alias("compradores")
    )
    return (
        first.crossJoin(orders)
        .crossJoin(buyers)
        .select(F.lit("total").alias("periodo"), "inicio", F.lit(False).alias("completo"), "pedidos", "compradores")
    )
