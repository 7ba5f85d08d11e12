"""Deliveries into events to keep and rejections to report."""

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from contracts import events
from contracts.broker import Delivery
from contracts.events import AnyEvent, Rejection
from contracts.topology import Source


class Received(msgspec.Struct, frozen=True):
    """An event and when its producer made the message."""

    event: AnyEvent
    produced_at: dt.datetime


class Rejected(msgspec.Struct, frozen=True):
    """A delivery that fails the contract, and why."""

    source: Source
    delivery: Delivery
    rejection: Rejection


def decode(
    source: Source, payload: bytes, attributes: Mapping[str, str], *, now: dt.datetime, future_skew: dt.timedelta
) -> AnyEvent:
    """The event of a message; ``now`` is the shop's. Raises ``Rejection`` where it fails the contract."""
    events.check_attributes(attributes)
    return events.decode(source, payload, now=now, future_skew=future_skew)


def decode_all(
    source: Source, deliveries: Iterable[Delivery], *, now: dt.datetime, future_skew: dt.timedelta
) -> tuple[list[Received], list[Rejected]]:
    """Decode each delivery; ``now`` is the shop's."""
    received: list[Received] = []
    rejected: list[Rejected] = []
    for delivery in deliveries:
        try:
            event = decode(source, delivery.payload, delivery.attributes, now=now, future_skew=future_skew)
        except Rejection as rejection:
            rejected.append(Rejected(source, delivery, rejection))
        else:
            made = events.produced_at(delivery.attributes, delivery.publish_time, latest=now + future_skew)
            received.append(Received(event, made))
    return received, rejected
