"""One run of the reconciliation: which hours are closed, what is found of them, what is written down."""

import datetime as dt
import time
from collections.abc import Sequence
from contextlib import closing as closed_after

import redis

from contracts import clock, database, heartbeat, ledger, live_layout, live_store, log, migrate, panes
from contracts import closing as closings
from contracts.closing import Closing
from contracts.errors import TerminalError, UsageError
from contracts.panes import HOUR, Dimension
from contracts.progress import Progress
from contracts.settings import Settings
from jobs.reconcile import report
from jobs.reconcile.books import Books
from jobs.reconcile.comparing import State
from jobs.reconcile.hours import Hour, Result, closed_hours
from jobs.reconcile.looking import ROOM_SECONDS, Looking
from jobs.reconcile.persisted import Database
from jobs.reconcile.record import Record

# An hour that does not agree is looked at again: a late event may have reached one store a moment before
# another, or panes may just be put right.
_LOOKS = 3
_PAUSE_SECONDS = 3.0
# So many differences are named in the log; the table in Postgres has all.
_ALERTS = 20


def run(
    settings: Settings,
    *,
    hours: int | None,
    as_of: dt.datetime | None,
    with_ledger: bool,
    progress: Progress,
    pause_seconds: float = _PAUSE_SECONDS,
) -> Result:
    """Compare the closed hours that ended by ``as_of`` (default: now), the newest ``hours`` of them, and record it.

    Raises ``UsageError`` for a moment of which no pane is kept, ``TerminalError`` when there is nothing to compare,
    ``TransientError`` when a server is away.
    """
    connection = database.connect(settings, application="reconcile", timeout_seconds=60)
    client = live_store.connect(settings, timeout_seconds=30)
    try:
        migrate.require_current(connection)
        now = _now(connection)
        until = _until(as_of, now)
        with database.translated("reading the heartbeats"):
            beats = heartbeat.read(connection)
        judged = closings.judge(live_layout.read_status(client), beats, settings)
        oldest = now + ROOM_SECONDS - panes.life(HOUR, Dimension.TOTAL)
        _require_words(judged, client, _hours_before(until, oldest))
        found = closed_hours(judged, oldest=oldest, until=until, most=hours)
        if not found:
            raise TerminalError(
                f"no hour before {_say(until)} is closed: the stream's watermark is {_say(judged.watermark)}, must be "
                f"{2 * judged.delay_seconds} s past its end, persisted is what came until "
                f"{_say(judged.persisted_until)}, which must be {judged.delay_seconds} s past it"
            )
        has_ledger = with_ledger and ledger.is_there(settings.simulators_folder)
        record = Record(connection, until, judged, with_ledger=has_ledger)
        with record.failing(), closed_after(_reading(settings)) as reading:
            books = Books(settings.simulators_folder, first=found[-1], end=found[0] + HOUR) if has_ledger else None
            looking = Looking(settings, client, Database(settings, reading), books)
            result = Result(tuple(_look_at_all(looking, found, progress, pause_seconds)), has_ledger)
            record.finish(result)
    finally:
        client.close()
        database.close(connection)
    return result


def alert(result: Result) -> None:
    """Say what was found. Raises ``TerminalError`` where something is not explained, after a line for each."""
    figures = {
        "hours": len(result.hours),
        "keys": sum(it.compared for it in result.hours),
        "explained": result.count(State.EXPLAINED),
        "unexplained": result.count(State.UNEXPLAINED),
        "missing": result.count(State.MISSING),
        "ledger": result.with_ledger,
    }
    if result.agrees:
        log.get(__name__).info("live panes and Postgres agree", **figures)
        return
    wrong = [it for it in result.findings if it.state is not State.EXPLAINED]
    for it in wrong[:_ALERTS]:
        log.get(__name__).error(
            "live figures are missing" if it.state is State.MISSING else "live figures differ and nothing explains it",
            pane=report.pane(it), source=it.source.value, dimension=it.dimension, key=it.key,
            postgres=report.figures(it.expected), found=report.figures(it.found),
        )  # fmt: skip
    hours = {it.hour for it in wrong}
    raise TerminalError(
        f"reconciliation failed: {figures['unexplained']} unexplained differences, {figures['missing']} missing panes, "
        f"in {len(hours)} of {len(result.hours)} hours, the newest of {report.moment(max(hours))}"
    )


def _look_at_all(looking: Looking, hours: Sequence[int], progress: Progress, pause_seconds: float) -> list[Hour]:
    seen: dict[int, Hour | None] = {}
    with progress.steps(len(hours)):
        # The oldest first: it is the next to expire.
        for hour in reversed(hours):
            with progress.step(report.moment(hour)):
                seen[hour] = looking.look(hour)
    for _ in range(_LOOKS - 1):
        doubtful = [hour for hour, it in seen.items() if it and not it.agrees]
        if not doubtful:
            break
        log.get(__name__).info("looking again at hours that do not agree", hours=len(doubtful))
        time.sleep(pause_seconds)
        for hour in doubtful:
            seen[hour] = looking.look(hour)
    # An hour that expired meanwhile has nothing to show.
    return [found for it in hours if (found := seen[it])]


def _reading(settings: Settings) -> database.Connection:
    return database.connect(settings, application="reconcile-read", timeout_seconds=60)


def _now(connection: database.Connection) -> float:
    with database.translated("reading the shop's clock"):
        shop_clock = clock.read(connection)
    if not shop_clock.is_live:
        raise UsageError(f"the shop's clock runs at speed {shop_clock.speed:g}: there are no live panes")
    return shop_clock.now().timestamp()


def _until(as_of: dt.datetime | None, now: float) -> float:
    if as_of is None:
        return now
    kept_hours = panes.life(HOUR, Dimension.TOTAL) // HOUR
    until = as_of.timestamp()
    if until > now:
        raise UsageError(f"--as-of {_say(until)} lies in the future: it is {_say(now)}")
    if until < now - (kept_hours - 1) * HOUR:
        raise UsageError(f"--as-of {_say(until)} is too long ago: live panes are kept for {kept_hours} hours")
    return until


def _hours_before(until: float, oldest: float) -> range:
    return range(-(-int(oldest) // HOUR) * HOUR, int(until) // HOUR * HOUR, HOUR)


def _require_words(judged: Closing, client: redis.Redis, hours: range) -> None:
    """Without the stream's and ingest's word nobody knows which panes are closed."""
    if judged.watermark is None:
        with live_store.translated("looking for panes"):
            pipeline = client.pipeline(transaction=False)
            for hour in hours:
                pipeline.exists(live_layout.pane_key(HOUR, hour, Dimension.TOTAL))
            there = sum(map(bool, pipeline.execute()))
        raise TerminalError(
            f"Redis has no status of the stream, and {there} of {len(hours)} hours' panes: it lost its data, or the "
            "streaming job has written nothing yet. Once the job writes again it has all panes rebuilt; by hand: "
            "python -m jobs.streaming rebuild"
        )
    if judged.persisted_until is None:
        raise TerminalError("no ingest process has ever said up to when everything is persisted: is ingest running?")


def _say(second: float | None) -> str:
    return "not known" if second is None else dt.datetime.fromtimestamp(second, dt.UTC).isoformat(timespec="seconds")
