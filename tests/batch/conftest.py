"""One small Spark for all tests of the batch, and frames made from literal rows."""

import datetime as dt
import os
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession

from contracts.settings import Settings
from jobs.batch import session, tables
from jobs.batch.frames import Frames, Inputs, products, web
from jobs.batch.frames.local import local_frame
from jobs.batch.schemas import arrow_schema
from jobs.batch.sharing import PriceHistory

ZONE = ZoneInfo("America/Sao_Paulo")
CATALOGUE_SCHEMA = pa.schema(
    [
        ("id_produto", pa.binary()),
        ("produzido_em", pa.timestamp("us", "UTC")),
        ("categoria", pa.string()),
        ("preco_centavos", pa.int64()),
    ]
)
EVENT_SCHEMA = pa.schema(
    [
        ("id_sessao", pa.binary()),
        ("id_carrinho", pa.binary()),
        ("passo", pa.int32()),
        ("timestamp_evento", pa.timestamp("us", "UTC")),
    ]
)
# A Wednesday, 15:00 in São Paulo.
NOW = dt.datetime(2026, 3, 18, 18, tzinfo=dt.UTC)


def identity(number: int) -> UUID:
    return UUID(int=number)


def at(text: str) -> dt.datetime:
    """A moment on the shop's clock: ``2026-03-18 12:00``."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


def sale(
    order: int,
    when: str,
    total: int,
    *,
    user: int = 1,
    items: dict[int, int] | None = None,
    cancelled: bool = False,
    payment: str = "pix",
    cart: int | None = None,
) -> dict:
    """One transaction; ``items``: product → quantity, one piece of product 1 unless told."""
    items = items or {1: 1}
    return {
        "id_pedido": identity(order).bytes,
        "id_usuario": identity(user).bytes,
        "id_produto": [identity(it).bytes for it in items],
        "quantidade_produto": list(items.values()),
        "total_centavos": total,
        "data_compra": at(when),
        "cancelado": cancelled,
        "metodo_pagamento": payment,
        "id_carrinho": identity(cart).bytes if cart else None,
    }


def version(product: int, since: str, category: str, price: int) -> dict:
    return {
        "id_produto": identity(product).bytes,
        "produzido_em": at(since).astimezone(dt.UTC),
        "categoria": category,
        "preco_centavos": price,
    }


def customer(user: int, since: str, segment: str, state: str, city: str) -> dict:
    """One version of a customer."""
    return {
        "id_usuario": identity(user).bytes,
        "produzido_em": at(since),
        "segmento_cliente": segment,
        "uf": state,
        "cidade": city,
    }


STEPS = {"ver": 1, "adicionar": 2, "checkout": 4, "concluir": 8}


def event(session: int, when: str, step: str = "", *, cart: int | None = None) -> dict:
    """One web event; ``step`` is one of ``STEPS``, anything else is no step of the funnel."""
    return {
        "id_sessao": identity(session).bytes,
        "id_carrinho": identity(cart).bytes if cart else None,
        "passo": STEPS.get(step, 0),
        "timestamp_evento": at(when),
    }


class Sessions:
    """The one session of a test process, started anew where other tests have stopped it: there can be one only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = ExitStack()
        self._session: SparkSession | None = None

    def running(self) -> SparkSession:
        """The session, alive."""
        if self._session is None or SparkContext._active_spark_context is not self._session.sparkContext:
            settings = Settings(
                local_folder=self._folder,
                batch_master="local[1]",
                batch_driver_memory="1g",
            )
            self._session = self._open.enter_context(session.spark_session(settings, size=0))
            session.settle_for_metrics(self._session, 0)
        return self._session

    def close(self) -> None:
        """Stop what was started."""
        self._open.close()


@pytest.fixture(scope="session")
def sessions(tmp_path_factory):
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    kept = Sessions(tmp_path_factory.mktemp("spark"))
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def spark(sessions):
    return sessions.running()


class Shop:
    """Literal rows in, a metric's literal rows out."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._made: dict[str, Frames] = {}

    def frames(self, sales=(), *, versions=(), customers=(), people=(), events=(), now=NOW) -> Frames:
        """The frames of these rows; the same rows again cost nothing.

        ``versions`` are the catalogue's, ``people`` the customers'; ``customers`` when each registered.
        """
        key = repr((list(sales), list(versions), list(customers), list(people), list(events), now))
        if key not in self._made:
            self._made[key] = self._build(sales, versions, customers, people, events, now)
        return self._made[key]

    def _build(self, sales, versions, customers, people, events, now) -> Frames:
        def rows(given, schema):
            return local_frame(self._spark, (tuple(it.values()) for it in given), schema)

        days = Counter(at(it).date() for it in customers)
        return Frames(
            self._spark,
            Inputs(
                sales=self._shared(sales, versions, now),
                web=self._summaries(events),
                customer_versions=rows(people, tables.customer_versions(now).schema),
                catalogue_rows=len(versions),
                customer_days=pa.table(
                    {"dia": pa.array(days.keys(), pa.date32()), "clientes": pa.array(days.values(), pa.int64())}
                ),
            ),
            instant=now,
            idle=dt.timedelta(minutes=30),
            zone=ZONE,
        )

    def _shared(self, sales, versions, now):
        history = PriceHistory(pa.Table.from_pylist(list(versions), schema=CATALOGUE_SCHEMA))
        columns = arrow_schema(tables.sales(now).schema)
        return self._read(sales, columns, products.shared(history, ZONE), products.SHARED)

    def _summaries(self, events):
        return self._read(events, EVENT_SCHEMA, web.summarised, web.SUMMARIES)

    def _read(self, given, columns, through, schema):
        """As the process that reads makes them, of batches so small that what belongs together is in several."""
        batches = pa.Table.from_pylist(list(given), schema=columns).to_batches(max_chunksize=2)
        rows = (tuple(row.values()) for made in through(batches) for row in made.to_pylist())
        return local_frame(self._spark, rows, schema)

    def rows(self, compute, sales=(), *, kind=None, drop=("completo",), **given):
        """The metric's rows as tuples, in order, dates as text; only of the periods ``kind`` if given."""
        result = compute(self.frames(sales, **given)).drop(*drop)
        if kind:
            result = result.where(f"periodo = '{kind}'").drop("periodo")
        return sorted(tuple(_readable(it) for it in row) for row in result.collect())


def _readable(value):
    if isinstance(value, dt.date):
        return value.isoformat()
    return UUID(bytes=bytes(value)).int if isinstance(value, bytes | bytearray) else value


@pytest.fixture(scope="module")
def shop(spark):
    return Shop(spark)
