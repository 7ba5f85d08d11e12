"""From the ledger to the broker: batches in order, again and again until they are accepted."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from contracts import log
from contracts.broker import PUBLISH_MESSAGES, Message
from contracts.errors import BrokerRefused, BrokerUnavailable, VitrineError
from contracts.events import PRODUCED_AT_ATTRIBUTE, SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE
from simulators.agenda import SOURCES, Outgoing

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.1, 5.0
# A broker that is being restarted has no topics for a moment; one that refuses longer will refuse for ever.
_REFUSALS_SECONDS = 60.0
_REQUEST_SECONDS = 15.0
# Several requests' worth at once: the rarer topics then cost a small request each for thousands of
# messages instead of for every thousand (measured: 14 % more messages a second).
_TAKEN_MESSAGES = 4 * PUBLISH_MESSAGES


class Publishes(Protocol):
    """What is needed of ``contracts.broker.Publisher``."""

    def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
        """Publish all; returns when every one is accepted."""

    def close(self) -> None:
        """Close the connection."""


class Outbox:
    """Publishes batches from a thread of its own, one after the other. Use as a context manager.

    ``capacity`` is how many messages may wait: whoever fills it asks ``is_full`` first. A broker that
    is away is asked again with growing pauses through a new connection, because a connection's own
    back-off grows to minutes.
    """

    def __init__(self, connect: Callable[[], Publishes], *, capacity: int) -> None:
        self._connect = connect
        self._capacity = capacity
        self._publisher: Publishes | None = None
        self._changed = threading.Condition()
        self._batches: deque[tuple[int, Sequence[Outgoing]]] = deque()
        self._waiting = 0
        self._working = False
        self._paused = False
        self._closing = False
        self._abandoned = threading.Event()
        self._failure: VitrineError | None = None
        self._published_batch = 0
        self._published = {str(it): 0 for it in SOURCES}
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandoned.set()
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=_REQUEST_SECONDS + 5)
        if self._publisher is not None:
            self._publisher.close()

    def put(self, number: int, messages: Sequence[Outgoing]) -> None:
        """Queue a batch; an empty one only says that everything up to its number is done."""
        with self._changed:
            self._batches.append((number, messages))
            self._waiting += len(messages)
            self._changed.notify_all()

    @property
    def is_full(self) -> bool:
        """Whether no more should be put."""
        return self._waiting >= self._capacity

    @property
    def waiting(self) -> int:
        """Messages not yet accepted by the broker."""
        return self._waiting

    @property
    def published_batch(self) -> int:
        """All batches up to this number are accepted."""
        return self._published_batch

    @property
    def published(self) -> dict[str, int]:
        """Messages accepted by the broker, by topic."""
        return dict(self._published)

    @property
    def is_paused(self) -> bool:
        """Whether a pause is asked for and no request is under way any more."""
        return self._paused and not self._working

    def pause(self, paused: bool) -> None:
        """Publish nothing from the next request on, or go on."""
        with self._changed:
            if paused != self._paused:
                log.get(__name__).info("pausing" if paused else "resuming", waiting=self._waiting)
            self._paused = paused
            self._changed.notify_all()

    def check(self) -> None:
        """Raise what stopped the thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def drain(self, seconds: float) -> bool:
        """Wait until everything is published; False when it is not after ``seconds``."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting == 0 or self._failure is not None, seconds)

    def _run(self) -> None:
        try:
            while batches := self._take():
                self._publish([message for _number, batch in batches for message in batch])
                self._strike(batches)
        except VitrineError as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _take(self) -> list[tuple[int, Sequence[Outgoing]]]:
        """The next batches, about ``_TAKEN_MESSAGES``; nothing when closing."""
        with self._changed:
            self._changed.wait_for(lambda: self._closing or (self._batches and not self._paused))
            if self._closing:
                return []
            self._working = True
            taken: list[tuple[int, Sequence[Outgoing]]] = []
            size = 0
            for batch in self._batches:
                if taken and size + len(batch[1]) > _TAKEN_MESSAGES:
                    break
                taken.append(batch)
                size += len(batch[1])
            return taken

    def _strike(self, batches: Sequence[tuple[int, Sequence[Outgoing]]]) -> None:
        with self._changed:
            for number, messages in batches:
                self._batches.popleft()
                self._waiting -= len(messages)
                self._published_batch = number
                for message in messages:
                    self._published[SOURCES[message.source]] += 1
            self._working = False
            self._changed.notify_all()

    def _publish(self, messages: Sequence[Outgoing]) -> None:
        """Publish request by request; one that went through is not published again."""
        by_topic: dict[int, list[Outgoing]] = {}
        for it in messages:
            by_topic.setdefault(it.source, []).append(it)
        # Products and customers first: what is sold next may refer to them.
        for source in sorted(by_topic, reverse=True):
            of_topic = by_topic[source]
            for start in range(0, len(of_topic), PUBLISH_MESSAGES):
                self._publish_request(SOURCES[source], of_topic[start : start + PUBLISH_MESSAGES])

    def _wait_while_paused(self) -> None:
        """Between two requests: rest for as long as a pause is in force."""
        with self._changed:
            while self._paused:
                self._working = False
                self._changed.wait()
                if self._closing:
                    raise BrokerUnavailable("gave up publishing: the process is ending during a pause")
            self._working = True

    def _publish_request(self, topic: str, outgoing: Sequence[Outgoing]) -> None:
        messages = [
            Message(it.payload, {SCHEMA_VERSION_ATTRIBUTE: SCHEMA_VERSION, PRODUCED_AT_ATTRIBUTE: it.produced})
            for it in outgoing
        ]
        wait = _FIRST_WAIT_SECONDS
        began = time.monotonic()
        while True:
            self._wait_while_paused()
            try:
                if self._publisher is None:
                    self._publisher = self._connect()
                self._publisher.publish(topic, messages, timeout_seconds=_REQUEST_SECONDS)
            except (BrokerUnavailable, BrokerRefused) as error:
                if isinstance(error, BrokerRefused) and time.monotonic() - began > _REFUSALS_SECONDS:
                    raise
                log.get(__name__).warning("broker away, trying again", topic=topic, seconds=wait, problem=str(error))
            else:
                return
            if self._publisher is not None:
                self._publisher.close()
                self._publisher = None
            self._working = False
            if self._abandoned.wait(wait):
                raise BrokerUnavailable(f"gave up publishing to {topic}: the process is ending")
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
