"""Deliveries into events to keep and rejections to report."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from contracts import bulk_events, events
from contracts.broker import Delivery
from contracts.bulk_events import Transactions, WebEvents
from contracts.events import AnyEvent, Rejection
from contracts.topology import Source

# Of fewer messages the columns cost more than they save.
_IN_BULK = 200
_BULK_DECODERS: dict[Source, Callable[..., tuple[WebEvents | Transactions, list[int]]]] = {
    Source.WEB_EVENTS: bulk_events.web_events,
    Source.TRANSACTIONS: bulk_events.transactions,
}


class Received(msgspec.Struct, frozen=True):
    """An event and when its producer made the message."""

    event: AnyEvent
    produced_at: dt.datetime


class Columns(msgspec.Struct, frozen=True):
    """Events decoded by columns, and the place of each in its batch."""

    events: WebEvents | Transactions
    places: Any


class Rejected(msgspec.Struct, frozen=True):
    """A delivery that fails the contract, and why."""

    source: Source
    delivery: Delivery
    rejection: Rejection


class Batch(msgspec.Struct, frozen=True):
    """What deliveries hold. ``received`` is by the place among them; what is in ``columns`` is not in it."""

    received: dict[int, Received]
    columns: Columns | None = None
    rejected: list[Rejected] = []

    @property
    def count(self) -> int:
        """How many events are to be kept."""
        return len(self.received) + (len(self.columns.places) if self.columns else 0)


def decode(
    source: Source, payload: bytes, attributes: Mapping[str, str], *, now: dt.datetime, future_skew: dt.timedelta
) -> AnyEvent:
    """The event of a message; ``now`` is the shop's. Raises ``Rejection`` where it fails the contract."""
    events.check_attributes(attributes)
    return events.decode(source, payload, now=now, future_skew=future_skew)


def decode_batch(
    source: Source, deliveries: Sequence[Delivery], *, now: dt.datetime, future_skew: dt.timedelta
) -> Batch:
    """Decode all, what is plain by columns where they are many; ``now`` is the shop's."""
    latest = now + future_skew
    columns, left = _in_bulk(source, deliveries, latest)
    received: dict[int, Received] = {}
    rejected: list[Rejected] = []
    for place in left:
        delivery = deliveries[place]
        try:
            event = decode(source, delivery.payload, delivery.attributes, now=now, future_skew=future_skew)
        except Rejection as rejection:
            rejected.append(Rejected(source, delivery, rejection))
        else:
            made = events.produced_at(delivery.attributes, delivery.publish_time, latest=latest)
            received[place] = Received(event, made)
    return Batch(received, columns, rejected)


def _in_bulk(
    source: Source, deliveries: Sequence[Delivery], latest: dt.datetime
) -> tuple[Columns | None, Sequence[int]]:
    """What is decoded by columns, and the places of the others."""
    if len(deliveries) < _IN_BULK or source not in _BULK_DECODERS:
        return None, range(len(deliveries))
    spoken = [place for place, it in enumerate(deliveries) if events.speaks(it.attributes)]
    found, odd = _BULK_DECODERS[source]([deliveries[it].payload for it in spoken], latest=latest)
    is_plain = np.zeros(len(deliveries), dtype=bool)
    is_plain[spoken] = True
    is_plain[[spoken[it] for it in odd]] = False
    plain = np.flatnonzero(is_plain)
    return Columns(found, plain) if len(plain) else None, np.flatnonzero(~is_plain).tolist()
