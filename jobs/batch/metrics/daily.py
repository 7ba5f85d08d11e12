"""Sales of each day by everything that a reader may filter by; only the combinations that occur."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.batch.frames import Frames
from jobs.batch.frames.sums import MONEY
from jobs.batch.registry import DAY, metric

_MONEY_TYPES = "bruta_centavos bigint, canceladas_centavos bigint"


@metric(
    "vendas_diarias",
    period=DAY,
    values=f"uf string, metodo_pagamento string, segmento string, pedidos bigint, cancelados bigint, {_MONEY_TYPES}",
    keys=("inicio", "uf", "metodo_pagamento", "segmento"),
    is_detailed=True,
)
def daily_sales(frames: Frames) -> DataFrame:
    """Each order of a day once, under the transaction that counts for it; money of all transactions."""
    return frames.daily.select(
        F.col("dia").alias("inicio"),
        "uf",
        "metodo_pagamento",
        F.col("segmento_cliente").alias("segmento"),
        F.col("pedidos_dia").alias("pedidos"),
        F.col("cancelados_dia").alias("cancelados"),
        *MONEY,
    )


@metric(
    "vendas_diarias_por_categoria",
    period=DAY,
    values="categoria string, uf string, metodo_pagamento string, segmento string, pedidos bigint, unidades bigint, "
    f"{_MONEY_TYPES}",
    keys=("inicio", "uf", "categoria", "metodo_pagamento", "segmento"),
    is_detailed=True,
)
def daily_sales_by_category(frames: Frames) -> DataFrame:
    """Each transaction's total shared among its categories; they add up to the day's money."""
    return frames.category_days.select(
        F.col("dia").alias("inicio"),
        "categoria",
        "uf",
        "metodo_pagamento",
        F.col("segmento_cliente").alias("segmento"),
        "pedidos",
        "unidades",
        *MONEY,
    )
