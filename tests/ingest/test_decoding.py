"""Deliveries become events with their producers' times, or rejections, in the order they came."""

import datetime as dt
import json
from uuid import UUID

from contracts.broker import Delivery
from contracts.events import EventoWeb
from contracts.topology import Source
from jobs.ingest.decoding import decode_all

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
PUBLISHED = dt.datetime(2026, 6, 1, 11, 59, 59, tzinfo=dt.UTC)
SKEW = dt.timedelta(seconds=60)


def delivery(number: int, payload: bytes | None = None, **attributes: str) -> Delivery:
    event = {
        "id_evento": str(UUID(int=number)),
        "id_sessao": str(UUID(int=1)),
        "tipo_evento": "login",
        "timestamp_evento": "2026-06-01T11:59:58Z",
    }
    content = json.dumps(event).encode() if payload is None else payload
    return Delivery(f"ack-{number}", str(number), PUBLISHED, content, attributes)


def test_events_and_rejections_keep_the_order_of_their_deliveries() -> None:
    deliveries = [delivery(1), delivery(2, b"{"), delivery(3), delivery(4, b""), delivery(5)]
    received, rejected = decode_all(Source.WEB_EVENTS, deliveries, now=NOW, future_skew=SKEW)
    assert [it.event.id_evento for it in received if isinstance(it.event, EventoWeb)] == [
        UUID(int=1),
        UUID(int=3),
        UUID(int=5),
    ]
    assert [it.delivery for it in rejected] == [deliveries[1], deliveries[3]]
    assert {it.source for it in rejected} == {Source.WEB_EVENTS}


def test_the_producers_time_is_the_attributes_else_the_publish_time() -> None:
    deliveries = [delivery(1, produced_at="2026-06-01T11:00:00Z"), delivery(2), delivery(3, produced_at="ontem")]
    received, _ = decode_all(Source.WEB_EVENTS, deliveries, now=NOW, future_skew=SKEW)
    assert [it.produced_at for it in received] == [dt.datetime(2026, 6, 1, 11, tzinfo=dt.UTC), PUBLISHED, PUBLISHED]


def test_a_producers_time_beyond_now_and_the_skew_is_not_believed() -> None:
    within, beyond = "2026-06-01T12:01:00Z", "2026-06-01T12:01:00.000001Z"
    deliveries = [delivery(1, produced_at=within), delivery(2, produced_at=beyond)]
    received, rejected = decode_all(Source.WEB_EVENTS, deliveries, now=NOW, future_skew=SKEW)
    assert [it.produced_at for it in received] == [NOW + SKEW, PUBLISHED]
    assert rejected == []


def test_a_version_of_the_schema_that_we_do_not_speak_is_rejected_before_its_content_is_looked_at() -> None:
    _, rejected = decode_all(Source.WEB_EVENTS, [delivery(1, b"{", schema_version="2")], now=NOW, future_skew=SKEW)
    assert [it.rejection.code for it in rejected] == ["versao_desconhecida"]


def test_nothing_becomes_nothing() -> None:
    assert decode_all(Source.WEB_EVENTS, [], now=NOW, future_skew=SKEW) == ([], [])
