"""Frames from the one poller to all viewers: each gets the newest, nobody makes a queue grow."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct

from contracts.live import WindowName
from dashboard.formats import Language


class Topic(Struct, frozen=True):
    """What a viewer looks at."""

    window: WindowName
    language: Language


class Mailbox:
    """Holds the newest frame for one viewer; a viewer too slow for one gets the next. Event loop only."""

    def __init__(self) -> None:
        self._frame: bytes | None = None
        self._changed = asyncio.Event()
        self.is_closed = False

    def put(self, frame: bytes) -> None:
        """Replace what was not yet fetched."""
        self._frame = frame
        self._changed.set()

    def close(self) -> None:
        """Let ``get`` return None from now on."""
        self.is_closed = True
        self._changed.set()

    async def get(self, timeout_seconds: float) -> bytes | None:
        """The newest frame not yet fetched; None after ``timeout_seconds`` without one, or once closed."""
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_seconds)
        except TimeoutError:
            return None
        if self.is_closed:
            return None
        self._changed.clear()
        frame, self._frame = self._frame, None
        return frame


class Hub:
    """The viewers of each topic, and the last frame of each. Event loop only, but for ``wanted`` and ``is_watched``."""

    def __init__(self) -> None:
        self._viewers: dict[Topic, set[Mailbox]] = {}
        self._last: dict[Topic, bytes] = {}
        self._is_closed = False

    def wanted(self) -> dict[Topic, int]:
        """How many viewers each watched topic has; safe to call from any thread."""
        return {topic: len(viewers) for topic, viewers in self._viewers.copy().items()}

    def is_watched(self) -> bool:
        """Whether there is any viewer; safe to call from any thread."""
        return bool(self._viewers)

    def has_frame(self, topic: Topic) -> bool:
        """Whether a new viewer of ``topic`` gets a frame at once."""
        return topic in self._last

    @contextmanager
    def viewer(self, topic: Topic) -> Iterator[Mailbox]:
        """A mailbox that gets the frames of ``topic`` while it is open, beginning with the last one."""
        mailbox = Mailbox()
        if self._is_closed:
            mailbox.close()
        viewers = self._viewers.setdefault(topic, set())
        viewers.add(mailbox)
        if topic in self._last:
            mailbox.put(self._last[topic])
        try:
            yield mailbox
        finally:
            viewers.discard(mailbox)
            if not viewers and self._viewers.get(topic) is viewers:
                del self._viewers[topic]
                # What nobody watches gets old: the next viewer waits for a fresh one.
                self._last.pop(topic, None)

    def publish(self, frames: Mapping[Topic, bytes]) -> None:
        """Hand each topic's frame to its viewers."""
        for topic, frame in frames.items():
            viewers = self._viewers.get(topic)
            if viewers:
                self._last[topic] = frame
                for mailbox in viewers:
                    mailbox.put(frame)

    def close(self) -> None:
        """End every viewer's stream, now and later: the server stops."""
        self._is_closed = True
        for viewers in self._viewers.values():
            for mailbox in viewers:
                mailbox.close()
