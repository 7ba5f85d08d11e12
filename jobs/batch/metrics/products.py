"""Metrics 4, 5 and 10: what is sold, by product and by category."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.batch.frames import Frames
from jobs.batch.frames.days import summed, summed_by_period
from jobs.batch.registry import metric

_SUMS = ("unidades", "receita_centavos")


@metric(
    "produtos_mais_vendidos",
    values="id_produto binary, posicao int, posicao_anterior int, unidades bigint, receita_centavos bigint",
    keys=("periodo", "inicio", "posicao"),
)
def best_selling_products(frames: Frames) -> DataFrame:
    """Every product sold in a period with its rank, and its rank in the period before when sold then too."""
    days = summed(frames.product_days, ("dia", "id_produto"), *_SUMS)
    sold = summed_by_period(days, ("id_produto",), *_SUMS)
    best_first = Window.partitionBy("periodo", "inicio").orderBy(
        F.desc("unidades"), F.desc("receita_centavos"), F.asc("id_produto")
    )
    in_time = Window.partitionBy("periodo", "id_produto").orderBy("inicio")
    return (
        sold.join(F.broadcast(_calendar(frames)), ["periodo", "inicio"])
        .withColumn("posicao", F.row_number().over(best_first))
        .withColumn("vendido_antes", F.lag("inicio").over(in_time))
        .withColumn(
            "posicao_anterior",
            F.when(F.col("vendido_antes") == F.col("anterior"), F.lag("posicao").over(in_time)),
        )
        .select(
            "periodo", "inicio", "completo", "id_produto", "posicao", "posicao_anterior", "unidades", "receita_centavos"
        )
    )


@metric(
    "receita_por_categoria",
    values="categoria string, unidades bigint, receita_centavos bigint",
    keys=("periodo", "inicio", "categoria"),
)
def revenue_by_category(frames: Frames) -> DataFrame:
    """Every category in every period, zeros included; they add up to net."""
    days = frames.product_categories
    sold = summed_by_period(days, ("categoria",), *_SUMS)
    categories = days.select("categoria").distinct()
    everywhere = _calendar(frames).drop("anterior").crossJoin(categories)
    return everywhere.join(sold, ["periodo", "inicio", "categoria"], "left").select(
        "periodo",
        "inicio",
        "completo",
        "categoria",
        *(F.coalesce(it, F.lit(0)).cast("bigint").alias(it) for it in _SUMS),
    )


def _calendar(frames: Frames) -> DataFrame:
    return frames.periods.select("periodo", "inicio", "completo", "anterior")
