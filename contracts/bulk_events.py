"""Sales and web events decoded many at a time, for whoever takes a backlog.

What is plain is decoded here, column by column; whatever is not (another way to write a time or an id, and
everything that ``events.decode`` would refuse) is left to it. What comes of a message is the same either way.
"""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Meta, Struct

from contracts import text_columns
from contracts.broker import Delivery
from contracts.clock import epoch_micros
from contracts.events import (
    EARLIEST,
    MONEY_LIMIT,
    MOST_ITEMS,
    MetodoPagamento,
    Quantity,
    StatusPedido,
    TipoEvento,
    TransacaoVenda,
    centavo_tolerance,
    speaks,
)

_EARLIEST = epoch_micros(EARLIEST)
_KINDS = frozenset(it.value for it in TipoEvento)


class OptionalIds(Struct, frozen=True):
    """Ids that may be missing: ``(n, 16)`` bytes, zeros where there is none, and which of them are there."""

    rows: Any
    present: Any

    def take(self, places: Any) -> "OptionalIds":
        """Those at the places."""
        return OptionalIds(self.rows[places], self.present[places])


class WebEvents(Struct, frozen=True):
    """Web events as columns: ids as ``(n, 16)`` bytes, times in epoch microseconds (``int64``)."""

    identities: Any
    sessions: Any
    kinds: pa.Array
    instants: Any
    users: OptionalIds
    carts: OptionalIds
    products: OptionalIds

    def take(self, places: Any) -> "WebEvents":
        """Those at the places."""
        return WebEvents(
            self.identities[places],
            self.sessions[places],
            self.kinds.take(pa.array(places)),
            self.instants[places],
            self.users.take(places),
            self.carts.take(places),
            self.products.take(places),
        )


class Transactions(Struct, frozen=True):
    """Versions of transactions as columns: ids as ``(n, 16)`` bytes, times in epoch microseconds (``int64``).

    ``products`` and ``quantities`` hold those of all orders, one order's after another's; ``items`` says how
    many are each one's.
    """

    identities: Any
    orders: Any
    buyers: Any
    carts: OptionalIds
    items: Any
    products: Any
    quantities: Any
    centavos: Any
    placed: Any
    reached: Any
    payments: list[MetodoPagamento]
    statuses: list[StatusPedido]


class Sale(Struct, frozen=True, gc=False):
    """What the live path needs of a transaction's version. Times in epoch microseconds."""

    identity: bytes
    instant: int
    status: StatusPedido
    reached: int
    payment: str
    buyer: UUID
    products: list[UUID]
    quantities: list[int]
    centavos: int
    has_cart: bool


def sale_of(event: TransacaoVenda) -> Sale:
    """The same from a decoded event."""
    return Sale(
        event.id_transacao.bytes,
        epoch_micros(event.data_compra),
        event.status_pedido,
        epoch_micros(event.status_em),
        event.metodo_pagamento.value,
        event.id_usuario,
        event.produtos,
        event.quantidades,
        event.total_centavos,
        event.id_carrinho is not None,
    )


class _WebEvent(Struct, gc=False):
    id_evento: str
    id_sessao: str
    tipo_evento: str
    timestamp_evento: str
    id_usuario: str | None = None
    id_carrinho: str | None = None
    id_produto: str | None = None


class _Transaction(Struct, gc=False):
    id_transacao: str
    id_pedido: str
    id_usuario: str
    id_produto: Annotated[list[str], Meta(min_length=1, max_length=MOST_ITEMS)]
    quantidade_produto: Annotated[list[Quantity], Meta(min_length=1, max_length=MOST_ITEMS)]
    valor_total_compra: Annotated[float, Meta(ge=0, le=MONEY_LIMIT)]
    data_compra: str
    metodo_pagamento: MetodoPagamento
    status_pedido: StatusPedido
    id_carrinho: str | None = None
    data_status: str | None = None


_WEB_EVENT, _TRANSACTION = msgspec.json.Decoder(_WebEvent), msgspec.json.Decoder(_Transaction)
# Columns are as wide as the longest order; one of a thousand items would make thousands of others as wide.
_MOST_ITEMS_IN_COLUMNS = 20
T = TypeVar("T")


def payloads(deliveries: Sequence[Delivery]) -> list[bytes]:
    """The payloads of those that ``events.check_attributes`` does not refuse."""
    return [it.payload for it in deliveries if speaks(it.attributes)]


def web_events(payloads: Sequence[bytes], *, latest: dt.datetime) -> tuple[WebEvents, list[int]]:
    """The plain ones not after ``latest``, and the places of those that are left to ``events.decode``."""
    documents, places, odd = _parse(_WEB_EVENT, payloads)
    count = len(documents)
    texts: list[str | None] = [it.id_evento for it in documents]
    texts += [it.id_sessao for it in documents]
    texts += [it.id_usuario for it in documents]
    texts += [it.id_carrinho for it in documents]
    texts += [it.id_produto for it in documents]
    ids, are_ids, present = text_columns.uuids(texts)
    ids, present = ids.reshape(5, count, 16), present.reshape(5, count)
    kinds = pa.array([it.tipo_evento for it in documents], pa.string()).dictionary_encode()
    known = np.array([it in _KINDS for it in kinds.dictionary.to_pylist()], dtype=bool)
    instants, good = _instants([it.timestamp_evento for it in documents], latest)
    good &= are_ids.reshape(5, count).all(axis=0)
    good &= known[np.asarray(kinds.indices)] if count else good
    if not good.all():
        taken = np.flatnonzero(good)
        odd += [places[it] for it in np.flatnonzero(~good).tolist()]
        ids, present, instants, kinds = ids[:, taken], present[:, taken], instants[taken], kinds.take(pa.array(taken))
    users, carts, products = (OptionalIds(ids[it], present[it]) for it in (2, 3, 4))
    return WebEvents(ids[0], ids[1], kinds.dictionary_decode(), instants, users, carts, products), odd


def transactions(payloads: Sequence[bytes], *, latest: dt.datetime) -> tuple[Transactions, list[int]]:
    """The plain ones not after ``latest``, and the places of those that are left to ``events.decode``."""
    found, odd = _plain_transactions(payloads, latest, _MOST_ITEMS_IN_COLUMNS)
    return Transactions(
        found.ids[0],
        found.ids[1],
        found.ids[2],
        OptionalIds(found.ids[3], found.has_cart),
        found.items,
        found.products,
        np.fromiter(chain.from_iterable([it.quantidade_produto for it in found.documents]), dtype=np.int32),
        found.centavos,
        found.placed,
        found.reached,
        [it.metodo_pagamento for it in found.documents],
        [it.status_pedido for it in found.documents],
    ), odd


def sales(payloads: Sequence[bytes], *, latest: dt.datetime) -> tuple[list[Sale], list[int]]:
    """The plain ones not after ``latest``, and the places of those that are left to ``events.decode``."""
    found, odd = _plain_transactions(payloads, latest, MOST_ITEMS)
    return [
        Sale(
            identity,
            instant,
            document.status_pedido,
            until,
            document.metodo_pagamento.value,
            _uuid(document.id_usuario),
            [_uuid(it) for it in document.id_produto],
            document.quantidade_produto,
            centavos,
            document.id_carrinho is not None,
        )
        for document, identity, instant, until, centavos in zip(
            found.documents,
            _bytes(found.ids[0]),
            found.placed.tolist(),
            found.reached.tolist(),
            found.centavos.tolist(),
            strict=True,
        )
    ], odd


class _PlainTransactions(Struct, frozen=True):
    """Transactions in their usual form, and what was made of them when that was found out.

    ``ids`` are those of transaction, order, buyer and cart, ``(4, n, 16)`` bytes.
    """

    documents: list[_Transaction]
    ids: Any
    has_cart: Any
    items: Any
    products: Any
    centavos: Any
    placed: Any
    reached: Any


def _plain_transactions(
    payloads: Sequence[bytes], latest: dt.datetime, most_items: int
) -> tuple[_PlainTransactions, list[int]]:
    """The plain ones and the places of the others."""
    documents, places, odd = _parse(_TRANSACTION, payloads)
    count = len(documents)
    texts: list[str | None] = [it.id_transacao for it in documents]
    texts += [it.id_pedido for it in documents]
    texts += [it.id_usuario for it in documents]
    texts += [it.id_carrinho for it in documents]
    ids, are_ids, present = text_columns.uuids(texts)
    ids, has_cart = ids.reshape(4, count, 16), present[3 * count :]
    items = np.array([len(it.id_produto) for it in documents], dtype=np.int64)
    products, are_products, _ = text_columns.uuids([product for it in documents for product in it.id_produto])
    placed, good = _instants([it.data_compra for it in documents], latest)
    reached, are_reached = _instants(
        [it.data_compra if it.data_status is None else it.data_status for it in documents], latest
    )
    hundredfold = np.array([it.valor_total_compra for it in documents], dtype=np.float64) * 100
    centavos = np.rint(hundredfold)
    good &= are_reached & are_ids.reshape(4, count).all(axis=0)
    good &= np.abs(hundredfold - centavos) <= centavo_tolerance(hundredfold)
    good &= items == np.array([len(it.quantidade_produto) for it in documents], dtype=np.int64)
    good &= items <= most_items
    # An order has one item at least, so each has a beginning of its own.
    good &= np.logical_and.reduceat(are_products, np.cumsum(items) - items) if count else good
    if not good.all():
        taken = np.flatnonzero(good)
        odd += [places[it] for it in np.flatnonzero(~good).tolist()]
        documents = [documents[it] for it in taken.tolist()]
        products = products[np.repeat(good, items)]
        ids, has_cart, items, centavos, placed, reached = (
            ids[:, taken],
            has_cart[taken],
            items[taken],
            centavos[taken],
            placed[taken],
            reached[taken],
        )
    centavos = centavos.astype(np.int64)
    return _PlainTransactions(documents, ids, has_cart, items, products, centavos, placed, reached), odd


# Products and customers come again and again; making a UUID costs more than the rest of a sale.
_uuid = lru_cache(maxsize=100_000)(UUID)


def _parse(decoder: msgspec.json.Decoder[T], payloads: Sequence[bytes]) -> tuple[list[T], list[int], list[int]]:
    """Documents of the right types, their places, and the places of the others."""
    decode = decoder.decode
    try:
        return [decode(it) for it in payloads], list(range(len(payloads))), []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    documents, places, odd = [], [], []
    for place, payload in enumerate(payloads):
        try:
            documents.append(decode(payload))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            odd.append(place)
        else:
            places.append(place)
    return documents, places, odd


def _instants(texts: Sequence[str], latest: dt.datetime) -> tuple[Any, Any]:
    """Epoch microseconds, and which texts are a time in the one form, not too early and not too late."""
    instants, good = text_columns.instants(texts)
    return instants, good & (instants >= _EARLIEST) & (instants <= epoch_micros(latest))


def _bytes(identities: Any) -> list[bytes]:
    return list(np.ascontiguousarray(identities).view("V16").ravel().tolist())
