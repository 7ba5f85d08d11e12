"""One batch for each day of the shop's clock, which may run faster than the wall's."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from contracts.clock import ShopClock
from local.running import Child

# Of a shop whose day takes less of the wall's time the batch stays (``jobs.batch daily``): what Spark's start costs and
# what Java has compiled is paid for once. Otherwise it ends with its run, and its memory is free.
_SHORT_DAY_SECONDS = 600.0
_DAY_SECONDS = 86_400.0
# A run that failed is tried again after this much of the wall's time.
_RETRY_SECONDS = 60.0


def command(clock: ShopClock) -> str:
    """The batch's command for a shop with this clock."""
    return "daily" if _DAY_SECONDS / clock.speed < _SHORT_DAY_SECONDS else "run"


class DailyBatch:
    """Starts a run when the shop's day is later than the one that the newest run describes.

    ``start`` is given the ``command``.
    """

    def __init__(self, zone: ZoneInfo, *, start: Callable[[str], Child], say: Callable[[str], None]) -> None:
        self._zone = zone
        self._start = start
        self._say = say
        self._child: Child | None = None
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """The run under way."""
        return self._child.pid if self._child is not None else None

    def tick(self, now: float, clock: ShopClock, newest_run: dt.datetime | None) -> None:
        """Do what is due at ``now`` (monotonic seconds)."""
        if self._child is not None:
            self._look_at(self._child, now)
        elif now >= self._not_before and clock.has_left_the_day_of(newest_run, self._zone):
            self._say(f"the shop's day is {clock.day(self._zone).isoformat()}: running the batch")
            self._child = self._start(command(clock))

    def _look_at(self, child: Child, now: float) -> None:
        code = child.exit_code()
        if code is None:
            return
        child.stop(timeout=0)
        self._child = None
        if code != 0:
            self._not_before = now + _RETRY_SECONDS
            self._say(f"the batch ended with {code} and is tried again in {_RETRY_SECONDS:g} s; see logs/batch.log")

    def stop(self) -> None:
        """End a run under way: a run that was not published leaves the one before."""
        if self._child is not None:
            self._child.stop(timeout=10)
            self._child = None
