"""One part's life: waiting, starting, working, dead and started again with growing pauses."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from local.parts import Part

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
# After this long without dying the next death counts as the first.
_STEADY_SECONDS = 60.0


class State(StrEnum):
    """Where a part stands."""

    WAITING = "waiting"
    STARTING = "starting"
    WORKING = "working"
    PAUSING = "pausing before the next start"
    STOPPED = "stopped"


class Child(Protocol):
    """What a started process offers."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def exit_code(self) -> int | None:
        """None while it runs."""

    def stop(self, timeout: float) -> int:
        """Stop it, by force after ``timeout`` seconds; its exit code."""


class Backoff:
    """Pauses between starts: 1 s, 2 s, 4 s and so on to a minute, from the beginning after a steady time."""

    def __init__(self) -> None:
        self._deaths = 0

    def pause_after(self, lived_seconds: float) -> float:
        """How long to wait after a life of ``lived_seconds``."""
        self._deaths = 1 if lived_seconds >= _STEADY_SECONDS else self._deaths + 1
        return float(min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** min(self._deaths - 1, 10)))


class RunningPart:
    """Moves on by ``tick``; starts and probes through what it is given, and tells through ``say``."""

    def __init__(
        self,
        part: Part,
        *,
        start: Callable[[Part], Child],
        works: Callable[[Part, int], bool],
        say: Callable[[str], None],
    ) -> None:
        self.part = part
        self.state = State.WAITING
        self.restarts = 0
        self.usage_error = False
        """It ended with 2: what it was told is wrong, and starting it again changes nothing."""
        self._start = start
        self._works = works
        self._say = say
        self._backoff = Backoff()
        self._child: Child | None = None
        self._since = 0.0
        self._next_start = 0.0

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._child.pid if self._child is not None else None

    def tick(self, now: float, working: set[str]) -> None:
        """Do what is due at ``now`` (monotonic seconds), given the names of the parts that work."""
        if self.state is State.WAITING and set(self.part.needs) <= working:
            self._begin(now)
        elif self.state is State.PAUSING and now >= self._next_start:
            self.restarts += 1
            self._begin(now)
        elif self._child is not None:
            self._look_at(self._child, now)

    def _begin(self, now: float) -> None:
        self._child = self._start(self.part)
        self.state = State.STARTING
        self._since = now

    def _look_at(self, child: Child, now: float) -> None:
        code = child.exit_code()
        if code is not None:
            self._died(child, code, now)
        elif self.state is State.STARTING and self._works(self.part, child.pid):
            self.state = State.WORKING
            again = f" again (restart {self.restarts})" if self.restarts else ""
            self._say(f"{self.part.name} works{again}")

    def _died(self, child: Child, code: int, now: float) -> None:
        child.stop(timeout=0)
        self._child = None
        if code == 2:
            self.state = State.STOPPED
            self.usage_error = True
            return
        pause = self._backoff.pause_after(now - self._since)
        self.state = State.PAUSING
        self._next_start = now + pause
        self._say(f"{self.part.name} ended with {code} and is started again in {pause:g} s")

    def overdue(self, now: float) -> bool:
        """Whether it should have worked by now."""
        return self.state is State.STARTING and now - self._since > self.part.ready_seconds

    def stop(self) -> None:
        """Stop it and wait; it is not started again."""
        self.state = State.STOPPED
        if self._child is not None:
            self._child.stop(self.part.stop_seconds)
            self._child = None
