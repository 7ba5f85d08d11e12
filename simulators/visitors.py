"""A shard's visitors one after the other: drawn some at a time, handed out as they come."""

import numpy as np
from numpy.typing import NDArray

from simulators import visits
from simulators.clientele import Clientele
from simulators.scenarios import NOTHING
from simulators.visits import Block, Drawn
from simulators.world import World

# Drawing many visits costs hardly more than drawing one; but what is drawn sees the shop of that moment.
_FEWEST, _MOST = 8, 256
_LASTING_SECONDS = 300.0


class Visitors:
    """Visits under ids that follow from ``names``."""

    def __init__(self, world: World, clientele: Clientele, shard: int, names: tuple[int | str, ...]) -> None:
        self._world = world
        self._clientele = clientele
        self._shard = shard
        self._names = names
        self._draws = 0
        self._drawn: Drawn | None = None
        self._next = 0
        self._scenario = NOTHING

    def take(self, begins: NDArray[np.int64], hurry: float, rate: float) -> Block:
        """The next visits, to begin at these ascending times; the pauses in them are multiplied by ``hurry``.

        ``rate`` is about how many come in a second.
        """
        parts: list[Block] = []
        done = 0
        while done < len(begins):
            drawn = self._stock(int(begins[0]), rate)
            count = min(len(begins) - done, drawn.size - self._next)
            parts.append(drawn.part(self._next, begins[done : done + count], hurry, number=done))
            self._next += count
            done += count
        return visits.joined(parts)

    def _stock(self, time: int, rate: float) -> Drawn:
        """What is drawn and not yet taken; drawn anew where nothing is left or it is of another scenario."""
        scenario = self._world.scenarios.at(time)
        if self._drawn is None or self._next == self._drawn.size or scenario != self._scenario:
            count = int(min(max(rate * _LASTING_SECONDS, _FEWEST), _MOST))
            names = (*self._names, "visitas", self._draws)
            self._drawn = visits.draw(self._world, self._clientele, self._shard, names, time, count)
            self._draws += 1
            self._next, self._scenario = 0, scenario
        return self._drawn
