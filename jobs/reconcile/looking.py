"""One look at one hour: what Redis, Postgres and the ledger say of it now."""

import time
from collections.abc import Mapping, Sequence

import redis
from datasketches import hll_sketch

from contracts import late_events, panes, stored_panes
from contracts.late_events import LateEvent
from contracts.pane_sums import Pane
from contracts.panes import HOUR, MINUTE, Dimension, Measures, RowKind
from contracts.settings import Settings
from contracts.stored_panes import PaneId
from jobs.reconcile import books, deltas, suspects
from jobs.reconcile.books import Books
from jobs.reconcile.comparing import Finding, Place, Source, State, compare, compare_distinct
from jobs.reconcile.explaining import Reason, Suspect
from jobs.reconcile.hours import Hour
from jobs.reconcile.persisted import Database, Order, Snapshot

# The ledger counts an order when its first message is told: held back for longer than this, a later status
# may have come first.
_HELD_BACK_SECONDS = 10


# Panes that expire within this may be gone before they are read.
ROOM_SECONDS = 60


class Looking:
    """Looks at hours, one after the other, at those of their panes that are still kept.

    Raises the errors of ``database`` and ``live_store``, and ``TerminalError`` for a ledger that cannot be read.
    """

    def __init__(self, settings: Settings, client: redis.Redis, database: Database, ledger: Books | None) -> None:
        # An event may be late for the stream only if it is older than that on arrival: the newest event
        # may lie in the future by the skew.
        self._late_seconds = settings.watermark_delay_seconds - settings.allowed_future_skew_seconds
        self._client = client
        self._database = database
        self._ledger = ledger

    def look(self, hour: int) -> Hour | None:
        """What is found of the UTC hour that begins at ``hour`` (epoch seconds); None once its pane has expired.

        Postgres is read last and the list of late events after it: what it has more by then is in the list, or
        will be in a moment.
        """
        kept_from = time.time() + ROOM_SECONDS
        booked = self._ledger.hour(hour) if self._ledger else None
        there = {it: of for it in _panes_of(hour) if (of := panes.kept_dimensions(*it, kept_from))}
        if (HOUR, hour) not in there:
            return None
        found = stored_panes.read(self._client, there, there.__getitem__)
        with self._database.snapshot() as snapshot:
            expected = snapshot.panes(hour, kept_from)
            known = _Suspects(snapshot, hour, late_events.read(self._client, hour), self._late_seconds)
            findings = self._of_redis(hour, expected, found, snapshot, known)
            compared = sum(_keys(expected.get(it, Pane()), found[it]) for it in there)
            total = expected.get((HOUR, hour), Pane()).dimensions
            if booked is not None:
                mine = deltas.measured(total, books.counts)
                findings += compare(Place(Source.LEDGER, HOUR, hour), mine, booked, known.of_ledger(mine, booked))
                compared += sum(len(keys) for keys in mine.values())
        return Hour(hour, total.get(Dimension.TOTAL, {}).get("", Measures()), compared, tuple(findings))

    def _of_redis(
        self,
        hour: int,
        expected: Mapping[PaneId, Pane],
        found: Mapping[PaneId, Pane],
        snapshot: Snapshot,
        known: "_Suspects",
    ) -> list[Finding]:
        findings: list[Finding] = []
        for it, there in found.items():
            mine = expected.get(it, Pane())
            if mine.dimensions == there.dimensions:
                continue
            findings += compare(Place(Source.REDIS, *it), mine.dimensions, there.dimensions, known.of_pane(it))
            if it == (HOUR, hour) and _is_missing(findings):
                # Its minutes are gone as well: once is enough.
                return findings
        lacking = sum(len(it.identities) for it in findings if (it.seconds, it.dimension) == (HOUR, Dimension.TOTAL))
        estimates: dict[str, float] = {
            name: hll_sketch.deserialize(it).get_estimate() for name, it in found[HOUR, hour].sketches.items()
        }
        exactly = snapshot.distinct(hour, hour + HOUR)
        return findings + compare_distinct(Place(Source.REDIS, HOUR, hour), exactly, estimates, lacking)


class _Suspects:
    """Who may explain an hour's differences, read when there are any."""

    def __init__(self, snapshot: Snapshot, hour: int, late: Sequence[LateEvent], late_seconds: int) -> None:
        self._snapshot = snapshot
        self._hour = hour
        self._late = late
        self._late_seconds = late_seconds
        self._recent: list[Suspect] | None = None
        self._left_out: list[Suspect] | None = None

    def of_pane(self, it: PaneId) -> list[Suspect]:
        """The suspects of one pane, latest first."""
        if self._left_out is None:
            self._left_out = self._read_late()
        start, end = it[1] * 1_000_000, (it[1] + it[0]) * 1_000_000
        return [one for one in _latest_first([*self._left_out, *self._of_recent()]) if start <= one.instant < end]

    def of_ledger(self, mine: deltas.Figures, booked: deltas.Figures) -> list[Suspect]:
        """The suspects of the ledger's hour, by what the ledger counts."""
        if mine == booked:
            return []
        told_late = self._sales(self._first_heard_of_late(_HELD_BACK_SECONDS), Reason.STATUS_FIRST)
        counted = [_as_counted(it) for it in (*told_late, *self._of_recent())]
        return _latest_first([it for it in counted if it.delta])

    def _read_late(self) -> list[Suspect]:
        ids = {kind: {it.identity for it in self._late if it.kind is kind} for kind in RowKind}
        sold = self._snapshot.orders(ids[RowKind.SALE])
        listed = {it.identity for it in sold}
        unlisted = [it for it in self._first_heard_of_late(self._late_seconds) if it.identity not in listed]
        undone = self._snapshot.orders(ids[RowKind.CANCELLATION])
        visits = self._snapshot.web_events(ids[RowKind.WEB_EVENT], self._hour, self._hour + HOUR)
        return [
            *self._sales([*sold, *unlisted], Reason.LATE),
            *suspects.cancellations(undone, self._snapshot.customers(undone), Reason.LATE),
            *suspects.web_events(visits, Reason.LATE),
        ]

    def _of_recent(self) -> list[Suspect]:
        if self._recent is None:
            start, end, within = self._hour, self._hour + HOUR, suspects.RECENT_SECONDS
            buyers = self._snapshot.with_recent_customer(start, end, within)
            bought = self._snapshot.with_recent_product(start, end, within)
            self._recent = [
                *suspects.other_customers(buyers, self._snapshot.customers(buyers)),
                *suspects.other_products(bought, self._snapshot.products(bought)),
            ]
        return self._recent

    def _first_heard_of_late(self, seconds: int) -> list[Order]:
        return self._snapshot.first_heard_of_late(self._hour, self._hour + HOUR, seconds)

    def _sales(self, orders: Sequence[Order], reason: Reason) -> list[Suspect]:
        return suspects.sales(orders, self._snapshot.customers(orders), self._snapshot.products(orders), reason)


def _panes_of(hour: int) -> list[PaneId]:
    # Those of ten seconds do not live until their hour is closed.
    return [(HOUR, hour), *((MINUTE, start) for start in range(hour, hour + HOUR, MINUTE))]


def _latest_first(found: list[Suspect]) -> list[Suspect]:
    return sorted(found, key=lambda it: it.instant, reverse=True)


def _as_counted(it: Suspect) -> Suspect:
    delta = {at: amount for at, amount in it.delta.items() if books.counts(at[0], at[2])}
    return Suspect(it.identity, it.group, it.reason, it.instant, delta)


def _keys(one: Pane, other: Pane) -> int:
    return sum(len(one.dimensions.get(it, {}).keys() | other.dimensions.get(it, {}).keys()) for it in Dimension)


def _is_missing(findings: Sequence[Finding]) -> bool:
    return any(it.state is State.MISSING and it.dimension == Dimension.TOTAL for it in findings)
