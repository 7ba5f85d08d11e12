"""Rates and backlogs from the parts' counters."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from contracts import backlog, closing, topology
from contracts.heartbeat import Beat
from dashboard.data.health import Health
from dashboard.data.health.postgres import Beats

PRODUCER, INGEST, STREAMING = "simuladores", "ingest", "streaming"
PARTS = (PRODUCER, INGEST, STREAMING)
# Whose work each subscription's consumer is.
_CONSUMERS = ("ingest", "streaming")


class Queue(Struct, frozen=True, kw_only=True):
    """A subscription: messages waiting, and messages a second; None where nobody can say yet."""

    name: str
    consumer: str
    waiting: int | None
    published: float | None
    received: float | None
    persisted_until: float | None


class Flow(Struct, frozen=True, kw_only=True):
    """What the heartbeats add up to; ``is_live`` is whether the shop's clock is the wall's."""

    is_live: bool
    published_total: int
    published: float | None
    rejected_share: float | None
    queues: list[Queue]
    persisted_until: float | None
    rates: Mapping[str, float | None]

    @property
    def waiting(self) -> int | None:
        """Messages in all queues; None where nobody can say."""
        known = [it.waiting for it in self.queues if it.waiting is not None]
        return sum(known) if known else None


def measure(health: Health, now: dt.datetime) -> Flow | None:
    """The flow at ``now``; None before the first look at the heartbeats."""
    beats = health.beats.value
    if beats is None:
        return None
    # Heartbeats that cannot be read again say nothing of now.
    is_old = health.beats.trouble is not None
    topics = topology.load()
    base = backlog.told_base(beats.now)
    waiting = backlog.backlog(topics, beats.now, base)
    is_live = beats.clock.is_live
    received = _rate(beats, INGEST, lambda it: _sum(it, "recebidos"))
    rejected = _rate(beats, INGEST, lambda it: number(it, "rejeitados"))
    return Flow(
        is_live=is_live,
        published_total=backlog.published(beats.now).total(),
        published=None if is_old else _rate(beats, PRODUCER, lambda it: _sum(it, "publicados")),
        rejected_share=None if is_old or not received or rejected is None else rejected / received,
        queues=[
            Queue(
                name=name,
                consumer=it.consumer,
                # Before anybody has counted anything, that nothing waits would be a guess.
                waiting=waiting[name] if beats.now else None,
                published=None if is_old else _rate(beats, PRODUCER, _counter("publicados", it.topic)),
                received=None if is_old else _rate(beats, it.consumer, _counter("recebidos", name)),
                persisted_until=closing.persisted_until(beats.now, [name]) if it.consumer == INGEST else None,
            )
            for name, it in topics.subscriptions.items()
            if it.consumer in _CONSUMERS and (is_live or it.consumer != STREAMING)
        ],
        persisted_until=closing.persisted_until(beats.now, topics.consumed_by("ingest")),
        rates={
            PRODUCER: None if is_old else _rate(beats, PRODUCER, lambda it: _sum(it, "publicados")),
            INGEST: None if is_old else received,
            STREAMING: None if is_old else _rate(beats, STREAMING, lambda it: _sum(it, "recebidos")),
        },
    )


def number(beat: Beat, name: str) -> int:
    """A counter of a heartbeat; 0 where it has none."""
    value = beat.data.get(name, 0)
    return value if isinstance(value, int) else 0


def _sum(beat: Beat, name: str) -> int:
    value: Any = beat.data.get(name, {})
    return sum(value.values()) if isinstance(value, dict) else 0


def _counter(name: str, key: str) -> Callable[[Beat], int]:
    def count(beat: Beat) -> int:
        value: Any = beat.data.get(name, {})
        return int(value.get(key, 0)) if isinstance(value, dict) else 0

    return count


def _rate(beats: Beats, part: str, count: Callable[[Beat], int]) -> float | None:
    """A counter's growth a second over the living processes of a part; None before a second look at one."""
    found = []
    for it in beats.now:
        before = beats.before.get(it.instance)
        if it.part == part and it.is_fresh and before is not None and it.updated_at > before.updated_at:
            found.append((count(it) - count(before)) / (it.updated_at - before.updated_at).total_seconds())
    return sum(found) if found else None
