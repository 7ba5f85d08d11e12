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

from jobs.batch import periods
from jobs.batch.frames import calendar, orders, people, products, sums, web
from jobs.batch.frames.days import summed
from jobs.batch.frames.once import computed_once
from jobs.batch.periods import Kind, Period

if TYPE_CHECKING:
    import pyarrow as pa

# Jobs at once: enough to fill the cores while some wait for a shuffle, or for a frame that another makes.
_AT_ONCE = 6
# What reads comes first, and of the rest what takes long.
_IN_ORDER = (
    "visit_days",
    "payment_hours",
    "product_days",
    "cart_days",
    "comparisons",
    "places",
    "category_days",
    "daily",
    "product_categories",
    "frequencies",
    "returning",
    "lifetime",
    "rows",
    "largest",
)


@dataclass(frozen=True)
class Inputs:
    """What is read, as ``jobs.batch.tables`` describes it.

    ``sales`` holds the transactions as ``products.SHARED``, ``web`` the events as ``web.SUMMARIES``. Of the
    catalogue's versions there were ``catalogue_rows``. ``customer_days`` is counted in Postgres.
    """

    sales: DataFrame
    web: DataFrame
    customer_versions: DataFrame
    catalogue_rows: int
    customer_days: "pa.Table"


class Frames:
    """What metrics are computed from, each made when it is first asked for.

    ``dia`` is always a day of the shop's calendar. The cached frames are kept by Spark; all others hold at
    most a few rows a day, and are on the driver once they are made.
    """

    def __init__(
        self, session: SparkSession, inputs: Inputs, *, instant: dt.datetime, idle: dt.timedelta, zone: ZoneInfo
    ) -> None:
        """Of a run that describes ``instant``. A cart is idle after ``idle`` without an event."""
        self._session = session
        self._inputs = inputs
        self._instant = instant
        self._idle = idle
        self._zone = zone
        local = F.from_utc_timestamp("data_compra", zone.key)
        dated = {"dia": F.coalesce("dia", F.to_date(local)), "hora": F.hour(local)}
        self._read = inputs.sales.withColumns(dated).persist()
        self._sales = products.sales_of(self._read)
        self._web = inputs.web.persist()

    @computed_once
    def payment_hours(self) -> DataFrame:
        """As ``sums.payment_hours``."""
        return self._small(sums.payment_hours(self._bought))

    @computed_once
    def places(self) -> DataFrame:
        """As ``sums.places``; cached."""
        return _kept(sums.places(self._bought))

    @computed_once
    def daily(self) -> DataFrame:
        """``places`` without cities; cached."""
        counts = (*(f"pedidos_{kind}" for kind in Kind), "cancelados_dia")
        return _kept(summed(self.places, ("dia", "uf", "metodo_pagamento", "segmento_cliente"), *sums.MONEY, *counts))

    @computed_once
    def product_days(self) -> DataFrame:
        """dia, id_produto, categoria, unidades, receita_centavos of valid sales; cached."""
        return _kept(products.product_days(self._read))

    @computed_once
    def product_categories(self) -> DataFrame:
        """``product_days`` without products: dia, categoria, unidades, receita_centavos."""
        return self._small(summed(self.product_days, ("dia", "categoria"), "unidades", "receita_centavos"))

    @computed_once
    def category_days(self) -> DataFrame:
        """As ``products.category_days``; cached."""
        return _kept(products.category_days(self._bought))

    @computed_once
    def buyers(self) -> DataFrame:
        """As ``people.buyers``; cached."""
        return _kept(people.buyers(self._bought))

    @computed_once
    def returning(self) -> DataFrame:
        """As ``people.returning``."""
        return self._small(people.returning(self._bought))

    @computed_once
    def frequencies(self) -> DataFrame:
        """As ``people.frequencies``."""
        return self._small(people.frequencies(self._bought, self.buyers))

    @computed_once
    def visit_days(self) -> DataFrame:
        """As ``web.visit_days``."""
        return self._small(web.visit_days(self._web, self._zone))

    @computed_once
    def cart_days(self) -> DataFrame:
        """As ``web.cart_days``."""
        return self._small(
            web.cart_days(self._web, self._sales, instant=self._instant, idle=self._idle, zone=self._zone)
        )

    @property
    def periods(self) -> DataFrame:
        """One row for every period of the calendar, from the first sale or web event on.

        periodo, inicio, fim (excluded), completo, maduro (ended a week ago), anterior (first day of the
        period before), bruta_centavos, canceladas_centavos, liquida_centavos, pedidos (valid), cancelados,
        compradores (of valid orders), clientes_cadastrados (by the period's end).
        """
        return self._calendar.drop("ano_anterior")

    @computed_once
    def comparisons(self) -> DataFrame:
        """Each period beside the one before it and the one a year before.

        periodo, inicio, completo, liquida_centavos and pedidos, and both with the prefixes ``anterior_``
        and ``ano_anterior_``: those of the period before and of a year before, up to the same point where
        the period is incomplete; null where that lies before the calendar.
        """
        parts = calendar.cuts(self._session, self._all_periods, self._instant, self._zone)
        return self._small(calendar.comparisons(self._calendar, calendar.cut_sales(self._sales, parts)))

    @computed_once
    def lifetime(self) -> DataFrame:
        """All of history as the period ``total``: one row of periodo, inicio, completo, pedidos, compradores."""
        return self._small(calendar.lifetime(self.payment_hours, self._first_day))

    @computed_once
    def rows(self) -> dict[str, int]:
        """How many rows were read, by table."""
        return {
            "transacoes_vendas": _first(self.payment_hours.agg(F.sum("transacoes")))[0] or 0,
            "eventos_web": _first(self.visit_days.agg(F.sum("eventos")))[0] or 0,
            "catalogo_produtos_versoes": self._inputs.catalogue_rows,
            "dados_clientes": sum(self._inputs.customer_days["clientes"].to_pylist()),
        }

    @computed_once
    def largest(self) -> int:
        """How many rows the largest of the frames has that are made by day."""
        return max(it.count() for it in (self.product_days, self.places))

    def release(self) -> None:
        """Give back the memory of what was read. What is not made yet would be read anew."""
        for used_up in (self._read, self._bought, self._web):
            used_up.unpersist()

    @computed_once
    def _bought(self) -> DataFrame:
        return people.purchases(orders.counted(self._sales), self._inputs.customer_versions).persist()

    @computed_once
    def _first_day(self) -> dt.date | None:
        first_days = [_first(it.agg(F.min("dia")))[0] for it in (self.payment_hours, self.visit_days)]
        return min((it for it in first_days if it), default=None)

    @computed_once
    def _all_periods(self) -> list[Period]:
        return periods.periods(self._first_day, self._instant, self._zone) if self._first_day else []

    @computed_once
    def _calendar(self) -> DataFrame:
        empty = calendar.calendar_frame(self._session, self._all_periods, self._instant, self._zone)
        registered = self._session.createDataFrame(self._inputs.customer_days)
        return self._small(calendar.with_numbers(empty, self.payment_hours, registered))

    def _small(self, frame: DataFrame) -> DataFrame:
        return self._session.createDataFrame(frame.toArrow())


def build(session: SparkSession, inputs: Inputs, *, instant: dt.datetime, idle: dt.timedelta, zone: ZoneInfo) -> Frames:
    """Read the inputs, each once, and make all frames of a run that describes ``instant``."""
    frames = Frames(session, inputs, instant=instant, idle=idle, zone=zone)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="frame") as pool:
        for made in [pool.submit(getattr, frames, it) for it in _IN_ORDER]:
            made.result()
    frames.release()
    return frames


def _kept(frame: DataFrame) -> DataFrame:
    frame = frame.persist()
    frame.count()
    return frame


def _first(frame: DataFrame) -> Row:
    """The one row of an aggregation without groups."""
    row = frame.first()
    assert row is not None
    return row
