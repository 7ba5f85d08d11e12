"""The one reader of the live store in a server: a frame follows each batch, for whatever is being watched."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from contracts import log
from contracts.clock import ShopClock
from contracts.errors import VitrineError
from contracts.live import Status, WindowName
from dashboard.data.live import LiveReading
from dashboard.data.orders import Orders
from dashboard.formats import Formats, Language
from dashboard.hub import Topic
from dashboard.texts import CATALOGUES, Texts
from dashboard.views import live

# So many viewers get a frame for each batch; more of them get one a second, which one core carries.
_MOST_FOR_EVERY_BATCH = 60
# Without a batch a frame comes all the same: ages grow, and the window moves.
_LONGEST_SECONDS = 1.0
_LOOK_EVERY_SECONDS = 0.04
# A frame may come so much of an interval sooner or later, to come right after a batch.
_GIVE = 0.25


class Source(Protocol):
    """What is polled: ``dashboard.data.live.LiveSource`` or a stand-in for it."""

    def status(self) -> Status | None:
        """The streaming job's last word."""

    def version(self) -> bytes | None:
        """What every batch changes; None before the first one."""

    def read(self, names: set[WindowName], status: Status, now: dt.datetime) -> dict[WindowName, LiveReading]:
        """The asked-for windows."""


class Poller:
    """Makes the frames of the wanted topics; ``frames`` is one round, ``start`` repeats it in a thread.

    Frames are about ``interval_seconds`` apart.
    """

    def __init__(
        self,
        source: Source,
        formats: Mapping[Language, Formats],
        *,
        clock: Callable[[], ShopClock],
        live_since: Callable[[], float | None],
        orders: Callable[[], Orders],
        last_week: Callable[[], Mapping[int, int] | None],
        wanted: Callable[[], Mapping[Topic, int]],
        publish: Callable[[Mapping[Topic, bytes]], None],
        interval_seconds: float,
    ) -> None:
        self._source = source
        self._formats = formats
        self._clock = clock
        self._live_since = live_since
        self._orders = orders
        self._last_week = last_week
        self._wanted = wanted
        self._publish = publish
        self._interval = interval_seconds
        self._seen: bytes | None = None
        self._away_since: dt.datetime | None = None
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="live-poller", daemon=True)

    def start(self) -> None:
        """Begin polling."""
        self._thread.start()

    def stop(self) -> None:
        """End polling and wait for the round under way."""
        self._stopped = True
        self._wake.set()
        self._thread.join(timeout=10)

    def wake(self) -> None:
        """Poll now rather than at the next interval: somebody began to watch."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped:
            began = time.monotonic()
            viewers = self._wanted()
            if viewers:
                self._publish(self.frames(viewers))
                self._rest(began, sum(viewers.values()))
            else:
                # Nobody watches: nothing is read until somebody does.
                self._wake.wait()
            self._wake.clear()

    def _rest(self, began: float, viewers: int) -> None:
        """Until the next frame is due: right after a batch, about an interval after the last one.

        A frame that came just before a batch would leave it off the screen for a whole interval, again and
        again where both have one pace.
        """
        interval = self._interval if viewers <= _MOST_FOR_EVERY_BATCH else max(self._interval, _LONGEST_SECONDS)
        if self._wake.wait(max(0.0, began + (1 - _GIVE) * interval - time.monotonic())):
            return
        if self._away_since is not None:
            # Asking costs as long as Redis takes not to answer: the next frame does it.
            return
        try:
            newest = self._source.version()
            # What has come waits for the next batch only so long; without a batch a frame comes all the same.
            until = began + ((1 + _GIVE) * interval if newest != self._seen else max(interval, _LONGEST_SECONDS))
            while time.monotonic() < until and self._source.version() == newest:
                if self._wake.wait(_LOOK_EVERY_SECONDS):
                    return
        except VitrineError:
            # The next frame says so.
            return

    def frames(self, topics: Iterable[Topic]) -> dict[Topic, bytes]:
        """One round: the encoded frame of each topic."""
        topics = list(topics)
        clock = self._clock()
        if not clock.is_live:
            return self._encoded(topics, lambda it: live.off(clock.speed, clock.now(), *self._language(it)))
        now, orders, last_week, live_since = clock.now(), self._orders(), self._last_week(), self._live_since()
        try:
            # Before all else: a batch that comes meanwhile is then read twice rather than missed.
            self._seen = self._source.version()
            status = self._source.status()
            if status is None or status.newest_event is None:
                frames = self._encoded(topics, lambda it: live.waiting(status, now, orders, *self._language(it)))
            else:
                readings = self._source.read({it.window for it in topics}, status, now)
                languages = {it.language for it in topics}
                # Readings differ in their windows only.
                first = next(iter(readings.values()))
                alike = {
                    it: live.shared(first, last_week, orders, live_since, self._formats[it], CATALOGUES[it])
                    for it in languages
                }
                frames = self._encoded(
                    topics, lambda it: live.frame(readings[it.window], alike[it.language], *self._language(it))
                )
        except VitrineError as error:
            return self._away(topics, now, str(error), None)
        except Exception as error:  # noqa: BLE001 - a pane nobody expected must not end the page for good
            return self._away(topics, now, repr(error), error)
        if self._away_since is not None:
            log.get(__name__).info("live store answers again")
            self._away_since = None
        return frames

    def _away(self, topics: list[Topic], now: dt.datetime, problem: str, bug: Exception | None) -> dict[Topic, bytes]:
        if self._away_since is None:
            self._away_since = now
            log.get(__name__).warning("live store cannot be read", problem=problem, exc_info=bug)
        since = self._away_since
        return self._encoded(topics, lambda it: live.away(since, now, self._orders(), *self._language(it)))

    def _language(self, topic: Topic) -> tuple[Formats, Texts]:
        return self._formats[topic.language], CATALOGUES[topic.language]

    def _encoded(self, topics: list[Topic], make: Callable[[Topic], live.Frame]) -> dict[Topic, bytes]:
        return {it: msgspec.json.encode(make(it)) for it in topics}
