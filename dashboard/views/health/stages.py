"""The way of an event as a row of figures: published, queued, persisted, live, and what it fills."""

import datetime as dt

from msgspec import Struct

from dashboard.data.health import Health
from dashboard.formats import NONE, Formats
from dashboard.texts import HealthTexts
from dashboard.views.health.flow import INGEST, PRODUCER, STREAMING, Flow
from dashboard.views.health.grid import ago, rate, size


class Stage(Struct, frozen=True, kw_only=True):
    """One figure, what belongs beside it; ``is_old`` where its server does not answer."""

    id: str
    label: str
    value: str
    note: str
    is_old: bool


def stages(
    health: Health, measured: Flow | None, now: dt.datetime, formats: Formats, texts: HealthTexts
) -> list[Stage]:
    """The six of them, always."""
    return [
        _published(health, measured, formats, texts),
        _queue(health, measured, formats, texts),
        _persisted(health, measured, now, formats, texts),
        _live(health, measured, formats, texts),
        _redis(health, formats, texts),
        _postgres(health, formats, texts),
    ]


def _published(health: Health, measured: Flow | None, formats: Formats, texts: HealthTexts) -> Stage:
    note = ""
    if measured is not None and health.beats.value is not None:
        note = texts.published_note.format(count=formats.integer(measured.published_total))
        of_part = [it for it in health.beats.value.now if it.part == PRODUCER and it.is_fresh]
        if of_part and all(it.data.get("pausado") is True for it in of_part):
            note = texts.paused
    return Stage(
        id="published",
        label=texts.stage_published,
        value=rate(measured.rates[PRODUCER] if measured else None, formats, texts),
        note=note,
        is_old=health.beats.trouble is not None,
    )


def _queue(health: Health, measured: Flow | None, formats: Formats, texts: HealthTexts) -> Stage:
    value, note = NONE, ""
    if measured is not None and measured.waiting is not None:
        value = texts.queue_value.format(count=formats.integer(measured.waiting))
        fullest = max(measured.queues, key=lambda it: it.waiting or 0, default=None)
        note = texts.queue_empty
        if fullest is not None and fullest.waiting:
            note = texts.queue_note.format(subscription=fullest.name)
    return Stage(id="queue", label=texts.stage_queue, value=value, note=note, is_old=health.beats.trouble is not None)


def _persisted(health: Health, measured: Flow | None, now: dt.datetime, formats: Formats, texts: HealthTexts) -> Stage:
    note = ""
    if measured is not None:
        until = measured.persisted_until
        note = texts.persisted_unknown if until is None else texts.persisted_note.format(age=ago(until, now, formats))
    return Stage(
        id="persisted",
        label=texts.stage_persisted,
        value=rate(measured.rates[INGEST] if measured else None, formats, texts),
        note=note,
        is_old=health.beats.trouble is not None,
    )


def _live(health: Health, measured: Flow | None, formats: Formats, texts: HealthTexts) -> Stage:
    statuses = health.live.value
    latency = statuses.now.latency_p95 if statuses is not None and statuses.now is not None else None
    note = texts.live_note.format(latency=NONE if latency is None else formats.seconds(latency))
    if measured is not None and not measured.is_live:
        note = texts.live_off
    return Stage(
        id="live",
        label=texts.stage_live,
        value=rate(measured.rates[STREAMING] if measured else None, formats, texts),
        note=note,
        is_old=health.beats.trouble is not None or health.live.trouble is not None,
    )


def _redis(health: Health, formats: Formats, texts: HealthTexts) -> Stage:
    memory = health.memory.value
    note = ""
    if memory is not None:
        bound = texts.redis_bound.format(most=size(memory.most, formats)) if memory.most else texts.redis_unbound
        note = texts.redis_note.format(keys=formats.integer(memory.keys), bound=bound)
    return Stage(
        id="redis",
        label=texts.stage_redis,
        value=size(memory.used if memory else None, formats),
        note=note,
        is_old=health.memory.trouble is not None,
    )


def _postgres(health: Health, formats: Formats, texts: HealthTexts) -> Stage:
    storage = health.storage.value
    largest = storage.tables[0] if storage is not None and storage.tables else None
    return Stage(
        id="postgres",
        label=texts.stage_postgres,
        value=size(storage.size if storage else None, formats),
        note="" if largest is None else texts.postgres_note.format(table=largest.name.removeprefix("public.")),
        is_old=health.storage.trouble is not None,
    )
