"""The base frames that the metrics share: what is read once, brought to the shop's days, and kept.

Every frame but the calendar is cached at its first use.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - the name that Spark's users know

from jobs.batch import periods, sharing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

# The period of all history.
TOTAL = "total"
_CALENDAR = "periodo string, inicio date, fim date, completo boolean, anterior date, ano_anterior date"
_PRODUCT_ITEMS = "id_produto binary, categoria string, unidades bigint, receita_centavos bigint, dia date"


@dataclass(frozen=True)
class Inputs:
    """What is read, as ``jobs.batch.tables`` describes it: one frame a table."""

    sales: DataFrame
    catalogue_versions: DataFrame
    customers: DataFrame


@dataclass(frozen=True)
class Frames:
    """What metrics are computed from. ``dia`` is always a day of the shop's calendar.

    - ``calendar``: one row a period, none where there are no orders: periodo, inicio, fim (excluded),
      completo, anterior and ano_anterior (first days of the periods to compare with)
    - ``sales``: one row a transaction: id_pedido, id_usuario, id_produto, quantidade_produto,
      total_centavos, data_compra, cancelado, dia
    - ``sale_periods``: periodo, inicio, bruta_centavos, canceladas_centavos
    - ``order_periods``: periodo, inicio, pedidos (valid), cancelados; also for the period ``total``
    - ``buyer_periods``: periodo, inicio, compradores; also for the period ``total``
    - ``cut_sales``: the part of an earlier period that an incomplete one is compared with;
      lado says which one (anterior or ano_anterior): periodo, inicio, lado, liquida_centavos, pedidos (valid)
    - ``product_days``: dia, id_produto, categoria, unidades, receita_centavos of valid sales
    - ``customer_days``: dia, clientes (registered on it)
    """

    calendar: DataFrame
    sales: DataFrame
    sale_periods: DataFrame
    order_periods: DataFrame
    buyer_periods: DataFrame
    cut_sales: DataFrame
    product_days: DataFrame
    customer_days: DataFrame
    rows: dict[str, int] = field(default_factory=dict)

    def release(self) -> None:
        """Drop what is cached."""
        for frame in (
            self.sales,
            self.sale_periods,
            self.order_periods,
            self.buyer_periods,
            self.cut_sales,
            self.product_days,
            self.customer_days,
        ):
            frame.unpersist()


def build(session: SparkSession, inputs: Inputs, *, instant: dt.datetime, zone: ZoneInfo) -> Frames:
    """Read the inputs, each once, and make the frames of a run that describes ``instant``."""
    versions = inputs.catalogue_versions.toArrow()
    customer_days = _customer_days(inputs.customers, zone).persist()
    sales = inputs.sales.withColumn("dia", shop_day("data_compra", zone)).persist()
    known = sales.agg(F.count(F.lit(1)), F.min("dia")).first()
    assert known is not None
    rows, first_day = known
    calendar = periods.periods(first_day, instant, zone) if first_day else []
    customers = customer_days.agg(F.sum("clientes")).first()
    return Frames(
        calendar=_calendar(session, calendar),
        sales=sales,
        sale_periods=_sale_periods(sales).persist(),
        order_periods=_order_periods(sales).persist(),
        buyer_periods=_buyer_periods(sales).persist(),
        cut_sales=_cut_sales(sales, _cuts(session, calendar, instant, zone)).persist(),
        product_days=_product_days(sales, sharing.PriceHistory(versions)).persist(),
        customer_days=customer_days,
        rows={
            "transacoes_vendas": rows,
            "catalogo_produtos_versoes": versions.num_rows,
            "dados_clientes": (customers and customers[0]) or 0,
        },
    )


def shop_day(column: str, zone: ZoneInfo) -> Column:
    """The shop's day of a moment; the session's zone is UTC."""
    return F.to_date(F.from_utc_timestamp(column, zone.key))


def by_period(frame: DataFrame) -> DataFrame:
    """Every row three times, for its day, week and month: ``dia`` gives way to periodo and inicio."""
    kinds = F.array(
        F.struct(F.lit("dia").alias("periodo"), F.col("dia").alias("inicio")),
        F.struct(F.lit("semana").alias("periodo"), F.trunc("dia", "week").alias("inicio")),
        F.struct(F.lit("mes").alias("periodo"), F.trunc("dia", "month").alias("inicio")),
    )
    return frame.select("*", F.inline(kinds)).drop("dia")


def _calendar(session: SparkSession, calendar: list[periods.Period]) -> DataFrame:
    rows = [(it.kind.value, it.first, it.end, it.complete, it.previous, it.year_before) for it in calendar]
    return session.createDataFrame(rows, _CALENDAR)


def _cuts(session: SparkSession, calendar: list[periods.Period], instant: dt.datetime, zone: ZoneInfo) -> DataFrame:
    rows = []
    for period in calendar:
        if period.complete:
            continue
        for side, other in (("anterior", period.previous), ("ano_anterior", period.year_before)):
            span = periods.up_to_the_same_point(period, other, instant, zone)
            rows.append((period.kind.value, period.first, side, span.start, span.end))
    return session.createDataFrame(rows, "periodo string, inicio date, lado string, desde timestamp, ate timestamp")


def _cut_sales(sales: DataFrame, cuts: DataFrame) -> DataFrame:
    inside = (F.col("data_compra") >= F.col("desde")) & (F.col("data_compra") < F.col("ate"))
    return (
        sales.where("not cancelado")
        .join(F.broadcast(cuts), inside)
        .groupBy("periodo", "inicio", "lado")
        .agg(F.sum("total_centavos").alias("liquida_centavos"), F.count_distinct("id_pedido").alias("pedidos"))
    )


def _customer_days(customers: DataFrame, zone: ZoneInfo) -> DataFrame:
    return customers.groupBy(shop_day("data_cadastro", zone).alias("dia")).agg(F.count(F.lit(1)).alias("clientes"))


def _sale_periods(sales: DataFrame) -> DataFrame:
    days = sales.groupBy("dia").agg(
        F.sum("total_centavos").alias("bruta_centavos"),
        F.sum(F.when(F.col("cancelado"), F.col("total_centavos")).otherwise(0)).alias("canceladas_centavos"),
    )
    return _summed(days, "bruta_centavos", "canceladas_centavos")


def _order_periods(sales: DataFrame) -> DataFrame:
    """Distinct orders. Nearly all have their transactions on one day and are counted by it.

    One that spans several days counts once in each period that it has a transaction in.
    """
    valid = F.bool_or(~F.col("cancelado")).alias("valido")
    orders = sales.groupBy("id_pedido").agg(F.min("dia").alias("dia"), F.max("dia").alias("ultimo"), valid)
    # The row without a day counts the orders that span several.
    days = orders.groupBy(F.expr("if(dia = ultimo, dia, null)").alias("dia")).agg(*_counted())
    spread = sales.join(orders.where("dia < ultimo").select("id_pedido"), "id_pedido", "left_semi")
    several = (
        by_period(spread.select("id_pedido", "dia", "cancelado"))
        .groupBy("periodo", "inicio", "id_pedido")
        .agg(valid)
        .groupBy("periodo", "inicio")
        .agg(*_counted())
    )
    ever = days.select(F.lit(TOTAL).alias("periodo"), F.lit(None).cast("date").alias("inicio"), "pedidos", "cancelados")
    return (
        by_period(days.where("dia is not null"))
        .unionByName(several)
        .unionByName(ever)
        .groupBy("periodo", "inicio")
        .agg(F.sum("pedidos").alias("pedidos"), F.sum("cancelados").alias("cancelados"))
    )


def _counted() -> tuple[Column, Column]:
    return F.count_if("valido").alias("pedidos"), F.count_if(~F.col("valido")).alias("cancelados")


def _buyer_periods(sales: DataFrame) -> DataFrame:
    """Distinct buyers of all kinds of periods in one pass: a buyer counts on the first day in each period."""
    by_user = Window.partitionBy("id_usuario").orderBy("dia")
    days = (
        sales.where("not cancelado").select("id_usuario", "dia").repartition("id_usuario").dropDuplicates()
    ).withColumn("antes", F.lag("dia").over(by_user))
    first_in = {
        "dia": F.lit(True),
        "semana": F.col("antes").isNull() | (F.col("antes") < F.trunc("dia", "week")),
        "mes": F.col("antes").isNull() | (F.col("antes") < F.trunc("dia", "month")),
        TOTAL: F.col("antes").isNull(),
    }
    counted = days.groupBy("dia").agg(*(F.count_if(new).alias(f"novos_{kind}") for kind, new in first_in.items()))
    starts = {
        "dia": F.col("dia"),
        "semana": F.trunc("dia", "week"),
        "mes": F.trunc("dia", "month"),
        TOTAL: F.lit(None).cast("date"),
    }
    kinds = F.array(
        *(
            F.struct(
                F.lit(kind).alias("periodo"),
                start.alias("inicio"),
                F.col(f"novos_{kind}").alias("compradores"),
            )
            for kind, start in starts.items()
        )
    )
    return counted.select(F.inline(kinds)).groupBy("periodo", "inicio").agg(F.sum("compradores").alias("compradores"))


def _summed(days: DataFrame, *columns: str) -> DataFrame:
    return by_period(days).groupBy("periodo", "inicio").agg(*(F.sum(it).alias(it) for it in columns))


def _product_days(sales: DataFrame, history: sharing.PriceHistory) -> DataFrame:
    """Units and revenue of each product and day; a product that changed category has a row for each."""
    valid = sales.where("not cancelado").select(
        "id_produto", "quantidade_produto", "total_centavos", "data_compra", "dia"
    )

    def share(batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        for batch in batches:
            yield _shared_items(batch, history)

    return (
        valid.mapInArrow(share, _PRODUCT_ITEMS)
        .groupBy("dia", "id_produto", "categoria")
        .agg(F.sum("unidades").alias("unidades"), F.sum("receita_centavos").alias("receita_centavos"))
    )


def _shared_items(orders: "pa.RecordBatch", history: sharing.PriceHistory) -> "pa.RecordBatch":
    """Orders → their items summed by product, category and day within the batch."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    offsets = orders["id_produto"].offsets.to_numpy()
    first_items = (offsets[:-1] - offsets[0]).astype(np.int64)
    counts = np.diff(offsets)
    products = orders["id_produto"].flatten()
    quantities = orders["quantidade_produto"].flatten().to_numpy().astype(np.int64)
    rows = pa.array(np.repeat(np.arange(orders.num_rows), counts))
    prices, categories = history.at(products, orders["data_compra"].take(rows))
    revenue = sharing.share_totals(orders["total_centavos"].to_numpy(), first_items, prices, quantities)
    items = pa.table(
        {
            "id_produto": products,
            "categoria": pa.array(categories, pa.int64()),
            "unidades": quantities,
            "receita_centavos": revenue,
            "dia": orders["dia"].take(rows),
        }
    )
    summed = items.group_by(["dia", "id_produto", "categoria"]).aggregate(
        [("unidades", "sum"), ("receita_centavos", "sum")]
    )
    return pa.RecordBatch.from_arrays(
        [
            summed["id_produto"].combine_chunks(),
            pc.take(pa.array(history.categories), summed["categoria"].combine_chunks()),
            summed["unidades_sum"].combine_chunks(),
            summed["receita_centavos_sum"].combine_chunks(),
            summed["dia"].combine_chunks(),
        ],
        names=["id_produto", "categoria", "unidades", "receita_centavos", "dia"],
    )
