"""The sums of a day that most metrics are made of."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contracts.panes import UNKNOWN
from jobs.batch.frames.days import BITS, has_bit
from jobs.batch.periods import Kind

MONEY = ("bruta_centavos", "canceladas_centavos")
# More than this for one order, in centavos, is no order of a shop: a million reais.
_ABSURD = 100_000_000


def payment_hours(bought: DataFrame) -> DataFrame:
    """By dia, hora and metodo_pagamento: transacoes, ``MONEY``, and pedidos, cancelados, compradores.

    The last three by kind of period, as ``days.by_period`` takes them: pedidos_dia, pedidos_semana ...
    Beside them what is odd: how many transactions are sem_valor, absurdas, sem_cliente (of a customer
    nobody knows) and repetidas (of an order with several), and when the last one was (epoch microseconds).
    """
    return bought.groupBy("dia", "hora", "metodo_pagamento").agg(
        F.count(F.lit(1)).alias("transacoes"),
        *_money(),
        *(_orders(kind) for kind in BITS),
        *(_cancelled(kind) for kind in BITS),
        *(F.count_if(has_bit("comprou", kind)).alias(f"compradores_{kind}") for kind in BITS),
        F.max(F.unix_micros("data_compra")).alias("ultima"),
        F.count_if(F.col("total_centavos") == 0).alias("sem_valor"),
        F.count_if(F.col("total_centavos") > _ABSURD).alias("absurdas"),
        F.count_if(F.col("uf") == UNKNOWN).alias("sem_cliente"),
        F.count_if("repetida").alias("repetidas"),
    )


def places(bought: DataFrame) -> DataFrame:
    """By dia, uf, cidade, segmento_cliente and metodo_pagamento: ``MONEY``, cancelados_dia, pedidos by period."""
    return bought.groupBy("dia", "uf", "cidade", "segmento_cliente", "metodo_pagamento").agg(
        *_money(), *(_orders(kind) for kind in Kind), _cancelled(Kind.DAY)
    )


def _money() -> tuple[Column, Column]:
    cancelled = F.when(F.col("cancelado"), F.col("total_centavos")).otherwise(0)
    return F.sum("total_centavos").alias(MONEY[0]), F.sum(cancelled).alias(MONEY[1])


def _orders(kind: str) -> Column:
    return F.count_if(~F.col("cancelado") & has_bit("conta", kind)).alias(f"pedidos_{kind}")


def _cancelled(kind: str) -> Column:
    return F.count_if(F.col("cancelado") & has_bit("conta", kind)).alias(f"cancelados_{kind}")
