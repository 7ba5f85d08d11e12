"""Asks the current run, once for all viewers: what a run says never changes."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from msgspec import Struct

from contracts import database
from contracts.errors import DatabaseUnavailable, VitrineError
from contracts.settings import Settings
from dashboard.data.history.run import Extent, Known, Run, read_extent, read_run
from dashboard.selection import Request, Selection, resolve

_TIMEOUT_SECONDS = 10
_STATEMENT_MILLISECONDS = 5_000
_MOST_CONNECTIONS = 4
_LOOK_SECONDS = 1.0
_MOST_KEPT = 96

Found = TypeVar("Found")
Question = Callable[[database.Connection, Request], Found]


# Compared by identity: what a run said is kept as one object, and stands for what is drawn of it.
class Reading(Struct, Generic[Found], frozen=True, eq=False):
    """What a run says to a question; ``request`` and ``found`` are None where it has no such days."""

    run: Run
    extent: Extent
    request: Request | None = None
    found: Found | None = None


class HistoryStore:
    """Reads the current run; for any number of threads.

    Methods raise ``DatabaseUnavailable`` and ``DatabaseRefused``.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: list[database.Connection] = []
        self._places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._extents: OrderedDict[int, Known] = OrderedDict()
        # Ten viewers' looks a second, each of several round trips, took half of every page's time.
        self._looking = threading.Lock()
        self._looked = float("-inf")
        self._current: Known | VitrineError | None = None
        self._kept: OrderedDict[tuple[int, object, Selection], Reading[Any]] = OrderedDict()

    def known(self) -> Known | None:
        """The current run and what there is to choose from, at most a second old; None before the first one."""
        with self._looking:
            if time.monotonic() - self._looked > _LOOK_SECONDS:
                try:
                    self._current = self._again_when_away(self._known)
                except VitrineError as error:
                    # Whoever asks meanwhile hears the same: one that waits for Postgres to time out is enough.
                    self._current = error
                self._looked = time.monotonic()
            current = self._current
        if isinstance(current, VitrineError):
            raise current
        return current

    def read(self, question: Question[Found], selection: Selection) -> Reading[Found] | None:
        """What the current run says to a question; None before the first one."""
        known = self.known()
        if known is None:
            return None
        kept = self._found(known.run.id, question, selection)
        if kept is not None:
            return kept
        return self._again_when_away(lambda connection: self._read(connection, question, selection))

    def _found(self, run: int, question: Question[Found], selection: Selection) -> Reading[Found] | None:
        key = (run, question, selection)
        with self._lock:
            kept: Reading[Found] | None = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        return kept

    def _again_when_away(self, work: Callable[[database.Connection], Found]) -> Found:
        try:
            with self._transaction() as connection:
                return work(connection)
        except DatabaseUnavailable:
            # The idle connections may have died with a server that is back by now.
            self._drop_idle()
            with self._transaction() as connection:
                return work(connection)

    def _known(self, connection: database.Connection) -> Known | None:
        run = read_run(connection)
        if run is None:
            return None
        with self._lock:
            known = self._extents.get(run.id)
        if known is None:
            known = Known(run, read_extent(connection))
            with self._lock:
                _keep(self._extents, run.id, known, 2)
        return known

    def _read(
        self, connection: database.Connection, question: Question[Found], selection: Selection
    ) -> Reading[Found] | None:
        # Of this snapshot: the run may be another one than a moment ago.
        known = self._known(connection)
        if known is None:
            return None
        kept = self._found(known.run.id, question, selection)
        if kept is not None:
            return kept
        request = self._request(known, selection)
        reading = (
            Reading[Found](known.run, known.extent)
            if request is None
            else Reading[Found](known.run, known.extent, request, question(connection, request))
        )
        with self._lock:
            _keep(self._kept, (known.run.id, question, selection), reading, _MOST_KEPT)
        return reading

    def _request(self, known: Known, selection: Selection) -> Request | None:
        if known.extent.first_day is None:
            return None
        zone = self._settings.zone
        last_day = known.run.last_day(zone)
        return resolve(
            selection,
            first_day=known.extent.first_day,
            last_day=last_day,
            is_last_complete=known.run.has_ended(last_day, zone),
        )

    @contextmanager
    def _transaction(self) -> Iterator[database.Connection]:
        """A read-only transaction with one snapshot; its connection is kept unless anything failed."""
        if not self._places.acquire(timeout=_TIMEOUT_SECONDS):
            raise DatabaseUnavailable("all connections of the dashboard are busy")
        try:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                connection = database.connect(self._settings, application="dashboard", timeout_seconds=_TIMEOUT_SECONDS)
            try:
                with database.translated("reading the historical metrics"):
                    cursor = connection.cursor()
                    cursor.execute("set transaction isolation level repeatable read, read only")
                    cursor.execute(f"set local statement_timeout = {_STATEMENT_MILLISECONDS}")
                    yield connection
                    connection.rollback()
            except BaseException:
                database.close(connection)
                raise
            with self._lock:
                self._idle.append(connection)
        finally:
            self._places.release()

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            database.close(connection)


def _keep(kept: "OrderedDict[Any, Any]", key: object, value: object, most: int) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
