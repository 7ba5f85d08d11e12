"""Live panes recomputed from Postgres: after late events, an outage, or a Redis that lost its data.

Hour by hour, newest first, while the stream runs. Closed panes that Postgres holds whole are replaced where they
differ (see ``closing``). Of the others only those that the stream does not write, where Postgres knows more.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
import redis

from contracts import bulk, clock, database, heartbeat, live_layout, live_store, log, migrate, panes, persisted_rows
from contracts import closing as closings
from contracts.closing import Closing
from contracts.dimension_versions import Versions
from contracts.errors import UsageError
from contracts.pane_sums import Pane, PaneSums
from contracts.panes import HOUR, MINUTE, TEN_SECONDS, Dimension
from contracts.progress import Progress
from contracts.settings import Settings
from contracts.stored_panes import PaneId
from jobs.streaming.differences import Changes, Difference, changes
from jobs.streaming.healed_panes import ClaimChanged, HealedPanes
from jobs.streaming.recomputations import Counts, Recomputations

# Panes that expire within this are not worth the while.
_ROOM_SECONDS = 60


def heal(settings: Settings, *, reason: str, only_changed: bool, progress: Progress | None = None) -> None:
    """Recompute every pane that windows can read; with ``only_changed`` only where Postgres has changed since.

    Waits for another recomputation that is under way. Raises ``TransientError`` when a server is away: what
    was put right stays so, and the next call goes on.
    """
    connection = database.connect(settings, application="streaming-heal")
    client = live_store.connect(settings)
    try:
        migrate.require_current(connection)
        shop_clock = clock.read(connection)
        if not shop_clock.is_live:
            raise UsageError(f"the shop's clock runs at speed {shop_clock.speed:g}: there are no live panes")
        record = Recomputations(connection)
        record.lock()
        with database.translated("reading the heartbeats"):
            beats = heartbeat.read(connection)
        closing = closings.judge(live_layout.read_status(client), beats, settings)
        store = HealedPanes(client, record.begin(reason, closing))
        try:
            store.begin()
            work = _Healing(settings, connection, record, store, closing, shop_clock.now().timestamp())
            done = work.run(only_changed, client, progress or Progress("panes"))
        except Exception as problem:
            record.fail(str(problem) or repr(problem))
            raise
        log.get(__name__).info(
            "panes recomputed from Postgres", number=record.number, reason=reason, hours=done[0], replaced=done[1],
            filled=done[2], watermark=closing.watermark, persisted_until=closing.persisted_until,
        )  # fmt: skip
    finally:
        client.close()
        database.close(connection)


class _Healing:
    """One recomputation, as of ``now`` (epoch seconds)."""

    def __init__(
        self,
        settings: Settings,
        connection: database.Connection,
        record: Recomputations,
        store: HealedPanes,
        closing: Closing,
        now: float,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._record = record
        self._store = store
        self._closing = closing
        self._kept_from = now + _ROOM_SECONDS
        self._hours = hours(now, settings.allowed_future_skew_seconds)

    def run(self, only_changed: bool, client: redis.Redis, progress: Progress) -> tuple[int, int, int]:
        """Hours worked on, panes replaced, panes filled."""
        done = self._record.hours() if only_changed else {}
        doing = bulk.connection(self._settings, doing="reading persisted events", autocommit=True)
        with doing as opened, progress.steps(len(self._hours)):
            versions = persisted_rows.versions_before(opened, [hour + HOUR for hour in self._hours])
            for hour in self._hours:
                known = persisted_rows.known(opened, hour, hour + HOUR) + versions[hour + HOUR]
                counts = (*persisted_rows.counts(opened, hour, hour + HOUR), known)
                if done.get(hour) == counts and _is_there(client, hour, counts):
                    progress.skip()
                    continue
                with progress.step(dt.datetime.fromtimestamp(hour, dt.UTC).isoformat(timespec="minutes")):
                    self._heal_hour(opened, hour, counts)
        return self._record.end(self._hours[-1])

    def _heal_hour(self, opened: object, hour: int, counts: Counts) -> None:
        sums = PaneSums(self._kept_from)
        versions = Versions(self._connection)
        for rows in persisted_rows.read(opened, versions, hour, hour + HOUR):
            sums.add(rows)
        self._connection.rollback()
        wanted = [
            (seconds, start)
            for seconds in (TEN_SECONDS, MINUTE, HOUR)
            for start in range(hour, hour + HOUR, seconds)
            if self._dimensions((seconds, start))
        ]
        found = self._put_right(wanted, sums.panes())
        self._record.hour_done(hour, counts, found, is_closed=self._closing.is_closed(hour + HOUR))

    def _put_right(self, wanted: Sequence[PaneId], persisted: Mapping[PaneId, Pane]) -> Changes:
        closed = {it for it in wanted if self._closing.is_closed(it[0] + it[1])}
        differences: dict[tuple[int, int, Dimension], Difference] = {}
        while True:
            found = changes(self._store.read(wanted, self._dimensions), persisted, closed, self._store.is_free)
            for it in found.differences:
                differences.setdefault((it.seconds, it.start, it.dimension), it)
            try:
                self._store.replace(found.replace, self._dimensions)
            except ClaimChanged:
                log.get(__name__).info("the stream claims other panes meanwhile: comparing again")
            else:
                return msgspec.structs.replace(found, differences=list(differences.values()))

    def _dimensions(self, it: PaneId) -> list[Dimension]:
        seconds, start = it
        return panes.kept_dimensions(seconds, start, self._kept_from)


def hours(now: float, future_skew_seconds: int) -> range:
    """The starts of the UTC hours whose panes are kept, newest first."""
    newest = int(now + future_skew_seconds) // HOUR * HOUR
    oldest = int(now) - panes.life(HOUR, Dimension.TOTAL)
    return range(newest, oldest // HOUR * HOUR - 1, -HOUR)


def _is_there(client: redis.Redis, hour: int, counts: Counts) -> bool:
    """Whether the hour's totals are in Redis, if there are any."""
    with live_store.translated("looking for panes"):
        return not any(counts[:3]) or bool(client.exists(live_layout.pane_key(HOUR, hour, Dimension.TOTAL)))
