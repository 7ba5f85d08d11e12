"""``python -m local status``: the health of every part and the counts that matter."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from contracts import backlog, database, heartbeat, live_layout, live_store, topology
from contracts.database import Connection
from contracts.errors import VitrineError
from contracts.heartbeat import Beat
from contracts.settings import Settings
from local import parts, state
from local.parts import Part, Speaks
from local.servers import ports
from local.servers.folder import DataFolder
from local.servers.lock import owner

# Above these something is wrong, not just busy.
OLDEST_LIVE_VALUE_SECONDS = 30.0
BACKLOG_SECONDS = 30.0
SMALLEST_BACKLOG = 1_000


class PartHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One part or server."""

    healthy: bool
    detail: str
    pid: int | None = None
    restarts: int = 0


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Since the stack's data began. Rows ``streamed`` and the newest value's age are None before the first."""

    published: dict[str, int]
    persisted: int
    streamed: int | None
    rejected: int
    backlog: dict[str, int]
    newest_live_value_age_seconds: float | None
    last_batch: dict[str, Any] | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What ``status`` prints."""

    healthy: bool
    problems: list[str]
    phase: str
    dashboard: str
    parts: dict[str, PartHealth]
    counts: Counts | None


def report(folder: Path) -> Report:
    """Look at everything now. Raises ``UsageError`` when there is no stack."""
    told = state.read(folder)
    settings = state.settings_of(told)
    problems: list[str] = []
    if owner(DataFolder(folder.absolute()).lock) is None:
        problems.append(f"the supervisor (process {told.supervisor}) is gone: run make local again")
    if told.phase != "running":
        problems.append(f"the stack is {told.phase}")
    beats: Sequence[Beat] = ()
    counts = None
    try:
        connection = database.connect(settings, application="status", timeout_seconds=10)
        try:
            beats = heartbeat.read(connection)
            counts = _counts(settings, told, connection, beats)
        finally:
            connection.close()
    except VitrineError as problem:
        problems.append(str(problem))
    health = _parts(settings, told, beats)
    problems += [f"{name}: {it.detail}" for name, it in health.items() if not it.healthy]
    problems += problems_of(settings, told, counts) if counts is not None else []
    return Report(
        healthy=not problems,
        problems=problems,
        phase=told.phase,
        dashboard=told.dashboard,
        parts=health,
        counts=counts,
    )


def _parts(settings: Settings, told: state.State, beats: Sequence[Beat]) -> dict[str, PartHealth]:
    table = {it.name: it for it in parts.parts(settings, live=told.live, dashboard_port=settings.dashboard_port)}
    health = {}
    for name, known in told.parts.items():
        part = table.get(name)
        healthy, detail = _server_health(known) if part is None else _part_health(part, known, beats)
        health[name] = PartHealth(healthy=healthy, detail=detail, pid=known.pid, restarts=known.restarts)
    for name in table:
        health.setdefault(name, PartHealth(healthy=False, detail="not started yet"))
    return health


def _server_health(known: state.PartState) -> tuple[bool, str]:
    host, _, port = (known.address or "").rpartition(":")
    if ports.accepts(host, int(port)):
        return True, f"answers on {known.address} ({known.source})"
    return False, f"does not answer on {known.address}"


def _part_health(part: Part, known: state.PartState, beats: Sequence[Beat]) -> tuple[bool, str]:
    if known.pid is None:
        return False, known.state
    if parts.works(part, known.pid, beats):
        return True, "works"
    return False, "no fresh heartbeat" if isinstance(part.works_when, Speaks) else "does not answer"


def _counts(settings: Settings, told: state.State, connection: Connection, beats: Sequence[Beat]) -> Counts:
    status = live_layout.read_status(live_store.connect(settings)) if told.live else None
    rejected = database.rows(connection, "select count(*) from eventos_rejeitados")[0][0]
    return Counts(
        published=dict(backlog.published(beats)),
        persisted=_sum(beats, "ingest", "persistidos"),
        streamed=status.rows if status else None,
        rejected=rejected,
        backlog=backlog.backlog(topology.load(), beats, told.baseline),
        newest_live_value_age_seconds=_age(status),
        last_batch=_last_batch(connection),
    )


def _sum(beats: Sequence[Beat], part: str, counter: str) -> int:
    """A counter over all processes of a part; a table of counters is summed."""
    values = [beat.data.get(counter, 0) for beat in beats if beat.part == part]
    return sum(sum(value.values()) if isinstance(value, dict) else value for value in values)


def _age(status: live_layout.Status | None) -> float | None:
    return round(time.time() - status.newest_event, 3) if status and status.newest_event else None


def _last_batch(connection: Connection) -> dict[str, Any] | None:
    found = database.rows(
        connection,
        "select id, situacao, instante, iniciada_em, terminada_em, motivo from metricas.execucoes "
        "order by id desc limit 1",
    )
    if not found:
        return None
    names = ("run", "state", "instant", "started_at", "ended_at", "reason")
    return dict(zip(names, found[0], strict=True))


def problems_of(settings: Settings, told: state.State, counts: Counts) -> list[str]:
    """What the counts say is wrong, in words; nothing when all is well."""
    problems = []
    age = counts.newest_live_value_age_seconds
    # A shop with hardly any visitors has hardly any news.
    oldest = max(OLDEST_LIVE_VALUE_SECONDS, 10 / settings.simulators_rate)
    if told.live and (age is None or age > oldest):
        problems.append("no live value yet" if age is None else f"the newest live value is {age:.0f} s old")
    most = max(SMALLEST_BACKLOG, BACKLOG_SECONDS * settings.simulators_rate)
    expected = ("ingest", "streaming") if told.live else ("ingest",)
    for name, subscription in topology.load().subscriptions.items():
        if subscription.consumer in expected and counts.backlog[name] > most:
            problems.append(f"{counts.backlog[name]} messages wait in {name}")
    batch = counts.last_batch
    if batch is None or batch["state"] == "falhou":
        problems.append("no batch has run" if batch is None else f"the last batch failed: {batch['reason']}")
    return problems
