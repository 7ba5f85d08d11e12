"""Whose sale it was, as of then, and whether it made a buyer of somebody."""

from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from contracts.panes import UNKNOWN
from jobs.batch.frames.days import BITS, start_of

_CUSTOMER = ("uf", "cidade", "segmento_cliente")


def purchases(orders: DataFrame, versions: DataFrame) -> DataFrame:
    """Every transaction with its customer's uf, cidade and segmento_cliente at the time of purchase.

    Before a customer's first version that one holds; whom nobody knows is ``desconhecido``. Beside
    them ``comprou``, the kinds of periods in which a row is its user's first valid purchase, and
    ``primeiro``, the day of the user's first valid purchase. Both need a user's sales in order of time,
    and so do the versions: all of it is one shuffle.
    """
    sale = [it for it in orders.columns if it not in ("id_usuario", "data_compra")]
    nothing = F.lit(None)
    rows = orders.select(
        "id_usuario",
        F.col("data_compra").alias("quando"),
        F.struct(*sale).alias("venda"),
        nothing.cast("struct<uf:string,cidade:string,segmento_cliente:string>").alias("versao"),
    ).unionByName(
        versions.select(
            "id_usuario",
            F.col("produzido_em").alias("quando"),
            nothing.cast(orders.select(F.struct(*sale)).schema[0].dataType).alias("venda"),
            F.struct(*_CUSTOMER).alias("versao"),
        )
    )
    # A version that is as old as a sale holds for it.
    in_time = Window.partitionBy("id_usuario").orderBy("quando", F.col("venda").isNotNull())
    always = in_time.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    until_now = in_time.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    earlier = in_time.rowsBetween(Window.unboundedPreceding, -1)
    valid_day = F.when(~F.col("venda.cancelado"), F.col("venda.dia"))
    known = rows.withColumns(
        {
            "cliente": F.coalesce(
                F.last("versao", ignorenulls=True).over(until_now), F.first("versao", ignorenulls=True).over(always)
            ),
            "antes": F.max(valid_day).over(earlier),
            "primeiro": F.min(valid_day).over(always),
        }
    ).where("venda is not null")
    return known.select(
        "id_usuario",
        F.col("quando").alias("data_compra"),
        "venda.*",
        *(F.coalesce(f"cliente.{it}", F.lit(UNKNOWN)).alias(it) for it in _CUSTOMER),
        "primeiro",
        reduce(Column.bitwiseOR, [F.when(_new(kind), bit).otherwise(0) for kind, bit in BITS.items()]).alias("comprou"),
    )


def _new(kind: str) -> Column:
    day, before = F.col("venda.dia"), F.col("antes")
    return ~F.col("venda.cancelado") & ~start_of(kind, before).eqNullSafe(start_of(kind, day))


def buyers(bought: DataFrame) -> DataFrame:
    """Everybody with a valid purchase: id_usuario, ultimo (day of the last one), pedidos, valor_centavos."""
    return (
        bought.where("not cancelado")
        .groupBy("id_usuario")
        .agg(
            F.max("dia").alias("ultimo"),
            F.count_if(F.col("conta").bitwiseAND(BITS["total"]) != 0).alias("pedidos"),
            F.sum("total_centavos").alias("valor_centavos"),
        )
    )


def returning(bought: DataFrame) -> DataFrame:
    """Distinct buyers by the month of their first valid purchase and the month they bought in.

    Columns: coorte, mes (first days of months), clientes.
    """
    month = F.col("comprou").bitwiseAND(BITS["mes"]) != 0
    return (
        bought.where(month)
        .groupBy(start_of("mes", F.col("primeiro")).alias("coorte"), start_of("mes", F.col("dia")).alias("mes"))
        .agg(F.count(F.lit(1)).alias("clientes"))
    )


def frequencies(bought: DataFrame, everybody: DataFrame) -> DataFrame:
    """How many buyers had how many valid orders: periodo (``mes`` or ``total``), inicio, pedidos, clientes."""
    in_month = F.count_if(F.col("conta").bitwiseAND(BITS["mes"]) != 0).alias("pedidos")
    clients = F.count(F.lit(1)).alias("clientes")
    months = (
        bought.where("not cancelado")
        .groupBy("id_usuario", start_of("mes", F.col("dia")).alias("inicio"))
        .agg(in_month)
        .groupBy(F.lit("mes").alias("periodo"), "inicio", "pedidos")
        .agg(clients)
    )
    ever = everybody.groupBy(F.lit("total").alias("periodo"), F.lit(None).cast("date").alias("inicio"), "pedidos").agg(
        clients
    )
    return months.unionByName(ever)
