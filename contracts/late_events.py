"""What the stream left out of the panes because it came late, by id, beside the panes themselves.

The events remain in Postgres, and panes get them when they are put right from there. Until then this list
tells a late event from one that was lost. One sorted set for each UTC hour of event time, as long-lived as
the hour's panes.
"""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

import msgspec
import redis

from contracts import panes
from contracts.live_store import PREFIX, translated
from contracts.panes import HOUR, Dimension, RowKind

# The earliest of an hour are kept when there are more: a flood of old events must not fill the store.
MOST_KEPT_AN_HOUR = 20_000
_MICROSECONDS = 1_000_000


class LateEvent(msgspec.Struct, frozen=True, array_like=True):
    """A sale or cancellation by ``id_transacao``, or a web event by ``id_evento``; epoch microseconds."""

    kind: RowKind
    identity: UUID
    instant: int


def key(hour: int) -> str:
    """Where those of the hour that begins at ``hour`` (epoch seconds) are kept."""
    return f"{PREFIX}atrasados:{hour}"


def queue(pipeline: Any, events: Iterable[LateEvent]) -> None:
    """Queue adding the events; those that are there already stay as they are."""
    by_hour: dict[int, dict[bytes, float]] = {}
    for it in events:
        hour = it.instant // _MICROSECONDS // HOUR * HOUR
        by_hour.setdefault(hour, {})[bytes([it.kind]) + it.identity.bytes] = it.instant / _MICROSECONDS
    for hour, members in by_hour.items():
        pipeline.zadd(key(hour), members)
        pipeline.zremrangebyrank(key(hour), MOST_KEPT_AN_HOUR, -1)
        pipeline.expireat(key(hour), hour + panes.life(HOUR, Dimension.TOTAL))


def read(client: redis.Redis, hour: int) -> list[LateEvent]:
    """The hour's late events, earliest first. Raises the errors of ``live_store``."""
    with translated("reading late events"):
        found = cast("list[tuple[bytes, float]]", client.zrange(key(hour), 0, -1, withscores=True))
    return [
        LateEvent(RowKind(member[0]), UUID(bytes=member[1:]), round(score * _MICROSECONDS)) for member, score in found
    ]
