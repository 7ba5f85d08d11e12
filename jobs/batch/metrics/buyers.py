"""Metrics 7 and 12: what buyers spend and how often they buy."""

from pyspark.sql import DataFrame

from jobs.batch.frames import Frames
from jobs.batch.metrics.shaping import rounded_quotient
from jobs.batch.registry import metric


@metric(
    "receita_media_usuario",
    values="liquida_centavos bigint, compradores bigint, clientes_cadastrados bigint, "
    "por_comprador_centavos bigint, por_cliente_centavos bigint",
)
def revenue_per_user(frames: Frames) -> DataFrame:
    """Net ÷ distinct buyers, and ÷ customers registered by the period's end."""
    return frames.periods.select(
        "periodo",
        "inicio",
        "completo",
        "liquida_centavos",
        "compradores",
        "clientes_cadastrados",
        rounded_quotient("liquida_centavos", "compradores").alias("por_comprador_centavos"),
        rounded_quotient("liquida_centavos", "clientes_cadastrados").alias("por_cliente_centavos"),
    )


@metric("pedidos_por_cliente", values="pedidos bigint, compradores bigint")
def orders_per_buyer(frames: Frames) -> DataFrame:
    """Valid orders and distinct buyers per period, and of all history as the period ``total``."""
    return frames.periods.select("periodo", "inicio", "completo", "pedidos", "compradores").unionByName(frames.lifetime)
