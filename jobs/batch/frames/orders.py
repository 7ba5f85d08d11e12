"""Transactions as orders: which of an order's transactions counts for it, period by period."""

from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.batch.frames.days import BITS, IN_ALL, start_of

_COLUMNS = (
    "id_pedido",
    "id_usuario",
    "total_centavos",
    "data_compra",
    "cancelado",
    "metodo_pagamento",
    "categorias",
    "dia",
    "hora",
)


def counted(sales: DataFrame) -> DataFrame:
    """The sales without their carts, and ``conta``: the kinds of periods in which a row counts for its order.

    ``repetida`` says whether the order has several transactions.

    Nearly every order has one transaction, which counts always. Of several in one period the first
    valid one counts, as a valid order; where none is valid the first one does, as a cancelled order.
    So orders are sums, whatever they are grouped by.
    """
    number = F.xxhash64("id_pedido").alias("numero")
    # Two orders with one number do no harm: both are looked at closely.
    several = F.broadcast(sales.groupBy(number).count().where("count > 1").select("numero"))
    rows = sales.select(*_COLUMNS, number)
    ones = rows.join(several, "numero", "left_anti").withColumns({"conta": F.lit(IN_ALL), "repetida": F.lit(False)})
    return ones.unionByName(_of_several(rows.join(several, "numero", "left_semi"))).drop("numero", "id_pedido")


def _of_several(rows: DataFrame) -> DataFrame:
    of_order = Window.partitionBy("id_pedido")
    alike = Window.partitionBy("id_pedido", "cancelado").orderBy(
        "data_compra", "total_centavos", "id_usuario", "metodo_pagamento"
    )
    marked = rows.withColumns(
        {
            "validos": F.collect_set(F.when(~F.col("cancelado"), F.col("dia"))).over(of_order),
            "antes": F.lag("dia").over(alike),
        }
    )
    bits = [F.when(_counts(kind), bit).otherwise(0) for kind, bit in BITS.items()]
    # Two orders with one number came here as well.
    several = F.count(F.lit(1)).over(of_order) > 1
    return marked.withColumns({"conta": reduce(Column.bitwiseOR, bits), "repetida": several}).drop("validos", "antes")


def _counts(kind: str) -> Column:
    here = start_of(kind, F.col("dia"))
    first = ~here.eqNullSafe(start_of(kind, F.col("antes")))
    none_valid = ~F.exists("validos", lambda day: start_of(kind, day) == here)
    return first & (~F.col("cancelado") | none_valid)
