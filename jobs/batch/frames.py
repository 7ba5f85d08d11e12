"""The base frames that the metrics share: what is read once, brought to the shop's days, and kept.

What is large is summed here, once; what metrics get is small or cached.
"""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F

from jobs.batch import periods, sharing

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

# The period of all history.
TOTAL = "total"
# Jobs at once: enough to fill the cores while one waits for its shuffle.
_AT_ONCE = 3
_CALENDAR = "periodo string, inicio date, fim date, completo boolean, anterior date, ano_anterior date"
_PRODUCT_ITEMS = "id_produto binary, categoria string, unidades bigint, receita_centavos bigint, dia date"


@dataclass(frozen=True)
class Inputs:
    """What is read, as ``jobs.batch.tables`` describes it: one frame a table.

    The catalogue's versions are a table on the driver, whence they go to every worker: they are
    needed whole wherever an order is shared among its items.
    """

    sales: DataFrame
    catalogue_versions: "pa.Table"
    customers: DataFrame


@dataclass(frozen=True)
class Frames:
    """What metrics are computed from. ``dia`` is always a day of the shop's calendar.

    - ``periods``: one row for every period of the calendar, none where there are no orders: periodo,
      inicio, fim (excluded), completo, anterior (first day of the period before), bruta_centavos,
      canceladas_centavos, liquida_centavos, pedidos (valid), cancelados, compradores (of valid orders),
      clientes_cadastrados (by the period's end)
    - ``comparisons``: periodo, inicio, completo, liquida_centavos and pedidos, and both with the prefixes
      ``anterior_`` and ``ano_anterior_``: those of the period before and of a year before, up to the same
      point where the period is incomplete; null where that lies before the first order's period
    - ``lifetime``: all of history as the period ``total``: one row of periodo, inicio, completo, pedidos,
      compradores
    - ``product_days``: dia, id_produto, categoria, unidades, receita_centavos of valid sales; cached

    All but ``product_days`` hold at most a few rows a day, and are computed already. ``rows`` counts
    what was read, by table.
    """

    periods: DataFrame
    comparisons: DataFrame
    lifetime: DataFrame
    product_days: DataFrame
    rows: dict[str, int]


def build(session: SparkSession, inputs: Inputs, *, instant: dt.datetime, zone: ZoneInfo) -> Frames:
    """Read the inputs, each once, and make the frames of a run that describes ``instant``."""

    def small(frame: DataFrame) -> DataFrame:
        return session.createDataFrame(frame.toArrow())

    history = sharing.PriceHistory(inputs.catalogue_versions)
    sales = inputs.sales.withColumn("dia", shop_day("data_compra", zone)).persist()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="frame") as pool:
        later_customers = pool.submit(small, _customer_days(inputs.customers, zone))
        # This one fills the cache, so that the others find it.
        sale_days = small(_sale_days(sales))
        rows, first_day = _first(sale_days.agg(F.sum("transacoes"), F.min("dia")))
        calendar = periods.periods(first_day, instant, zone) if first_day else []
        later_orders = pool.submit(small, _order_periods(sales))
        later_buyers = pool.submit(small, _buyer_periods(sales))
        later_cuts = pool.submit(small, _cut_sales(sales, _cuts(session, calendar, instant, zone)))
        product_days = _product_days(sales, history).persist()
        product_days.count()
        orders, buyers, customers = later_orders.result(), later_buyers.result(), later_customers.result()
        cuts = later_cuts.result()
    sales.unpersist()
    whole = small(_periods(_calendar(session, calendar), sale_days, orders, buyers, customers))
    return Frames(
        periods=whole.drop("ano_anterior"),
        comparisons=small(_comparisons(whole, cuts)),
        lifetime=small(_lifetime(orders, buyers, first_day)),
        product_days=product_days,
        rows={
            "transacoes_vendas": rows or 0,
            "catalogo_produtos_versoes": inputs.catalogue_versions.num_rows,
            "dados_clientes": _first(customers.agg(F.sum("clientes")))[0] or 0,
        },
    )


def _first(frame: DataFrame) -> Row:
    """The one row of an aggregation without groups."""
    row = frame.first()
    assert row is not None
    return row


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


def _periods(
    calendar: DataFrame, sale_days: DataFrame, orders: DataFrame, buyers: DataFrame, customers: DataFrame
) -> DataFrame:
    """Every period of the calendar with its numbers, 0 where there is nothing."""
    sales = _summed(sale_days, "bruta_centavos", "canceladas_centavos")
    registered = (
        calendar.join(F.broadcast(customers), F.col("dia") < F.col("fim"))
        .groupBy("periodo", "inicio")
        .agg(F.sum("clientes").alias("clientes_cadastrados"))
    )
    joined = calendar
    for numbers in (sales, orders, buyers, registered):
        joined = joined.join(numbers, ["periodo", "inicio"], "left")
    filled = {
        name: F.coalesce(name, F.lit(0)).cast("bigint")
        for name in (
            "bruta_centavos",
            "canceladas_centavos",
            "pedidos",
            "cancelados",
            "compradores",
            "clientes_cadastrados",
        )
    }
    return joined.withColumns(filled).withColumn(
        "liquida_centavos", F.col("bruta_centavos") - F.col("canceladas_centavos")
    )


def _comparisons(whole: DataFrame, cuts: DataFrame) -> DataFrame:
    """Each period beside the one before it and the one a year before."""
    sides, values = ("anterior", "ano_anterior"), ("liquida_centavos", "pedidos")
    columns = [f"{side}_{value}" for side in sides for value in values]
    up_to_now = cuts.groupBy("periodo", "inicio").agg(
        *(
            F.sum(F.when(F.col("lado") == side, F.col(value))).alias(f"ate_{side}_{value}")
            for side in sides
            for value in values
        )
    )
    compared = whole.select("periodo", "inicio", "completo", *sides, *values)
    for side in sides:
        other = whole.select(
            "periodo", F.col("inicio").alias(side), *(F.col(it).alias(f"{side}_{it}") for it in values)
        )
        compared = compared.join(other, ["periodo", side], "left")
    compared = compared.join(up_to_now, ["periodo", "inicio"], "left")
    return compared.select(
        "periodo",
        "inicio",
        "completo",
        *values,
        *(
            # Where the other period lies outside the calendar there is nothing to compare with, not 0.
            F.when(F.col("completo") | F.col(it).isNull(), F.col(it))
            .otherwise(F.coalesce(f"ate_{it}", F.lit(0)))
            .alias(it)
            for it in columns
        ),
    )


def _lifetime(orders: DataFrame, buyers: DataFrame, first_day: dt.date | None) -> DataFrame:
    total = F.col("periodo") == TOTAL
    return (
        orders.where(total & F.lit(first_day is not None))
        .select("periodo", F.lit(first_day).cast("date").alias("inicio"), F.lit(False).alias("completo"), "pedidos")
        .join(buyers.where(total).select("periodo", "compradores"), "periodo", "left")
        .withColumn("compradores", F.coalesce("compradores", F.lit(0)).cast("bigint"))
    )


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


def _sale_days(sales: DataFrame) -> DataFrame:
    return sales.groupBy("dia").agg(
        F.count(F.lit(1)).alias("transacoes"),
        F.sum("total_centavos").alias("bruta_centavos"),
        F.sum(F.when(F.col("cancelado"), F.col("total_centavos")).otherwise(0)).alias("canceladas_centavos"),
    )


def _order_periods(sales: DataFrame) -> DataFrame:
    """Distinct orders. Nearly all have their transactions on one day and are counted by it.

    One that spans several days counts once in each period that it has a transaction in.
    """
    valid = F.bool_or(~F.col("cancelado")).alias("valido")
    orders = sales.groupBy("id_pedido").agg(F.min("dia").alias("dia"), F.max("dia").alias("ultimo"), valid)
    # The row without a day counts the orders that span several.
    days = orders.groupBy(F.expr("if(dia = ultimo, dia, null)").alias("dia")).agg(*_counted())
    # Few, and known before the sales are read again: without the hint Spark would sort all sales first.
    several_days = F.broadcast(orders.where("dia < ultimo").select("id_pedido"))
    spread = sales.join(several_days, "id_pedido", "left_semi")
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

    def share(batches: "Iterable[pa.RecordBatch]") -> "Iterable[pa.RecordBatch]":
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
