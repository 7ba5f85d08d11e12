"""The beat of one process: what happened since the last tick is written down, then published."""

import threading
import time
from collections.abc import Sequence

from contracts import log
from contracts.broker import PUBLISH_MESSAGES
from contracts.clock import ShopClock
from contracts.errors import UsageError
from simulators.agenda import Journal, Outgoing
from simulators.ledger import Ledger
from simulators.moments import SECOND, to_microseconds, to_text
from simulators.orders import NEVER
from simulators.publishing import Outbox
from simulators.scenarios import ScenarioLog
from simulators.shop import Shop

# Often enough that an event waits hardly longer than the broker takes, rarely enough for the disk.
_TICK_SECONDS = 0.05
# One step writes at most this much time of a very fast shop at once.
_STEP_SECONDS = 0.1
# A standstill longer than this is not made up for, its slots stay empty: what is made up for is told so
# much too late, and consumers allow for a producer that lags by a minute (`producer_skew_seconds`).
_LONGEST_LAG_SECONDS = 30.0
_LOOK_AHEAD_SECONDS = 120.0
_DRAIN_SECONDS = 20.0
_REPORT_SECONDS = 60.0


class Session:
    """A shop at work from the moment it opens until it is told to close.

    ``first`` is told before anything else happens: products, and customers nobody has heard of.
    """

    def __init__(
        self, shop: Shop, clock: ShopClock, ledger: Ledger, outbox: Outbox, *, first: Sequence[Outgoing] = ()
    ) -> None:
        self._shop = shop
        self._clock = clock
        self._ledger = ledger
        self._outbox = outbox
        self._first = first
        self._injected: dict[str, int] = {}
        self._horizon = -1
        self._heard: ScenarioLog | None = None
        self._followed: ScenarioLog | None = None

    def injected(self, key: str) -> int:
        """How often a fault (``duplicados``, ``atrasados``, ``malformados`` …) was injected in this run."""
        return self._injected.get(key, 0)

    def hear(self, scenarios: ScenarioLog) -> None:
        """Note which scenarios there are; the shop follows them from its next step on. From any thread."""
        self._heard = scenarios

    @property
    def scenario(self) -> str:
        """The name of the scenario in force."""
        return str(self._shop.scenario(self._now()).kind)

    def run(self, stop: threading.Event, *, duration: float | None, parent: int) -> None:
        """Work until ``stop``, for ``duration`` seconds, or until process ``parent`` is gone; then publish the rest."""
        logger = log.get(__name__)
        self._publish_left_over()
        self._tell_first(stop)
        self._look_ahead()
        opening = self._now()
        self._shop.skip_to(opening)
        closing = NEVER if duration is None else opening + self._shop_time(duration)
        logger.info("the shop is open", customers_and_products_told=len(self._first))
        report = time.monotonic() + _REPORT_SECONDS
        while not stop.is_set() and self._shop.next_time() < closing:
            self._outbox.check()
            if log.parent_is_gone(parent):
                logger.warning("the parent process is gone")
                break
            if not self._step(closing):
                stop.wait(_TICK_SECONDS)
            if time.monotonic() > report:
                report += _REPORT_SECONDS
                logger.info("published", **self._outbox.published, waiting=self._outbox.waiting)
        self._close()

    def _step(self, closing: int) -> bool:
        """Let the shop catch up with the clock; True when there is more to do at once."""
        if self._outbox.is_full:
            return False
        now = self._now()
        if now - self._shop.next_time() > self._shop_time(_LONGEST_LAG_SECONDS):
            log.get(__name__).warning("skipping a standstill", seconds=(now - self._shop.next_time()) / SECOND)
            self._shop.skip_to(now)
        if now > self._horizon - self._shop_time(_LOOK_AHEAD_SECONDS / 2):
            self._look_ahead()
        if self._heard is not None and self._heard != self._followed:
            self._follow(self._heard)
        until = min(now, closing - 1, self._shop.next_time() + self._shop_time(_STEP_SECONDS))
        journal = self._shop.advance(until)
        self._write(journal)
        return until < now

    def _follow(self, scenarios: ScenarioLog) -> None:
        """Go through other scenarios from the next slot on; one that is not this shop's is said and left out."""
        self._followed = scenarios
        try:
            self._shop.follow(scenarios, self._shop.last_time())
        except UsageError as problem:
            log.get(__name__).warning("the scenarios cannot be followed", problem=str(problem))
            return
        now = self._now()
        for it in scenarios.scenarios:
            if it.end > now:
                log.get(__name__).info("a scenario", kind=it.kind, since=to_text(it.begin), until=to_text(it.end))

    def _write(self, journal: Journal) -> None:
        """Write a step down, and only then hand it on to be published."""
        if not journal.messages and not journal.scheduled:
            return
        number = self._ledger.append(journal, published=self._outbox.published_batch)
        self._outbox.put(number, journal.messages)
        for (_minute, key), amount in journal.amounts.items():
            self._injected[key] = self._injected.get(key, 0) + amount

    def _publish_left_over(self) -> None:
        """Publish again what an earlier run wrote down and may not have published."""
        left = 0
        for number, messages in self._ledger.pending():
            self._outbox.put(number, messages)
            left += len(messages)
        if left:
            log.get(__name__).info("publishing what an earlier run left", messages=left)

    def _tell_first(self, stop: threading.Event) -> None:
        for start in range(0, len(self._first), PUBLISH_MESSAGES):
            while self._outbox.is_full and not stop.wait(_TICK_SECONDS):
                self._outbox.check()
            if stop.is_set():
                return
            journal = Journal()
            journal.messages = list(self._first[start : start + PUBLISH_MESSAGES])
            self._write(journal)

    def _look_ahead(self) -> None:
        until = self._now() + self._shop_time(_LOOK_AHEAD_SECONDS)
        self._shop.look_ahead(until, self._ledger.entries(after=self._horizon, until=until))
        self._horizon = until

    def _close(self) -> None:
        """Publish what is written down, for a while; what is left then is published by the next run."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while self._outbox.waiting and not self._outbox.is_paused and time.monotonic() < deadline:
            if self._outbox.drain(_TICK_SECONDS):
                break
        self._outbox.check()
        self._ledger.strike_off(self._outbox.published_batch)
        logger = log.get(__name__)
        if self._outbox.waiting:
            logger.warning("closing with messages unpublished; the next run publishes them", n=self._outbox.waiting)
        logger.info("the shop is closed", **self._outbox.published)

    def _now(self) -> int:
        return to_microseconds(self._clock.now())

    def _shop_time(self, wall_seconds: float) -> int:
        """Seconds of the wall's clock as microseconds of the shop's."""
        return int(wall_seconds * self._clock.speed * SECOND)
