"""What a trial does, all of it from its seed: where the stream ends, how, in which order, and a rebuild after it."""

import random
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from tests.recovery.armed import REBUILD_POINTS, STREAM_POINTS, End, Point

# Killed from outside, at whatever moment.
ANYWHERE = "job: SIGKILL at a random moment"
INGEST = "ingest: SIGKILL at a random moment"


class Rebuild(StrEnum):
    """Which recomputation dies in the middle."""

    OF_THE_JOB = "Redis loses everything, the job rebuilds and dies as a whole"
    BY_HAND = "rebuild by hand, it alone dies"
    HEAL = "heal by hand, it alone dies"


class Death(NamedTuple):
    """One end of the job: at a point, or ``None``: killed at a random moment."""

    point: Point | None
    end: End

    @property
    def name(self) -> str:
        """As it is counted."""
        return ANYWHERE if self.point is None else f"{self.point.value} ({self.end})"


class Plan:
    """Draws from ``seed``; what is given is done in a drawn order."""

    def __init__(self, seed: int, deaths: Sequence[Death] | int, *, rebuild: Rebuild | None = None) -> None:
        """``deaths``: these, or so many: all but two are aborts, which cost least."""
        self.seed = seed
        self.chance = random.Random(seed)
        if isinstance(deaths, int):
            points = self.chance.choices(STREAM_POINTS, k=deaths - 1)
            drawn = [Death(it, End.ABORT) for it in points[1:]]
            self.deaths = [*drawn, Death(points[0], End.KILL), Death(None, End.KILL)]
            self.chance.shuffle(self.deaths)
            self.most_skipped = 2
        else:
            self.deaths = self.chance.sample(deaths, len(deaths))
            # In less time: a batch skipped is a batch waited for.
            self.most_skipped = 1
        # Ingest is killed in the middle of one of them.
        self.ingest_dies_in = self.chance.randrange(len(self.deaths))
        self.rebuild = self.chance.choice(list(Rebuild)) if rebuild is None else rebuild
        self.rebuild_point = self.chance.choice(REBUILD_POINTS)
        # A heal has little to do, and nothing but the hour under way where the job's own has just been there.
        self.most_skipped_in_rebuild = 0 if self.rebuild is Rebuild.HEAL else self.most_skipped
