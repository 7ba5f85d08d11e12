"""Keep taking messages from subscriptions, through every outage, and hand them on.

Both consumers use it: threads pull, the consumer takes what came from ``Pulling.take`` and
acknowledges what it has made safe.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from contracts import log
from contracts.broker import Delivery, Subscriber
from contracts.errors import BrokerRefused, BrokerUnavailable
from contracts.settings import Settings

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 5.0
# The local runner restarts the emulator, which forgets everything: a subscription that was there, or
# whose broker was away, may be missing for a moment.
_REPLACEMENT_SECONDS = 60.0


class Pulled(msgspec.Struct, frozen=True):
    """Deliveries of one pull, and when they came: the wall's epoch seconds."""

    subscription: str
    deliveries: list[Delivery]
    pulled_at: float


class Pulling:
    """Threads that pull from ``subscriptions`` and keep at most ``most_waiting`` pulls unread.

    When nobody reads, pulling stops: that is the back-pressure. Counters are for the heartbeat:
    ``received`` counts acknowledged messages by subscription, ``unacknowledged`` those pulled and not
    yet acknowledged, ``last_received`` is the wall's epoch seconds of the last pull with messages.
    """

    def __init__(self, settings: Settings, subscriptions: Sequence[str], *, most_waiting: int = 16) -> None:
        self.received: Counter[str] = Counter()
        self.last_received = 0.0
        self._pulled: Counter[str] = Counter()
        self._away: set[str] = set()
        self._settings = settings
        self._queue: queue.Queue[Pulled] = queue.Queue(maxsize=most_waiting)
        self._stop = threading.Event()
        self._failure: BrokerRefused | None = None
        self._subscribers: list[Subscriber] = []
        self._acknowledging = {name: Subscriber(settings) for name in subscriptions}
        self._threads = [
            threading.Thread(target=self._run, args=(name,), name=f"pull-{name}-{i}", daemon=True)
            for name in subscriptions
            for i in range(settings.pull_requests)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop pulling. Messages not acknowledged are delivered again, to whoever comes next."""
        self._stop.set()
        for subscriber in [*self._subscribers, *self._acknowledging.values()]:
            subscriber.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=5)

    @property
    def unacknowledged(self) -> int:
        """Messages pulled and not yet acknowledged."""
        return self._pulled.total() - self.received.total()

    @property
    def is_away(self) -> bool:
        """Whether the broker did not answer the last pull of any thread."""
        return bool(self._away)

    def take(self, timeout_seconds: float) -> Pulled | None:
        """The next pull's messages, or None when none came in time.

        Raises ``BrokerRefused`` once a subscription turned out not to exist or not to be ours.
        """
        if self._failure is not None:
            raise self._failure
        try:
            return self._queue.get(timeout=timeout_seconds) if timeout_seconds > 0 else self._queue.get_nowait()
        except queue.Empty:
            return None

    def acknowledge(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """Acknowledge; a broker that is away delivers again, which consumers bear by design."""
        try:
            self._acknowledging[subscription].acknowledge(subscription, ack_ids)
        except BrokerUnavailable as problem:
            log.get(__name__).warning("not acknowledged, will be delivered again", problem=str(problem))
        except BrokerRefused as problem:
            log.get(__name__).warning("acknowledgement refused", problem=str(problem))
        # Counted either way: what is delivered again is counted as pulled again.
        self.received[subscription] += len(ack_ids)

    def counters(self) -> dict[str, Any]:
        """The heartbeat's part of the counters."""
        return {
            "recebidos": dict(self.received),
            "pendentes": self.unacknowledged,
            "ultimo_recebido": self.last_received,
        }

    def _run(self, subscription: str) -> None:
        logger = log.get(__name__).bind(subscription=subscription)
        subscriber = Subscriber(self._settings)
        self._subscribers.append(subscriber)
        pause, away = _FIRST_PAUSE_SECONDS, False
        # Until then a missing subscription is on its way back rather than a mistake.
        missing_until = 0.0
        while not self._stop.is_set():
            try:
                deliveries = subscriber.pull(subscription)
            except (BrokerUnavailable, BrokerRefused) as problem:
                if self._stop.is_set():
                    return
                if isinstance(problem, BrokerUnavailable):
                    missing_until = time.monotonic() + _REPLACEMENT_SECONDS
                elif time.monotonic() > missing_until:
                    self._failure = problem
                    return
                self._away.add(threading.current_thread().name)
                if not away:
                    logger.warning("broker is away, trying on", problem=str(problem))
                    away = True
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            if away:
                logger.info("broker is back")
            self._away.discard(threading.current_thread().name)
            pause, away = _FIRST_PAUSE_SECONDS, False
            missing_until = time.monotonic() + _REPLACEMENT_SECONDS
            if deliveries:
                self._hand_on(Pulled(subscription, deliveries, time.time()))

    def _hand_on(self, pulled: Pulled) -> None:
        self._pulled[pulled.subscription] += len(pulled.deliveries)
        self.last_received = pulled.pulled_at
        while not self._stop.is_set():
            try:
                self._queue.put(pulled, timeout=0.5)
            except queue.Full:
                continue
            return
