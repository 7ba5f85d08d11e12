"""Sales by state, city, payment method and customer segment, and by weekday and hour."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.batch.frames import Frames
from jobs.batch.frames.days import TOTAL, start_of, summed, summed_by_period, zero_filled
from jobs.batch.frames.sums import MONEY
from jobs.batch.periods import Kind
from jobs.batch.registry import metric

_VALUES = ("pedidos", *MONEY)
_VALUES_TYPES = "pedidos bigint, bruta_centavos bigint, canceladas_centavos bigint, liquida_centavos bigint"


@metric("vendas_por_uf", values=f"uf string, {_VALUES_TYPES}", keys=("periodo", "inicio", "uf"))
def sales_by_state(frames: Frames) -> DataFrame:
    """Every state that ever bought in every period, zeros included."""
    return _everywhere(frames, _sold(frames.daily, "uf"), "uf")


@metric(
    "vendas_por_cidade", values=f"uf string, cidade string, {_VALUES_TYPES}", keys=("periodo", "inicio", "uf", "cidade")
)
def sales_by_city(frames: Frames) -> DataFrame:
    """The cities that bought in a period. There are thousands of cities: those that did not have no row."""
    sold = _sold(frames.places, "uf", "cidade").join(F.broadcast(_calendar(frames)), ["periodo", "inicio"])
    return _finished(sold, "uf", "cidade")


@metric(
    "vendas_por_pagamento",
    values=f"metodo_pagamento string, {_VALUES_TYPES}",
    keys=("periodo", "inicio", "metodo_pagamento"),
)
def sales_by_payment(frames: Frames) -> DataFrame:
    """Every payment method that was ever used in every period, zeros included."""
    return _everywhere(frames, _sold(frames.payment_hours, "metodo_pagamento"), "metodo_pagamento")


@metric(
    "vendas_por_segmento",
    values=f"segmento_cliente string, {_VALUES_TYPES}",
    keys=("periodo", "inicio", "segmento_cliente"),
)
def sales_by_segment(frames: Frames) -> DataFrame:
    """Every customer segment that ever bought in every period, zeros included."""
    return _everywhere(frames, _sold(frames.daily, "segmento_cliente"), "segmento_cliente")


@metric(
    "mapa_semana_hora",
    values="dia_semana int, hora int, dias bigint, pedidos bigint, liquida_centavos bigint",
    keys=("periodo", "inicio", "dia_semana", "hora"),
)
def weekday_hours(frames: Frames) -> DataFrame:
    """Every hour of the week in every month and in all of history, with how many such days there were."""
    net = F.col(MONEY[0]) - F.col(MONEY[1])
    hours = frames.payment_hours.groupBy("dia", "hora").agg(
        F.sum("pedidos_dia").alias("pedidos"), F.sum(net).alias("liquida_centavos")
    )
    every_day = frames.periods.where(F.col("periodo") == Kind.DAY).select(F.col("inicio").alias("dia"))
    grid = every_day.crossJoin(frames.periods.sparkSession.range(24).select(F.col("id").cast("int").alias("hora")))
    first = frames.lifetime.select("inicio")
    values = ("pedidos", "liquida_centavos")
    summed_up = (
        grid.join(hours, ["dia", "hora"], "left")
        .crossJoin(F.broadcast(first.withColumnRenamed("inicio", "primeiro")))
        .select(
            F.inline(
                F.array(
                    F.struct(
                        F.lit(Kind.MONTH.value).alias("periodo"), start_of(Kind.MONTH, F.col("dia")).alias("inicio")
                    ),
                    F.struct(F.lit(TOTAL).alias("periodo"), F.col("primeiro").alias("inicio")),
                )
            ),
            (F.weekday("dia") + 1).alias("dia_semana"),
            "hora",
            *values,
        )
        .groupBy("periodo", "inicio", "dia_semana", "hora")
        .agg(F.count(F.lit(1)).alias("dias"), *(F.sum(it).alias(it) for it in values))
        .withColumns(zero_filled(*values))
    )
    complete = _calendar(frames).unionByName(frames.lifetime.select("periodo", "inicio", "completo"))
    return summed_up.join(F.broadcast(complete), ["periodo", "inicio"]).select(
        "periodo", "inicio", "completo", "dia_semana", "hora", "dias", *values
    )


def _calendar(frames: Frames) -> DataFrame:
    return frames.periods.select("periodo", "inicio", "completo")


def _sold(days: DataFrame, *keys: str) -> DataFrame:
    counts = tuple(f"pedidos_{kind}" for kind in Kind)
    by_day = summed(days, ("dia", *keys), *MONEY, *counts)
    return summed_by_period(by_day, keys, *_VALUES, counts=("pedidos",))


def _everywhere(frames: Frames, sold: DataFrame, key: str) -> DataFrame:
    everywhere = _calendar(frames).crossJoin(F.broadcast(sold.select(key).distinct()))
    filled = everywhere.join(sold, ["periodo", "inicio", key], "left").withColumns(zero_filled(*_VALUES))
    return _finished(filled, key)


def _finished(sold: DataFrame, *keys: str) -> DataFrame:
    return sold.select(
        "periodo", "inicio", "completo", *keys, *_VALUES, (F.col(MONEY[0]) - F.col(MONEY[1])).alias("liquida_centavos")
    )
