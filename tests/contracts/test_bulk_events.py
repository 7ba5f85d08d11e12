"""What is decoded in bulk is what the one decoder makes of it, message by message."""

import datetime as dt
import itertools
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import bulk_events, events
from contracts.broker import Delivery
from contracts.bulk_events import OptionalIds
from contracts.clock import epoch_micros
from contracts.events import EventoWeb, Rejection, TransacaoVenda
from contracts.topology import Source
from tests.odd_messages import PLAIN_ID, SALE, WEB_EVENT, payloads

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SKEW = dt.timedelta(seconds=60)


def decoded(source: Source, payload: bytes) -> Any:
    return events.decode(source, payload, now=NOON, future_skew=SKEW)


def decoded_but(odd: list[int], source: Source, given_payloads: list[bytes]) -> list[Any]:
    """What the decoder makes of all but the odd ones."""
    return [decoded(source, it) for place, it in enumerate(given_payloads) if place not in odd]


@settings(max_examples=200, deadline=None)
@given(st.lists(payloads(WEB_EVENT), max_size=6))
def test_web_events_taken_in_bulk_are_what_the_decoder_makes_of_them(given_payloads: list[bytes]) -> None:
    found, odd = bulk_events.web_events(given_payloads, latest=NOON + SKEW)
    expected: list[EventoWeb] = decoded_but(odd, Source.WEB_EVENTS, given_payloads)
    assert [UUID(bytes=bytes(it)) for it in found.identities] == [it.id_evento for it in expected]
    assert [UUID(bytes=bytes(it)) for it in found.sessions] == [it.id_sessao for it in expected]
    assert found.kinds.to_pylist() == [it.tipo_evento.value for it in expected]
    assert found.instants.tolist() == [epoch_micros(it.timestamp_evento) for it in expected]
    assert ids_of(found.users) == [it.id_usuario for it in expected]
    assert ids_of(found.carts) == [it.id_carrinho for it in expected]
    assert ids_of(found.products) == [it.id_produto for it in expected]


@settings(max_examples=200, deadline=None)
@given(st.lists(payloads(SALE), max_size=6))
def test_sales_taken_in_bulk_are_what_the_decoder_makes_of_them(given_payloads: list[bytes]) -> None:
    found, odd = bulk_events.sales(given_payloads, latest=NOON + SKEW)
    expected: list[TransacaoVenda] = decoded_but(odd, Source.TRANSACTIONS, given_payloads)
    assert found == [bulk_events.sale_of(it) for it in expected]


@settings(max_examples=200, deadline=None)
@given(st.lists(payloads(SALE), max_size=6))
def test_transactions_taken_as_columns_are_what_the_decoder_makes_of_them(given_payloads: list[bytes]) -> None:
    found, odd = bulk_events.transactions(given_payloads, latest=NOON + SKEW)
    expected: list[TransacaoVenda] = decoded_but(odd, Source.TRANSACTIONS, given_payloads)
    ends = [0, *itertools.accumulate(found.items.tolist())]
    products, quantities = [UUID(bytes=bytes(it)) for it in found.products], found.quantities.tolist()
    assert [UUID(bytes=bytes(it)) for it in found.identities] == [it.id_transacao for it in expected]
    assert [UUID(bytes=bytes(it)) for it in found.orders] == [it.id_pedido for it in expected]
    assert [UUID(bytes=bytes(it)) for it in found.buyers] == [it.id_usuario for it in expected]
    assert ids_of(found.carts) == [it.id_carrinho for it in expected]
    assert [products[start:end] for start, end in itertools.pairwise(ends)] == [it.produtos for it in expected]
    assert [quantities[start:end] for start, end in itertools.pairwise(ends)] == [it.quantidades for it in expected]
    assert found.centavos.tolist() == [it.total_centavos for it in expected]
    assert found.placed.tolist() == [epoch_micros(it.data_compra) for it in expected]
    assert found.reached.tolist() == [epoch_micros(it.status_em) for it in expected]
    assert found.payments == [it.metodo_pagamento for it in expected]
    assert found.statuses == [it.status_pedido for it in expected]


def ids_of(found: OptionalIds) -> list[UUID | None]:
    return [UUID(bytes=bytes(it)) if there else None for it, there in zip(found.rows, found.present, strict=True)]


@pytest.mark.parametrize(("items", "odd"), [(20, []), (21, [0])])
def test_an_order_of_many_items_is_no_row_of_columns_but_a_sale_still(items: int, odd: list[int]) -> None:
    payload = json.dumps({**SALE, "id_produto": [PLAIN_ID] * items, "quantidade_produto": [1] * items}).encode()
    assert bulk_events.transactions([payload], latest=NOON + SKEW)[1] == odd
    assert bulk_events.sales([payload], latest=NOON + SKEW)[1] == []


def test_plain_messages_are_taken_in_bulk_also_beside_odd_ones() -> None:
    web, sale = json.dumps(WEB_EVENT).encode(), json.dumps(SALE).encode()
    other_time = json.dumps({**WEB_EVENT, "timestamp_evento": "2026-11-23T11:59:59Z"}).encode()
    other_id = json.dumps({**SALE, "id_usuario": PLAIN_ID.replace("-", "")}).encode()
    assert sorted(bulk_events.web_events([web, b"{", other_time, web], latest=NOON + SKEW)[1]) == [1, 2]
    assert sorted(bulk_events.sales([sale, other_id, b"", sale], latest=NOON + SKEW)[1]) == [1, 2]
    assert bulk_events.web_events([], latest=NOON)[1] == bulk_events.sales([], latest=NOON)[1] == []


def test_days_that_are_none_do_not_keep_the_others_from_being_taken() -> None:
    documents = [json.dumps(WEB_EVENT).encode()] * 100
    for place in (0, 41, 42, 99):
        documents[place] = json.dumps({**WEB_EVENT, "timestamp_evento": "2026-02-30T11:59:59.000001Z"}).encode()
    found, odd = bulk_events.web_events(documents, latest=NOON + SKEW)
    assert (len(found.instants), sorted(odd)) == (96, [0, 41, 42, 99])


def test_payloads_are_those_of_messages_in_a_version_that_we_speak() -> None:
    versions: list[dict[str, str]] = [{}, {"schema_version": "1"}, {"schema_version": "2"}, {"schema_version": ""}]
    deliveries = [Delivery("a", "1", NOON, str(place).encode(), it) for place, it in enumerate(versions)]
    assert bulk_events.payloads(deliveries) == [b"0", b"1"]
    for it in versions[2:]:
        with pytest.raises(Rejection):
            events.check_attributes(it)
