"""What is decoded in bulk is what the one decoder makes of it, message by message."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import bulk_events, events
from contracts.broker import Delivery
from contracts.clock import epoch_micros
from contracts.events import EventoWeb, Rejection, TransacaoVenda
from contracts.topology import Source

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SKEW = dt.timedelta(seconds=60)
PLAIN_ID, PLAIN_TIME = "0801a15d-5fa9-47d9-83e5-ef4ad1a55877", "2026-11-23T11:59:59.000001Z"

WEB_EVENT = {
    "id_evento": PLAIN_ID,
    "id_usuario": None,
    "id_sessao": "331DBE04-04d6-43e9-be0f-553d0c77f76d",
    "id_carrinho": None,
    "tipo_evento": "carrinho_criado",
    "id_produto": None,
    "timestamp_evento": PLAIN_TIME,
}
SALE = {
    "id_transacao": PLAIN_ID,
    "id_pedido": "3b4cb4f1-a320-4e56-be4b-1df1db0cb2f0",
    "id_usuario": "872984c3-0406-4d03-8815-ec06d7617c06",
    "id_produto": ["03b819c5-25a4-4f07-81cc-3111fc8c669d", PLAIN_ID],
    "quantidade_produto": [1, 2],
    "valor_total_compra": 31.90,
    "metodo_pagamento": "pix",
    "id_carrinho": None,
    "data_compra": PLAIN_TIME,
    "status_pedido": "cancelado",
    "data_status": "2026-11-23T11:59:59.500000Z",
}

# Right, right in another form, and wrong, in any field.
IDS: list[Any] = [
    PLAIN_ID, PLAIN_ID.upper(), PLAIN_ID.replace("-", ""), PLAIN_ID[:-1], PLAIN_ID + "0", PLAIN_ID.replace("-", "0"),
    PLAIN_ID[:-1] + "g", "é" * 18, "", None, 7, "0801a15d5fa9-47d9-83e5-ef4ad1a5-5877", PLAIN_ID[:-2] + "é",
]  # fmt: skip
TIMES: list[Any] = [
    PLAIN_TIME, "2026-11-23T11:59:59Z", "2026-11-23T11:59:59.000001+00:00", "2026-11-23T12:00:59.999999Z",
    "2026-11-23T12:01:00.000000Z", "2026-11-23T12:01:00.000001Z", "1999-12-31T23:59:59.999999Z",
    "2000-01-01T00:00:00.000000Z", "2026-02-30T11:59:59.000001Z", "2026-11-23T24:00:00.000000Z",
    "2026-11-23T11:60:00.000000Z", "2026-11-23T11:59:60.000000Z", "2026-11-23t11:59:59.000001z",
    "2026-11-23 11:59:59.000001Z", "2026-11-23T11:59:59,000001Z", "2026-11-23T11:59:59.00000xZ",
    "2026-11-23T11:59:59.-00001Z", "+026-11-23T11:59:59.000001Z", "2026-11-23T11:59:59.0000001", "2026-11-23", "", None,
    1_700_000_000,
]  # fmt: skip
LISTS: list[Any] = [[], [PLAIN_ID], PLAIN_ID, [PLAIN_ID, PLAIN_ID[:-1]], [PLAIN_ID] * 1_001, [None], None]
QUANTITIES: list[Any] = [[1], 1, [0, 1], [1, 2, 3], [2_147_483_648, 1], [1.5, 1], ["1", 1], []]
AMOUNTS: list[Any] = [0, 59.980000000000004, 31.901, -1, 999_999_999_999.99, 1e12, "31.90", None, 10**30]
OTHERS: dict[str, list[Any]] = {
    "id_produto": [*IDS, *LISTS],
    "quantidade_produto": QUANTITIES,
    "valor_total_compra": AMOUNTS,
    "tipo_evento": ["login", "Login", "", None, 3],
    "metodo_pagamento": ["boleto", "dinheiro", None],
    "status_pedido": ["enviado", "ENVIADO", None],
}


def values_of(field: str) -> list[Any]:
    if field in OTHERS:
        return OTHERS[field]
    return IDS if field.startswith("id_") else TIMES


@st.composite
def payloads(draw: st.DrawFn, plain: dict[str, Any]) -> bytes:
    """The plain message with up to two fields changed or left out, or no message at all."""
    document = dict(plain)
    for field in draw(st.sets(st.sampled_from(sorted(plain)), max_size=2)):
        if draw(st.integers(0, 5)) == 0:
            del document[field]
        else:
            document[field] = draw(st.sampled_from(values_of(field)))
    payload = json.dumps(document, ensure_ascii=draw(st.booleans())).encode()
    return draw(
        st.sampled_from([payload] * 12 + [b"", b"[]", payload[:-1], payload + b"x", b"\xff" + payload, b"null"])
    )


def decoded(source: Source, payload: bytes) -> Any:
    return events.decode(source, payload, now=NOON, future_skew=SKEW)


@settings(max_examples=200, deadline=None)
@given(st.lists(payloads(WEB_EVENT), max_size=6))
def test_web_events_taken_in_bulk_are_what_the_decoder_makes_of_them(given_payloads: list[bytes]) -> None:
    found, odd = bulk_events.web_events(given_payloads, latest=NOON + SKEW)
    taken = [it for place, it in enumerate(given_payloads) if place not in odd]
    expected: list[EventoWeb] = [decoded(Source.WEB_EVENTS, it) for it in taken]
    assert [UUID(bytes=bytes(it)) for it in found.identities] == [it.id_evento for it in expected]
    assert [UUID(bytes=bytes(it)) for it in found.sessions] == [it.id_sessao for it in expected]
    assert found.kinds.to_pylist() == [it.tipo_evento.value for it in expected]
    assert found.instants.tolist() == [epoch_micros(it.timestamp_evento) for it in expected]


@settings(max_examples=200, deadline=None)
@given(st.lists(payloads(SALE), max_size=6))
def test_sales_taken_in_bulk_are_what_the_decoder_makes_of_them(given_payloads: list[bytes]) -> None:
    found, odd = bulk_events.sales(given_payloads, latest=NOON + SKEW)
    taken = [it for place, it in enumerate(given_payloads) if place not in odd]
    expected: list[TransacaoVenda] = [decoded(Source.TRANSACTIONS, it) for it in taken]
    assert found == [bulk_events.sale_of(it) for it in expected]


def test_plain_messages_are_taken_in_bulk_also_beside_odd_ones() -> None:
    web, sale = json.dumps(WEB_EVENT).encode(), json.dumps(SALE).encode()
    other_time = json.dumps({**WEB_EVENT, "timestamp_evento": "2026-11-23T11:59:59Z"}).encode()
    other_id = json.dumps({**SALE, "id_usuario": PLAIN_ID.replace("-", "")}).encode()
    assert sorted(bulk_events.web_events([web, b"{", other_time, web], latest=NOON + SKEW)[1]) == [1, 2]
    assert sorted(bulk_events.sales([sale, other_id, b"", sale], latest=NOON + SKEW)[1]) == [1, 2]
    assert bulk_events.web_events([], latest=NOON)[1] == bulk_events.sales([], latest=NOON)[1] == []


def test_payloads_are_those_of_messages_in_a_version_that_we_speak() -> None:
    versions: list[dict[str, str]] = [{}, {"schema_version": "1"}, {"schema_version": "2"}, {"schema_version": ""}]
    deliveries = [Delivery("a", "1", NOON, str(place).encode(), it) for place, it in enumerate(versions)]
    assert bulk_events.payloads(deliveries) == [b"0", b"1"]
    for it in versions[2:]:
        with pytest.raises(Rejection):
            events.check_attributes(it)
