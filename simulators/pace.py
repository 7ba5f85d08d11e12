"""The pace of the shop: how many messages are due by a moment, and when the n-th one is.

Messages are counted over all shards. Their number grows with the rate, the seasons and the scenario in
force; the time of the n-th follows from it alone, so that every process, whatever its shards, works
to the same timetable.
"""

from bisect import bisect_right
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.moments import MINUTE, SECOND
from simulators.scenarios import ScenarioLog
from simulators.seasons import Seasons

# The season is taken as constant for so long.
_CELL = 5 * MINUTE


class Pace:
    """``rate`` is messages per second of the shop's time, the year's mean; message 0 is due at ``start``.

    Without ``seasons`` the rate is the same at any time. Times are microseconds.
    """

    def __init__(self, rate: float, start: int, *, seasons: Seasons | None, scenarios: ScenarioLog) -> None:
        self._rate = rate / SECOND
        self._seasons = seasons
        self._scenarios = scenarios
        # Piece i begins at times[i], when counts[i] messages are due, and lasts until the next one.
        self._times = [start]
        self._counts = [0.0]
        self._slopes = [self._slope(start)]

    def times(self, numbers: NDArray[Any]) -> NDArray[np.int64]:
        """When each message of these ascending ``numbers`` is due; they may lie between two messages."""
        if len(numbers) == 0:
            return np.empty(0, np.int64)
        self._reach_count(float(numbers[-1]))
        places = np.searchsorted(np.array(self._counts), numbers, side="right") - 1
        into = (numbers - np.array(self._counts)[places]) / np.array(self._slopes)[places]
        return np.asarray(np.array(self._times)[places] + into.astype(np.int64), np.int64)

    def time(self, number: float) -> int:
        """When one message is due."""
        self._reach_count(number)
        place = max(bisect_right(self._counts, number) - 1, 0)
        return self._times[place] + int((number - self._counts[place]) / self._slopes[place])

    def count(self, time: int) -> float:
        """How many messages are due by ``time``; not before what ``forget`` has dropped."""
        self._reach_time(time)
        place = max(bisect_right(self._times, time) - 1, 0)
        return self._counts[place] + (time - self._times[place]) * self._slopes[place]

    def skip(self, number: int, time: int) -> None:
        """Let message ``number`` be due at ``time``, and the rest after it."""
        self._times, self._counts, self._slopes = [time], [float(number)], [self._slope(time)]

    def follow(self, scenarios: ScenarioLog, now: int) -> None:
        """Work to another log of scenarios, as far as it concerns what comes after ``now``."""
        count = self.count(now)
        self._scenarios = scenarios
        kept = bisect_right(self._times, now)
        del self._times[kept:], self._counts[kept:], self._slopes[kept:]
        slope = self._slope(now)
        if slope != self._slopes[-1]:
            self._times.append(now)
            self._counts.append(count)
            self._slopes.append(slope)

    def forget(self, number: int) -> None:
        """Drop what is only needed for messages before ``number``."""
        kept = max(bisect_right(self._counts, number) - 1, 0)
        del self._times[:kept], self._counts[:kept], self._slopes[:kept]

    def _reach_count(self, number: float) -> None:
        while self._end_count() <= number:
            self._extend()

    def _reach_time(self, time: int) -> None:
        while self._end_time() <= time:
            self._extend()

    def _end_time(self) -> int:
        last = self._times[-1]
        return min((last // _CELL + 1) * _CELL, self._scenarios.next_bound(last))

    def _end_count(self) -> float:
        return self._counts[-1] + (self._end_time() - self._times[-1]) * self._slopes[-1]

    def _extend(self) -> None:
        count, time = self._end_count(), self._end_time()
        self._times.append(time)
        self._counts.append(count)
        self._slopes.append(self._slope(time))

    def _slope(self, time: int) -> float:
        """Messages per microsecond in the piece that begins at ``time``."""
        season = 1.0
        if self._seasons is not None:
            season = self._seasons.at(time // _CELL * _CELL + _CELL // 2)
        return self._rate * season * self._scenarios.at(time).traffic
