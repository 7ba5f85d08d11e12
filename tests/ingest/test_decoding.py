"""Deliveries become events with their producers' times, or rejections, in the order they came."""

import datetime as dt
import json
from uuid import UUID

from contracts.broker import Delivery
from contracts.bulk_events import WebEvents
from contracts.events import EventoWeb
from contracts.topology import Source
from jobs.ingest.decoding import Batch, decode_batch

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
PUBLISHED = dt.datetime(2026, 6, 1, 11, 59, 59, tzinfo=dt.UTC)
SKEW = dt.timedelta(seconds=60)


def delivery(
    number: int, payload: bytes | None = None, *, moment: str = "2026-06-01T11:59:58Z", **attributes: str
) -> Delivery:
    event = {
        "id_evento": str(UUID(int=number)),
        "id_sessao": str(UUID(int=1)),
        "tipo_evento": "login",
        "timestamp_evento": moment,
    }
    content = json.dumps(event).encode() if payload is None else payload
    return Delivery(f"ack-{number}", str(number), PUBLISHED, content, attributes)


def batch_of(deliveries: list[Delivery]) -> Batch:
    return decode_batch(Source.WEB_EVENTS, deliveries, now=NOW, future_skew=SKEW)


def test_events_are_by_the_place_of_their_deliveries_and_rejections_in_their_order() -> None:
    deliveries = [delivery(1), delivery(2, b"{"), delivery(3), delivery(4, b""), delivery(5)]
    batch = batch_of(deliveries)
    assert {place: it.event.id_evento for place, it in batch.received.items() if isinstance(it.event, EventoWeb)} == {
        0: UUID(int=1),
        2: UUID(int=3),
        4: UUID(int=5),
    }
    assert [it.delivery for it in batch.rejected] == [deliveries[1], deliveries[3]]
    assert {it.source for it in batch.rejected} == {Source.WEB_EVENTS}
    assert (batch.columns, batch.count) == (None, 3)


def test_of_many_what_is_plain_becomes_columns_and_each_is_in_one_place() -> None:
    plain = "2026-06-01T11:59:58.000000Z"
    deliveries = [delivery(it, moment=plain) for it in range(300)]
    deliveries[7] = delivery(7)
    deliveries[8] = delivery(8, b"{")
    deliveries[9] = delivery(9, moment=plain, schema_version="2")
    batch = batch_of(deliveries)
    assert list(batch.received) == [7]
    assert [it.delivery for it in batch.rejected] == deliveries[8:10]
    assert batch.columns is not None
    assert batch.columns.places.tolist() == [*range(7), *range(10, 300)]
    assert isinstance(batch.columns.events, WebEvents)
    assert [int.from_bytes(bytes(it)) for it in batch.columns.events.identities] == batch.columns.places.tolist()
    assert batch.count == 298


def test_of_many_that_are_all_odd_none_is_in_columns() -> None:
    batch = batch_of([delivery(it) for it in range(300)])
    assert (batch.columns, list(batch.received)) == (None, list(range(300)))
    assert len(batch_of([delivery(it, b"{") for it in range(300)]).rejected) == 300


def produced(deliveries: list[Delivery]) -> list[dt.datetime]:
    batch = batch_of(deliveries)
    assert batch.rejected == []
    return [it.produced_at for it in batch.received.values()]


def test_the_producers_time_is_the_attributes_else_the_publish_time() -> None:
    deliveries = [delivery(1, produced_at="2026-06-01T11:00:00Z"), delivery(2), delivery(3, produced_at="ontem")]
    assert produced(deliveries) == [dt.datetime(2026, 6, 1, 11, tzinfo=dt.UTC), PUBLISHED, PUBLISHED]


def test_a_producers_time_beyond_now_and_the_skew_is_not_believed() -> None:
    within, beyond = "2026-06-01T12:01:00Z", "2026-06-01T12:01:00.000001Z"
    assert produced([delivery(1, produced_at=within), delivery(2, produced_at=beyond)]) == [NOW + SKEW, PUBLISHED]


def test_a_version_of_the_schema_that_we_do_not_speak_is_rejected_before_its_content_is_looked_at() -> None:
    rejected = batch_of([delivery(1, b"{", schema_version="2")]).rejected
    assert [it.rejection.code for it in rejected] == ["versao_desconhecida"]


def test_nothing_becomes_nothing() -> None:
    assert batch_of([]) == Batch({})
