"""The live row: typed, narrow and final. What the stream seals and aggregates, made from an event or a table's row.

How an order becomes rows is written here once: for the stream, for whoever recomputes panes from
Postgres, and for the reconciliation. What rows count for is in ``contracts.panes``.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa

from contracts import dimensions
from contracts.allocation import allocate, item_weights
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.events import TipoEvento
from contracts.panes import UNKNOWN, RowKind

ITEM = pa.struct(
    [
        pa.field("produto", pa.string()),
        pa.field("categoria", pa.string()),
        pa.field("centavos", pa.int64()),
        pa.field("unidades", pa.int64()),
    ]
)

# `pessoa` is whom the sketches count: the buyer of a sale, the session of a web event; `carrinho` is 1
# for a sale from a cart and for the event that made one.
COLUMNS = pa.schema(
    [
        pa.field("kind", pa.int8()),
        pa.field("instante", pa.timestamp("us", tz="UTC")),
        pa.field("metodo_pagamento", pa.string()),
        pa.field("uf", pa.string()),
        pa.field("segmento", pa.string()),
        pa.field("tipo_evento", pa.string()),
        pa.field("centavos", pa.int64()),
        pa.field("unidades", pa.int64()),
        pa.field("carrinho", pa.int64()),
        pa.field("pessoa", pa.int64()),
        pa.field("itens", pa.list_(ITEM)),
    ]
)

# The values of ``COLUMNS``' fields, ``instante`` in epoch microseconds.
Row = tuple[Any, ...]

_LOW_63_BITS = (1 << 63) - 1
_MIXER = 0x9E3779B97F4A7C15


def sale(
    *,
    instant: int,
    payment: str,
    buyer: UUID,
    customer: CustomerVersion | None,
    centavos: int,
    products: Sequence[UUID],
    versions: Sequence[ProductVersion | None],
    quantities: Sequence[int],
    has_cart: bool,
) -> Row:
    """The sale of an order, its total shared among its items. Versions are those valid at ``instant``."""
    weights = item_weights([it.price if it else None for it in versions], quantities)
    items = [
        {
            "produto": dimensions.field(product),
            "categoria": version.category if version else UNKNOWN,
            "centavos": share,
            "unidades": quantity,
        }
        for product, version, share, quantity in zip(
            products, versions, allocate(centavos, weights), quantities, strict=True
        )
    ]
    uf, segment = (customer.uf, customer.segment) if customer else (UNKNOWN, UNKNOWN)
    cart = int(has_cart)
    return (
        RowKind.SALE, instant, payment, uf, segment, None, centavos, sum(quantities), cart, person(buyer), items,
    )  # fmt: skip


def cancellation(*, instant: int, payment: str, customer: CustomerVersion | None, centavos: int) -> Row:
    """An order's cancellation at ``instant``; the customer is who they were at the purchase."""
    uf, segment = (customer.uf, customer.segment) if customer else (UNKNOWN, UNKNOWN)
    return (RowKind.CANCELLATION, instant, payment, uf, segment, None, centavos, None, None, None, None)


def web_event(*, instant: int, kind: str, session: UUID) -> Row:
    """A web event."""
    return (RowKind.WEB_EVENT, instant, None, None, None, kind, None, None, makes_cart(kind), person(session), None)


def makes_cart(kind: str) -> int:
    """1 for the web event that creates a cart, else 0."""
    return int(kind == TipoEvento.CARRINHO_CRIADO.value)


def person(identity: UUID) -> int:
    """A 63-bit number for the sketches, from the whole id: its low bits alone may be anything but random."""
    return (identity.int ^ (identity.int >> 64) * _MIXER) & _LOW_63_BITS


def people(identities: Sequence[bytes] | Any) -> Any:
    """``person`` of many: an ``int64`` array from an ``(n, 16)`` array of UUIDs' bytes."""
    halves = np.ascontiguousarray(identities, dtype=np.uint8).view(">u8").astype(np.uint64).reshape(-1, 2)
    mixed = halves[:, 1] ^ (halves[:, 0] * np.uint64(_MIXER))
    return (mixed & np.uint64(_LOW_63_BITS)).astype(np.int64)


def to_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table of ``COLUMNS``, in the order they came."""
    return pa.Table.from_batches([to_batch(rows, COLUMNS)])


def to_batch(rows: Sequence[Row], schema: pa.Schema) -> pa.RecordBatch:
    """Rows as a batch of ``schema``: ``COLUMNS``, perhaps with more behind them. In the order they came."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [
        pa.array(column, type=pa.int64()).cast(field.type)
        if field.name == "instante"
        else pa.array(column, type=field.type)
        for field, column in zip(schema, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def web_events_table(instants: pa.Array, kinds: pa.Array, sessions: pa.Array) -> pa.Table:
    """``web_event`` of many: times, kinds, and the sessions' 16 bytes."""
    kinds = kinds.cast(pa.string()).dictionary_encode()
    carts = np.array([makes_cart(it) for it in kinds.dictionary.to_pylist()], dtype=np.int64)
    numbers = np.asarray(kinds.indices)
    count = len(instants)
    given = {
        "kind": pa.array(np.full(count, int(RowKind.WEB_EVENT), dtype=np.int8)),
        "instante": instants.cast(COLUMNS.field("instante").type),
        "tipo_evento": kinds.dictionary_decode(),
        "carrinho": pa.array(carts[numbers] if count else carts[:0]),
        "pessoa": pa.array(people(_bytes_of(sessions))),
    }
    arrays = [given[it.name] if it.name in given else pa.nulls(count, it.type) for it in COLUMNS]
    return pa.Table.from_arrays(arrays, schema=COLUMNS)


def _bytes_of(identities: pa.Array) -> Any:
    fixed = identities.cast(pa.binary(16))
    start = 16 * fixed.offset
    return np.frombuffer(fixed.buffers()[1], dtype=np.uint8)[start : start + 16 * len(fixed)].reshape(-1, 16)
