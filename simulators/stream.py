"""What a shard's visitors do, row after row without end, and what befalls each row."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators import faults, identity, visits
from simulators.behaviour import STOCK_MESSAGES
from simulators.faults import Faults
from simulators.moments import SECOND
from simulators.sessions import WEB_TYPES
from simulators.visits import Row, World

MESSAGES_PER_VISIT = 3.6
# What befalls a row besides the faults: a product's stock is told after it.
RESTOCK = faults.MALFORMED + 1

_BLOCK_SECONDS = 120.0
_FEWEST_VISITS, _MOST_VISITS = 64, 256
# A visit lasts about this long; in a block shorter than that shoppers hurry, so that the visits
# under way (and with them the memory) stay bounded at any rate.
_VISIT_SECONDS = 80.0


class Taken(NamedTuple):
    """One row, its step, what befalls it and a chance in [0, 1) for that."""

    row: Row
    step: int
    befalls: int
    chance: float


class Stream:
    """The rows of one shard under ids that follow from ``names``; ``rate`` in messages per second."""

    def __init__(
        self, world: World, names: tuple[int | str, ...], *, rate: float, known_customers: int, injected: Faults
    ) -> None:
        self._world = world
        self._names = names
        self._known_customers = known_customers
        self._faults = injected
        visit_rate = rate / MESSAGES_PER_VISIT
        self._visits = int(min(max(visit_rate * _BLOCK_SECONDS, _FEWEST_VISITS), _MOST_VISITS))
        seconds = self._visits / visit_rate
        self._hurry = min(1.0 / seconds, 1.0 / _VISIT_SECONDS) / SECOND
        self._block = 0
        self._carried = visits.EMPTY
        self._rows: list[Row] = []
        self._steps = np.empty(0, np.int64)
        self._befalls: list[int] = []
        self._chance: list[float] = []
        # Where the rows stand that are no plain web events, and the end.
        self._special: list[int] = [0]
        self._next_special = 0
        self._at = 0

    def take_plain(self, most: int) -> tuple[list[Row], NDArray[np.int64]]:
        """Up to ``most`` web events that nothing befalls, with their steps; none if the next is not one."""
        while self._at == len(self._rows):
            self._refill()
        first = self._at
        self._at = min(first + most, self._special[self._next_special])
        return self._rows[first : self._at], self._steps[first : self._at]

    def take(self) -> Taken:
        """The next row, whatever it is."""
        while self._at == len(self._rows):
            self._refill()
        at = self._at
        self._at += 1
        if self._special[self._next_special] == at:
            self._next_special += 1
        return Taken(self._rows[at], int(self._steps[at]), self._befalls[at], self._chance[at])

    def _refill(self) -> None:
        """Write the next block of visits; what reaches beyond the block's end is carried on."""
        names = (*self._names, self._block)
        if self._block == 0:
            self._carried = visits.under_way(self._write((*self._names, "abertura")))
        block = self._write(names)
        offsets = np.concatenate([self._carried.offsets, block.offsets])
        rows, steps = self._carried.rows + block.rows, self._carried.steps + block.steps
        order = np.argsort(offsets, kind="stable").tolist()
        now = int(np.searchsorted(offsets[order], 1.0))
        self._rows = [rows[it] for it in order[:now]]
        self._steps = np.array([steps[it] for it in order[:now]], np.int64)
        later = order[now:]
        # The carried ones are counted from the next block's begin.
        self._carried = visits.Block(
            [rows[it] for it in later], [steps[it] for it in later], np.array(later, np.int64), offsets[later] - 1.0
        )
        chance = identity.generator(*names, "acaso")
        befalls = faults.draw(self._faults, chance.random(now))
        restocks = (befalls == faults.NONE) & (chance.random(now) < STOCK_MESSAGES)
        befalls = np.where(restocks, RESTOCK, befalls)
        self._befalls = befalls.tolist()
        self._chance = chance.random(now).tolist()
        special = (self._steps >= len(WEB_TYPES)) | (befalls != faults.NONE)
        self._special = [*np.flatnonzero(special).tolist(), now]
        self._next_special = 0
        self._at = 0
        self._block += 1

    def _write(self, names: tuple[int | str, ...]) -> visits.Block:
        return visits.write(self._world, names, self._known_customers, self._visits, self._hurry)
