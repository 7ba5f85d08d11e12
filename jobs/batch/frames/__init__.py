"""The base frames that the metrics share: what is read once, brought to the shop's days, and kept.

What is large is summed here, once; what metrics get is small or cached.
"""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from jobs.batch import periods, sharing
from jobs.batch.frames import calendar, orders, people, products, sums, web

if TYPE_CHECKING:
    import pyarrow as pa

# Jobs at once: enough to fill the cores while one waits for its shuffle.
_AT_ONCE = 4


@dataclass(frozen=True)
class Inputs:
    """What is read, as ``jobs.batch.tables`` describes it.

    ``web`` holds the events as ``web.SUMMARIES``. The catalogue's versions are a table on the driver,
    whence they go to every worker: they are needed whole wherever an order is shared among its items.
    So is ``customer_days``, which is counted in Postgres.
    """

    sales: DataFrame
    web: DataFrame
    customer_versions: DataFrame
    catalogue_versions: "pa.Table"
    customer_days: "pa.Table"


@dataclass(frozen=True)
class Frames:
    """What metrics are computed from. ``dia`` is always a day of the shop's calendar.

    - ``periods``: one row for every period of the calendar, from the first sale or web event on: periodo,
      inicio, fim (excluded), completo, maduro (ended a week ago), anterior (first day of the period
      before), bruta_centavos, canceladas_centavos, liquida_centavos, pedidos (valid), cancelados,
      compradores (of valid orders), clientes_cadastrados (by the period's end)
    - ``comparisons``: periodo, inicio, completo, liquida_centavos and pedidos, and both with the prefixes
      ``anterior_`` and ``ano_anterior_``: those of the period before and of a year before, up to the same
      point where the period is incomplete; null where that lies before the calendar
    - ``lifetime``: all of history as the period ``total``: one row of periodo, inicio, completo, pedidos,
      compradores
    - ``payment_hours``: as ``sums.payment_hours``
    - ``places``: as ``sums.places``; cached
    - ``product_days``: dia, id_produto, categoria, unidades, receita_centavos of valid sales; cached
    - ``buyers``: as ``people.buyers``; cached
    - ``returning``, ``frequencies``: as in ``people``
    - ``visit_days``, ``cart_days``: as in ``web``

    All but the cached ones hold at most a few rows a day, and are computed already. ``rows`` counts
    what was read, by table.
    """

    periods: DataFrame
    comparisons: DataFrame
    lifetime: DataFrame
    payment_hours: DataFrame
    places: DataFrame
    product_days: DataFrame
    buyers: DataFrame
    returning: DataFrame
    frequencies: DataFrame
    visit_days: DataFrame
    cart_days: DataFrame
    rows: dict[str, int]


def build(session: SparkSession, inputs: Inputs, *, instant: dt.datetime, idle: dt.timedelta, zone: ZoneInfo) -> Frames:
    """Read the inputs, each once, and make the frames of a run that describes ``instant``.

    A cart is idle after ``idle`` without an event.
    """

    def small(frame: DataFrame) -> DataFrame:
        return session.createDataFrame(frame.toArrow())

    def kept(frame: DataFrame) -> DataFrame:
        frame = frame.persist()
        frame.count()
        return frame

    history = sharing.PriceHistory(inputs.catalogue_versions)
    local = F.from_utc_timestamp("data_compra", zone.key)
    sales = inputs.sales.withColumns({"dia": F.to_date(local), "hora": F.hour(local)}).persist()
    bought = people.purchases(orders.counted(sales), inputs.customer_versions).persist()
    summaries = inputs.web.persist()
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="frame") as pool:
        later_visits = pool.submit(small, web.visit_days(summaries, zone))
        later_products = pool.submit(kept, products.product_days(sales, history))
        # These fill the caches, so that the others find them.
        payment_hours = small(sums.payment_hours(bought))
        later_carts = pool.submit(small, web.cart_days(summaries, sales, instant=instant, idle=idle, zone=zone))
        later_places = pool.submit(kept, sums.places(bought))
        later_returning = pool.submit(small, people.returning(bought))
        buyers = kept(people.buyers(bought))
        later_frequencies = pool.submit(small, people.frequencies(bought, buyers))
        visits = later_visits.result()
        first_days = [_first(it.agg(F.min("dia")))[0] for it in (payment_hours, visits)]
        first_day = min((it for it in first_days if it), default=None)
        all_periods = periods.periods(first_day, instant, zone) if first_day else []
        later_cuts = pool.submit(small, calendar.cut_sales(sales, calendar.cuts(session, all_periods, instant, zone)))
        registered = session.createDataFrame(inputs.customer_days)
        whole = small(
            calendar.with_numbers(
                calendar.calendar_frame(session, all_periods, instant, zone), payment_hours, registered
            )
        )
        comparisons = small(calendar.comparisons(whole, later_cuts.result()))
        frames = Frames(
            periods=whole.drop("ano_anterior"),
            comparisons=comparisons,
            lifetime=calendar.lifetime(payment_hours, first_day),
            payment_hours=payment_hours,
            places=later_places.result(),
            product_days=later_products.result(),
            buyers=buyers,
            returning=later_returning.result(),
            frequencies=later_frequencies.result(),
            visit_days=visits,
            cart_days=later_carts.result(),
            rows={
                "transacoes_vendas": _first(payment_hours.agg(F.sum("transacoes")))[0] or 0,
                "eventos_web": _first(visits.agg(F.sum("eventos")))[0] or 0,
                "catalogo_produtos_versoes": inputs.catalogue_versions.num_rows,
                "dados_clientes": sum(inputs.customer_days["clientes"].to_pylist()),
            },
        )
    for used_up in (sales, bought, summaries):
        used_up.unpersist()
    return frames


def _first(frame: DataFrame) -> Row:
    """The one row of an aggregation without groups."""
    row = frame.first()
    assert row is not None
    return row
