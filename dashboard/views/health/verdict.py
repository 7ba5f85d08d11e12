"""Whether all is well, and if not, why: every reason in words."""

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from dashboard.data.health import Health
from dashboard.formats import Formats
from dashboard.texts import HealthTexts
from dashboard.views.health.flow import PARTS, PRODUCER, STREAMING, Flow

# Above these something is wrong, not just busy; as `make local-status` has it.
BACKLOG_SECONDS, SMALLEST_BACKLOG = 30.0, 1_000
STALE_SECONDS, LONG_STALE_SECONDS = 30.0, 300.0
# Under a second is usual: see docs/performance.md.
SLOW_SECONDS = 5.0
# The claim is two acknowledgement deadlines behind what is known.
KEPT_SECONDS = 60.0
REJECTED_SHARE = 0.05
REDIS_FULL, REDIS_NEARLY_FULL = 0.95, 0.85
# The batch runs once a day of the shop's; a run takes minutes.
HISTORY_OLD_SECONDS = 26 * 3600.0
RUN_LONG_SECONDS = 2 * 3600.0


class Reason(Struct, frozen=True):
    """Why the verdict is what it is; ``bad`` is worse than ``warn``."""

    tone: Literal["warn", "bad"]
    text: str


class Verdict(Struct, frozen=True, kw_only=True):
    """The whole in one word, the worst reason first."""

    kind: Literal["good", "warn", "bad", "waiting"]
    label: str
    note: str
    looked_at: str
    reasons: list[Reason]


def verdict(health: Health, measured: Flow | None, now: dt.datetime, formats: Formats, texts: HealthTexts) -> Verdict:
    """Judge everything that is known."""
    reasons = sorted(_reasons(health, measured, now, formats, texts), key=lambda it: it.tone)
    kind: Literal["good", "warn", "bad", "waiting"] = "good"
    if reasons:
        kind = "bad" if reasons[0].tone == "bad" else "warn"
    elif health.beats.at is None or health.live.at is None:
        kind = "waiting"
    return Verdict(
        kind=kind,
        label=getattr(texts, f"verdict_{kind}"),
        note=texts.verdict_good_note if kind == "good" else "",
        looked_at=texts.looked_at.format(at=formats.time(now)),
        reasons=reasons,
    )


def _reasons(
    health: Health, measured: Flow | None, now: dt.datetime, formats: Formats, texts: HealthTexts
) -> Iterator[Reason]:
    yield from _servers(health, formats, texts)
    if measured is not None and health.beats.trouble is None:
        yield from _parts(health, measured, formats, texts)
        yield from _queues(measured, now, formats, texts)
        if measured.is_live:
            yield from _live(health, now, formats, texts)
    yield from _batch(health, now, formats, texts)
    yield from _agreement(health, formats, texts)
    yield from _releases(health, texts)


def _servers(health: Health, formats: Formats, texts: HealthTexts) -> Iterator[Reason]:
    if health.beats.trouble is not None:
        yield Reason("bad", texts.why_postgres_away.format(since=formats.time(health.beats.trouble.since)))
    if health.live.trouble is not None:
        yield Reason("bad", texts.why_redis_away.format(since=formats.time(health.live.trouble.since)))
    memory = health.memory.value
    if memory is not None and memory.most and memory.used > REDIS_NEARLY_FULL * memory.most:
        share = memory.used / memory.most
        tone: Literal["warn", "bad"] = "bad" if share > REDIS_FULL else "warn"
        yield Reason(tone, texts.why_redis_full.format(share=formats.percent(share, 0)))


def _parts(health: Health, measured: Flow, formats: Formats, texts: HealthTexts) -> Iterator[Reason]:
    beats = health.beats.value
    assert beats is not None
    for part in PARTS:
        of_part = [it for it in beats.now if it.part == part]
        if (part == STREAMING and not measured.is_live) or any(it.is_fresh for it in of_part):
            continue
        if part == PRODUCER:
            yield Reason("warn", texts.why_no_producer)
        elif of_part and of_part[0].state != "parado":
            # The newest of them: it did not say goodbye.
            silent = texts.why_part_silent.format(part=texts.part_names[part], age=formats.age(of_part[0].age_seconds))
            yield Reason("bad", silent)
        else:
            yield Reason("bad", texts.why_part_absent.format(part=texts.part_names[part]))


def _queues(measured: Flow, now: dt.datetime, formats: Formats, texts: HealthTexts) -> Iterator[Reason]:
    for it in measured.queues:
        most = max(SMALLEST_BACKLOG, BACKLOG_SECONDS * (it.published or 0))
        # What a killed process had counted last is missing for good; that all of a minute ago is kept tells better.
        is_empty = it.persisted_until is not None and now.timestamp() - it.persisted_until < KEPT_SECONDS
        if it.waiting is not None and it.waiting > most and not is_empty:
            yield Reason("warn", texts.why_backlog.format(count=formats.integer(it.waiting), subscription=it.name))
    if measured.rejected_share is not None and measured.rejected_share > REJECTED_SHARE:
        yield Reason("warn", texts.why_rejected.format(share=formats.percent(measured.rejected_share)))


def _live(health: Health, now: dt.datetime, formats: Formats, texts: HealthTexts) -> Iterator[Reason]:
    statuses = health.live.value
    if statuses is None or health.live.trouble is not None:
        return
    status = statuses.now
    if status is None:
        yield Reason("warn", texts.why_starting)
        return
    if status.newest_event is None:
        yield Reason("warn", texts.why_no_events)
        return
    age = now.timestamp() - status.newest_event
    if age > STALE_SECONDS:
        tone: Literal["warn", "bad"] = "bad" if age > LONG_STALE_SECONDS else "warn"
        yield Reason(tone, texts.why_stale.format(age=formats.age(age)))
    if status.latency_p95 is not None and status.latency_p95 > SLOW_SECONDS:
        yield Reason("warn", texts.why_slow.format(latency=formats.seconds(status.latency_p95)))
    before = statuses.before
    grown = status.written_at - before.written_at if before is not None else 0.0
    pace = (status.rows - before.rows) / grown if before is not None and grown > 0 else 0.0
    if status.waiting > max(SMALLEST_BACKLOG, BACKLOG_SECONDS * pace):
        yield Reason("warn", texts.why_waiting_rows.format(count=formats.integer(status.waiting)))


def _batch(health: Health, now: dt.datetime, formats: Formats, texts: HealthTexts) -> Iterator[Reason]:
    runs = health.runs.value
    if runs is None:
        return
    if not any(it.is_shown for it in runs) and not any(it.state == "concluida" for it in runs):
        yield Reason("warn", texts.why_batch_none)
    if runs and runs[0].state == "falhou":
        yield Reason("bad", texts.why_batch_failed.format(run=runs[0].id, reason=runs[0].reason or ""))
    if runs and runs[0].state == "em_andamento":
        age = (now - runs[0].started).total_seconds()
        if age > RUN_LONG_SECONDS:
            yield Reason("warn", texts.why_batch_long.format(run=runs[0].id, age=formats.age(age)))
    beats = health.beats.value
    shown = next((it for it in runs if it.is_shown), None)
    # Of a shop that runs fast a day is a minute, and a run takes as long.
    if shown is not None and beats is not None and beats.clock.is_live:
        age = (now - shown.instant).total_seconds()
        if age > HISTORY_OLD_SECONDS:
            yield Reason("warn", texts.why_batch_old.format(age=formats.age(age)))


def _agreement(health: Health, formats: Formats, texts: HealthTexts) -> Iterator[Reason]:
    reconciled = health.reconciled.value
    if reconciled is not None and reconciled.finished is not None and reconciled.finished.state == "diverge":
        at = formats.moment(reconciled.finished.ended or reconciled.finished.started)
        yield Reason("bad", texts.why_diverges.format(at=at))
    healings = health.healings.value
    if healings and healings[0].state == "falhou":
        yield Reason("warn", texts.why_heal_failed.format(reason=healings[0].failure or ""))


def _releases(health: Health, texts: HealthTexts) -> Iterator[Reason]:
    server = health.server.value
    if server is not None and not server.is_current:
        yield Reason("bad", texts.why_schema.format(database=server.migration, code=server.known))
    beats = health.beats.value
    if beats is not None:
        found = {it.versions["vitrine"] for it in beats.now if it.is_fresh and "vitrine" in it.versions}
        if len(found) > 1:
            yield Reason("warn", texts.why_releases.format(versions=", ".join(sorted(found))))
