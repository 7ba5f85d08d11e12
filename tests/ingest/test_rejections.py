"""A rejection fits into a table and into an attribute, whatever it quotes."""

import datetime as dt
from collections.abc import Sequence

from contracts.broker import Delivery, Message, Publisher
from contracts.events import Rejection
from contracts.topology import Source
from jobs.ingest import rejections
from jobs.ingest.decoding import Rejected

PUBLISHED = dt.datetime(2026, 6, 1, 11, 59, 59, tzinfo=dt.UTC)


class Recording(Publisher):
    """Keeps what it is asked to publish."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Message]] = []

    def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
        self.published += [(topic, it) for it in messages]


def published(value: str, payload: bytes = b"\xff\0") -> Message:
    delivery = Delivery("ack-1", "17", PUBLISHED, payload, {})
    rejected = Rejected(Source.CUSTOMERS, delivery, Rejection("valor_invalido", "cidade", value, "must be a city"))
    publisher = Recording()
    rejections.publish(publisher, [rejected])
    [(topic, message)] = publisher.published
    assert topic == "rejeitados"
    return message


def test_the_payload_goes_as_it_came_with_its_reason_and_origin() -> None:
    message = published("x")
    assert message.payload == b"\xff\0"
    assert message.attributes == {
        "codigo": "valor_invalido",
        "motivo": "valor_invalido: cidade=x: must be a city",
        "topico": "dados_clientes",
        "id_mensagem": "17",
        "publicado_em": "2026-06-01T11:59:59+00:00",
    }


def test_a_reason_is_cut_to_what_an_attribute_holds_between_two_characters() -> None:
    long = Rejected(
        Source.CUSTOMERS,
        Delivery("ack-1", "17", PUBLISHED, b"", {}),
        Rejection("valor_invalido", "\N{WINKING FACE}" * 500, "x", "must be a city"),
    )
    publisher = Recording()
    rejections.publish(publisher, [long])
    reason = publisher.published[0][1].attributes["motivo"].encode()
    assert 1_020 < len(reason) <= 1_024


def test_a_lone_surrogate_in_a_value_does_not_reach_the_wire() -> None:
    assert published("a\ud800b").attributes["motivo"].isprintable()
    assert published("a\0b").attributes["motivo"].isprintable()
