"""What Postgres holds of a stretch of time, as live rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pyarrow as pa

from contracts import bulk, live_rows
from contracts.dimension_versions import Versions
from contracts.live_rows import Row
from contracts.panes import HOUR

# Rows of orders that are made at a time: they go through Python one by one.
_ORDERS = 20_000

_SALES = (
    "select data_compra, metodo_pagamento::text, id_usuario, (valor_total_compra * 100)::bigint, id_produto, "
    "quantidade_produto, id_carrinho is not null from transacoes_vendas "
    "where data_compra >= {start} and data_compra < {end}"
)
# A cancellation counts at the time of the status; its customer is who they were at the purchase.
_CANCELLATIONS = (
    "select data_status, data_compra, metodo_pagamento::text, id_usuario, (valor_total_compra * 100)::bigint "
    "from transacoes_vendas where status_pedido = 'cancelado' and data_status >= {start} and data_status < {end}"
)
_WEB_EVENTS = (
    "select timestamp_evento, tipo_evento::text, id_sessao from eventos_web "
    "where timestamp_evento >= {start} and timestamp_evento < {end}"
)
_KNOWN_CUSTOMERS = (
    "select count(*) from transacoes_vendas join dados_clientes using (id_usuario) "
    "where data_compra >= {start} and data_compra < {end}"
)
_KNOWN_PRODUCTS = (
    "select count(*) from (select unnest(id_produto) as id_produto from transacoes_vendas "
    "where data_compra >= {start} and data_compra < {end}) as itens join catalogo_produtos using (id_produto)"
)
# What was produced before the first hour counts as of the one before it.
_VERSIONS = (
    "select greatest(floor(extract(epoch from produzido_em) / 3600), {first} - 1)::bigint, count(*) from {table} "
    "where produzido_em < to_timestamp({last} * 3600::bigint) group by 1"
)


def read(opened: Any, versions: Versions, start: int, end: int) -> Iterator[pa.Table]:
    """The rows from ``start`` (inclusive) to ``end`` (epoch seconds), in tables of bounded size.

    A sale counts at its purchase, gross whatever became of it; a cancellation at the time of its status.
    ``opened`` is a connection of ``contracts.bulk``, whose errors are raised by its context.
    """
    for batch in _few_at_a_time(_batches(opened, _SALES, start, end)):
        yield _sales(batch, versions)
    for batch in _few_at_a_time(_batches(opened, _CANCELLATIONS, start, end)):
        yield _cancellations(batch, versions)
    for batch in _batches(opened, _WEB_EVENTS, start, end):
        yield live_rows.web_events_table(*batch.columns)


def _batches(opened: Any, statement: str, start: int, end: int) -> Iterator[pa.RecordBatch]:
    with opened.cursor() as cursor:
        # Numbers of ours, written out: with parameters the driver does not use COPY.
        cursor.execute(statement.format(start=f"to_timestamp({start})", end=f"to_timestamp({end})"))
        for batch in cursor.fetch_record_batch():
            yield bulk.plain_batch(batch)


def _few_at_a_time(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for at in range(0, len(batch), _ORDERS):
            yield batch.slice(at, _ORDERS)


def _sales(batch: pa.RecordBatch, versions: Versions) -> pa.Table:
    instants, payments, buyers, totals, products, quantities, carts = _values(batch, "data_compra")
    buyers = [UUID(bytes=it) for it in buyers]
    products = [[UUID(bytes=it) for it in order] for order in products]
    versions.prepare({it for order in products for it in order}, set(buyers))
    rows: list[Row] = [
        live_rows.sale(
            instant=instant,
            payment=payment,
            buyer=buyer,
            customer=versions.customer(buyer, instant),
            centavos=total,
            products=order,
            versions=[versions.product(it, instant) for it in order],
            quantities=quantity,
            has_cart=cart,
        )
        for instant, payment, buyer, total, order, quantity, cart in zip(
            instants, payments, buyers, totals, products, quantities, carts, strict=True
        )
    ]
    return live_rows.to_table(rows)


def _cancellations(batch: pa.RecordBatch, versions: Versions) -> pa.Table:
    instants, purchases, payments, buyers, totals = _values(batch, "data_status", "data_compra")
    buyers = [UUID(bytes=it) for it in buyers]
    versions.prepare(set(), set(buyers))
    rows: list[Row] = [
        live_rows.cancellation(
            instant=instant, payment=payment, customer=versions.customer(buyer, purchase), centavos=total
        )
        for instant, purchase, payment, buyer, total in zip(instants, purchases, payments, buyers, totals, strict=True)
    ]
    return live_rows.to_table(rows)


def _values(batch: pa.RecordBatch, *moments: str) -> list[Any]:
    """The columns as lists, the named ones as epoch microseconds."""
    micros = pa.timestamp("us", tz="UTC")
    return [
        (column.cast(micros).cast(pa.int64()) if name in moments else column).to_pylist()
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]


def counts(opened: Any, start: int, end: int) -> tuple[int, int, int]:
    """How many sales, cancellations and web events Postgres holds of a stretch of time."""
    bounds = {"start": f"to_timestamp({start})", "end": f"to_timestamp({end})"}
    sales, cancelled, events = (
        _number(opened, f"select count(*) from {it.partition(' from ')[2].format(**bounds)}")
        for it in (_SALES, _CANCELLATIONS, _WEB_EVENTS)
    )
    return sales, cancelled, events


def known(opened: Any, start: int, end: int) -> int:
    """How many of a stretch's sales have a known customer, and of their items a known product, together."""
    bounds = {"start": f"to_timestamp({start})", "end": f"to_timestamp({end})"}
    return _number(opened, _KNOWN_CUSTOMERS.format(**bounds)) + _number(opened, _KNOWN_PRODUCTS.format(**bounds))


def versions_before(opened: Any, ends: Sequence[int]) -> dict[int, int]:
    """For each of these moments (whole hours, epoch seconds) the versions of products and customers produced before."""
    hours = sorted(ends)
    by_hour: Counter[int] = Counter()
    for table in ("catalogo_produtos_versoes", "dados_clientes_versoes"):
        with opened.cursor() as cursor:
            cursor.execute(_VERSIONS.format(table=table, first=hours[0] // HOUR, last=hours[-1] // HOUR))
            for hour, number in cursor.fetchall():
                by_hour[int(hour)] += int(number)
    return {end: sum(number for hour, number in by_hour.items() if hour * HOUR < end) for end in hours}


def _number(opened: Any, statement: str) -> int:
    with opened.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
