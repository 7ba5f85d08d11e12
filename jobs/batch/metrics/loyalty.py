"""Whether buyers come back: orders per customer, monthly retention, RFM."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.batch.frames import Frames
from jobs.batch.frames.days import TOTAL, zero_filled
from jobs.batch.periods import Kind
from jobs.batch.registry import metric

_QUINTILES = 5


@metric("distribuicao_pedidos", values="pedidos bigint, clientes bigint", keys=("periodo", "inicio", "pedidos"))
def orders_distribution(frames: Frames) -> DataFrame:
    """How many buyers had how many valid orders, by month and in all of history."""
    of_months = frames.periods.where(F.col("periodo") == Kind.MONTH).select("periodo", "inicio", "completo")
    months = frames.frequencies.where(F.col("periodo") == Kind.MONTH).join(of_months, ["periodo", "inicio"])
    ever = (
        frames.frequencies.where(F.col("periodo") == TOTAL)
        .drop("inicio")
        .join(frames.lifetime.select("periodo", "inicio", "completo"), "periodo")
    )
    columns = ("periodo", "inicio", "completo", "pedidos", "clientes")
    return months.select(*columns).unionByName(ever.select(*columns))


@metric(
    "retencao_mensal",
    values="meses int, coorte bigint, clientes bigint",
    keys=("periodo", "inicio", "meses"),
)
def monthly_retention(frames: Frames) -> DataFrame:
    """Of the buyers whose first valid purchase was in a month, those who bought in each month from it on.

    A row's ``completo`` is the later month's: in the month that the run falls into some may still buy.
    """
    months = frames.periods.where(F.col("periodo") == Kind.MONTH).select("inicio", "completo")
    cohorts = frames.returning.where("coorte = mes").select("coorte", F.col("clientes").alias("primeiros"))
    later = cohorts.join(months, F.col("inicio") >= F.col("coorte")).withColumnRenamed("inicio", "mes")
    return later.join(frames.returning, ["coorte", "mes"], "left").select(
        F.lit(Kind.MONTH.value).alias("periodo"),
        F.col("coorte").alias("inicio"),
        "completo",
        F.months_between("mes", "coorte").cast("int").alias("meses"),
        F.col("primeiros").alias("coorte"),
        zero_filled("clientes")["clientes"].alias("clientes"),
    )


@metric(
    "rfm",
    values="recencia int, frequencia int, valor int, segmento string, clientes bigint, pedidos bigint, "
    "valor_centavos bigint, dias_desde_ultima bigint",
    keys=("periodo", "inicio", "recencia", "frequencia", "valor"),
)
def rfm_segments(frames: Frames) -> DataFrame:
    """Buyers by quintile of the last purchase, of orders and of net, 5 the best; equals are in one quintile.

    ``dias_desde_ultima`` adds up the days since each buyer's last purchase.
    """
    today = frames.periods.where(F.col("periodo") == Kind.DAY).agg(F.max("inicio").alias("hoje"))
    everybody = Window.partitionBy()
    scored = frames.buyers.withColumn("todos", F.count(F.lit(1)).over(everybody)).select(
        _quintile("ultimo").alias("recencia"),
        _quintile("pedidos").alias("frequencia"),
        _quintile("valor_centavos").alias("valor"),
        "ultimo",
        "pedidos",
        "valor_centavos",
    )
    return (
        scored.crossJoin(F.broadcast(today))
        .groupBy("recencia", "frequencia", "valor")
        .agg(
            F.count(F.lit(1)).alias("clientes"),
            F.sum("pedidos").alias("pedidos"),
            F.sum("valor_centavos").alias("valor_centavos"),
            F.sum(F.date_diff("hoje", "ultimo").cast("bigint")).alias("dias_desde_ultima"),
        )
        .crossJoin(F.broadcast(frames.lifetime.select("periodo", "inicio", "completo")))
        .select(
            "periodo",
            "inicio",
            "completo",
            "recencia",
            "frequencia",
            "valor",
            _segment().alias("segmento"),
            "clientes",
            "pedidos",
            "valor_centavos",
            "dias_desde_ultima",
        )
    )


def _quintile(column: str) -> Column:
    """1 for the fifth of the buyers with the least, by how many have less."""
    less = F.rank().over(Window.orderBy(column)) - 1
    return (F.floor(less * _QUINTILES / F.col("todos")) + 1).cast("int")


def _segment() -> Column:
    """A name for what recency and frequency say of a buyer together."""
    recent, often = F.col("recencia"), F.col("frequencia")
    return (
        F.when((recent >= 4) & (often >= 4), "campeoes")
        .when((recent >= 3) & (often >= 3), "fieis")
        .when((recent >= 4), "recentes")
        .when((recent >= 3), "promissores")
        .when((often >= 4), "nao_perder")
        .when((often >= 3), "em_risco")
        .when((recent >= 2), "adormecendo")
        .otherwise("perdidos")
    )
