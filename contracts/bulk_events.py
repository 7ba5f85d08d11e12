"""Sales and web events decoded many at a time, for whoever takes a backlog.

What is plain is decoded here, column by column; whatever is not (another way to write a time or an id, and
everything that ``events.decode`` would refuse) is left to it. What comes of a message is the same either way.
"""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Meta, Struct

from contracts.broker import Delivery
from contracts.clock import epoch_micros
from contracts.events import (
    EARLIEST,
    MONEY_LIMIT,
    MOST_ITEMS,
    SCHEMA_VERSION,
    SCHEMA_VERSION_ATTRIBUTE,
    MetodoPagamento,
    Quantity,
    StatusPedido,
    TipoEvento,
    TransacaoVenda,
    are_centavos,
)

# 2026-11-24T12:34:56.123456Z; other forms are left to the one decoder.
_TIME_LENGTH, _TIME_SIGNS = 27, ((10, ord("T")), (19, ord(".")), (26, ord("Z")))
_TIME = pa.timestamp("us", tz="UTC")
_EARLIEST = epoch_micros(EARLIEST)
_UUID_LENGTH, _HYPHENS = 36, [8, 13, 18, 23]
_DIGIT_PLACES = [it for it in range(_UUID_LENGTH) if it not in _HYPHENS]
_NO_DIGIT = 255
_DIGITS = np.full(256, _NO_DIGIT, dtype=np.uint8)
_DIGITS[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = range(16)
_DIGITS[np.frombuffer(b"ABCDEF", dtype=np.uint8)] = range(10, 16)
_KINDS = frozenset(it.value for it in TipoEvento)


class WebEvents(Struct, frozen=True):
    """Web events as columns: ids as ``(n, 16)`` bytes, times in epoch microseconds (``int64``)."""

    identities: Any
    sessions: Any
    kinds: pa.Array
    instants: Any


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
T = TypeVar("T")


def payloads(deliveries: Sequence[Delivery]) -> list[bytes]:
    """The payloads of those that ``events.check_attributes`` does not refuse."""
    return [
        it.payload for it in deliveries if it.attributes.get(SCHEMA_VERSION_ATTRIBUTE, SCHEMA_VERSION) == SCHEMA_VERSION
    ]


def web_events(payloads: Sequence[bytes], *, latest: dt.datetime) -> tuple[WebEvents, list[int]]:
    """The plain ones not after ``latest``, and the places of those that are left to ``events.decode``."""
    documents, places, odd = _parse(_WEB_EVENT, payloads)
    required = [it.id_evento for it in documents] + [it.id_sessao for it in documents]
    optional = (
        [it.id_usuario for it in documents] + [it.id_carrinho for it in documents] + [it.id_produto for it in documents]
    )
    count = len(documents)
    identities, are_ids = _uuids(required)
    kinds = pa.array([it.tipo_evento for it in documents], pa.string()).dictionary_encode()
    known = np.array([it in _KINDS for it in kinds.dictionary.to_pylist()], dtype=bool)
    instants, good = _instants([it.timestamp_evento for it in documents], latest)
    good &= are_ids.reshape(2, count).all(axis=0) & _uuids(optional)[1].reshape(3, count).all(axis=0)
    good &= known[np.asarray(kinds.indices)] if count else good
    taken = np.flatnonzero(good)
    odd += [places[it] for it in np.flatnonzero(~good).tolist()]
    return (
        WebEvents(
            identities[:count][taken],
            identities[count:][taken],
            kinds.take(pa.array(taken)).dictionary_decode(),
            instants[taken],
        ),
        odd,
    )


def sales(payloads: Sequence[bytes], *, latest: dt.datetime) -> tuple[list[Sale], list[int]]:
    """The plain ones not after ``latest``, and the places of those that are left to ``events.decode``."""
    documents, places, odd = _parse(_TRANSACTION, payloads)
    count = len(documents)
    required = [it.id_transacao for it in documents]
    required += [it.id_pedido for it in documents]
    required += [it.id_usuario for it in documents]
    identities, are_ids = _uuids(required)
    lengths = [len(it.id_produto) for it in documents]
    are_products = _uuids([product for it in documents for product in it.id_produto])[1]
    placed, good = _instants([it.data_compra for it in documents], latest)
    reached, are_reached = _instants([it.data_status or it.data_compra for it in documents], latest)
    good &= are_ids.reshape(3, count).all(axis=0) & _uuids([it.id_carrinho for it in documents])[1] & are_reached
    good &= np.logical_and.reduceat(are_products, np.cumsum([0, *lengths[:-1]])) if count else good
    found = []
    for document, place, identity, instant, until, is_good in zip(
        documents,
        places,
        _bytes(identities[:count]),
        placed.tolist(),
        reached.tolist(),
        good.tolist(),
        strict=True,
    ):
        if (
            not is_good
            or len(document.id_produto) != len(document.quantidade_produto)
            or not are_centavos(document.valor_total_compra)
            # An empty text is no time, and not the absence of one either.
            or document.data_status == ""
        ):
            odd.append(place)
            continue
        found.append(
            Sale(
                identity,
                instant,
                document.status_pedido,
                until,
                document.metodo_pagamento.value,
                _uuid(document.id_usuario),
                [_uuid(it) for it in document.id_produto],
                document.quantidade_produto,
                round(document.valor_total_compra * 100),
                document.id_carrinho is not None,
            )
        )
    return found, odd


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


def _characters(texts: Sequence[str | None], length: int) -> tuple[Any, Any, Any]:
    """Those of this length in bytes as rows of a matrix, which of all they are, and which are there at all."""
    array = pa.array(texts, pa.string())
    _, offsets_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32, count=len(texts) + 1) if texts else np.zeros(1, np.int32)
    lengths = np.diff(offsets)
    fits = lengths == length
    data = np.frombuffer(data_buffer or b"", dtype=np.uint8, count=int(offsets[-1]))
    if not (fits | (lengths == 0)).all():
        data = data[np.repeat(fits, lengths)]
    return data.reshape(-1, length), fits, np.asarray(array.is_valid())


def _uuids(texts: Sequence[str | None]) -> tuple[Any, Any]:
    """``(n, 16)`` bytes, and which texts are an id in its usual form, or None."""
    matrix, fits, present = _characters(texts, _UUID_LENGTH)
    digits = _DIGITS[matrix[:, _DIGIT_PLACES]]
    good = ~present
    good[fits] = (digits != _NO_DIGIT).all(axis=1) & (matrix[:, _HYPHENS] == ord("-")).all(axis=1)
    identities = np.zeros((len(texts), 16), dtype=np.uint8)
    identities[fits] = digits[:, 0::2] << 4 | digits[:, 1::2]
    return identities, good


def _instants(texts: Sequence[str], latest: dt.datetime) -> tuple[Any, Any]:
    """Epoch microseconds, and which texts are a time in the one form, not too early and not too late."""
    matrix, good, _ = _characters(texts, _TIME_LENGTH)
    good[good] = np.logical_and.reduce([matrix[:, place] == sign for place, sign in _TIME_SIGNS])
    result = np.zeros(len(texts), dtype=np.int64)
    plain = pa.array(texts, pa.string()).filter(pa.array(good))
    try:
        moments = plain.cast(_TIME)
    except pa.ArrowInvalid:
        # One of them is the 30th of February or the like: each must be looked at.
        return result, np.zeros(len(texts), dtype=bool)
    result[good] = np.asarray(moments.cast(pa.int64()))
    return result, good & (result >= _EARLIEST) & (result <= epoch_micros(latest))


def _bytes(identities: Any) -> list[bytes]:
    return list(np.ascontiguousarray(identities).view("V16").ravel().tolist())
