"""What a shard's visitors do, row after row without end, and what befalls each row."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators import faults, identity, visits
from simulators.behaviour import BOT_PAGES, STOCK_MESSAGES
from simulators.clientele import Clientele
from simulators.customers import SHARDS
from simulators.faults import Faults
from simulators.moments import SECOND
from simulators.pace import Pace
from simulators.sessions import WEB_TYPES
from simulators.visitors import Visitors
from simulators.visits import Row
from simulators.world import World

# What befalls a row besides the faults: a product's stock is told after it.
RESTOCK = faults.MALFORMED + 1

# Visits are written for so long at once (by the wall's clock), if they are not too many. It is less than
# the lead of a scenario, so that what has been written when a process hears of one never reaches beyond
# its begin: whenever they hear of it, processes write the same.
BLOCK_SECONDS = 8.0
_MOST_VISITS = 256
# A visit lasts about this long. Where more than the most would be under way, shoppers hurry, so that
# the memory for them stays bounded at any rate.
_VISIT_SECONDS = 80.0
_BOT_MESSAGES = sum(BOT_PAGES) / 2


class Taken(NamedTuple):
    """One row, its step, what befalls it and a chance in [0, 1) for that."""

    row: Row
    step: int
    befalls: int
    chance: float


class Stream:
    """The rows of one shard under ids that follow from ``names``, about as many as ``pace`` has room for.

    They are written for ``block`` microseconds at once.
    """

    def __init__(
        self,
        world: World,
        clientele: Clientele,
        shard: int,
        names: tuple[int | str, ...],
        *,
        pace: Pace,
        block: int,
        injected: Faults,
    ) -> None:
        self._world = world
        self._visitors = Visitors(world, clientele, shard, names)
        self._names = names
        self._pace = pace
        self._messages = world.behaviour.messages
        self._length = block
        self._faults = injected
        self._block = 0
        # Parts of visits, of shoppers and of bots, that the blocks so far were too short for.
        self._owed = [0.0, 0.0]
        self._carried = visits.EMPTY
        self._rows: list[Row] = []
        self._steps = np.empty(0, np.int64)
        self._befalls: list[int] = []
        self._chance: list[float] = []
        # Where the rows stand that are no plain web events, and the end.
        self._special: list[int] = [0]
        self._next_special = 0
        self._at = 0

    def take_plain(self, most: int, time: int) -> tuple[list[Row], NDArray[np.int64]]:
        """Up to ``most`` web events that nothing befalls, with their steps; none if the next is not one.

        ``time`` is that of the first of them.
        """
        while self._at == len(self._rows):
            self._refill(time)
        first = self._at
        self._at = min(first + most, self._special[self._next_special])
        return self._rows[first : self._at], self._steps[first : self._at]

    def take(self, time: int) -> Taken:
        """The next row, whatever it is."""
        while self._at == len(self._rows):
            self._refill(time)
        at = self._at
        self._at += 1
        if self._special[self._next_special] == at:
            self._next_special += 1
        return Taken(self._rows[at], int(self._steps[at]), self._befalls[at], self._chance[at])

    def _refill(self, now: int) -> None:
        """Write the visits that begin in the next block of time; what reaches beyond its end is carried on."""
        names = (*self._names, self._block)
        end, hurry = self._plan_block(now)
        if self._block == 0:
            self._carried = self._under_way(now, end, hurry)
        block = visits.joined([self._carried, *self._visits(names, now, end, hurry)])
        order = np.argsort(block.due, kind="stable")
        due = block.due[order]
        count = int(np.searchsorted(due, end))
        now_due, later = order[:count], order[count:]
        rows = block.rows
        self._rows = [rows[it] for it in now_due.tolist()]
        self._steps = block.steps[now_due]
        self._carried = visits.Block([rows[it] for it in later.tolist()], block.steps[later], later, due[count:])
        chance = identity.generator(*names, "acaso")
        befalls = faults.draw(self._faults, chance.random(count))
        restocks = (befalls == faults.NONE) & (chance.random(count) < STOCK_MESSAGES)
        befalls = np.where(restocks, RESTOCK, befalls)
        self._befalls = befalls.tolist()
        self._chance = chance.random(count).tolist()
        special = (self._steps >= len(WEB_TYPES)) | (befalls != faults.NONE)
        self._special = [*np.flatnonzero(special).tolist(), count]
        self._next_special = 0
        self._at = 0
        self._block += 1

    def _plan_block(self, now: int) -> tuple[int, float]:
        """When the block that begins ``now`` ends, and how much shoppers hurry in it.

        It goes beyond the begin or end of a scenario only where not a single visit has room before; being cut
        short is no reason to hurry.
        """
        end = now + self._length
        expected = self._expected(now, end)
        if expected > _MOST_VISITS:
            end = self._pace.time(self._pace.count(now) + _MOST_VISITS * self._messages * SHARDS)
        under_way = expected / self._length * _VISIT_SECONDS * SECOND
        hurry = min(1.0, _MOST_VISITS / under_way)
        bound = self._world.scenarios.next_bound(now)
        if bound < end and self._expected(now, bound) >= 1:
            end = bound
        return end, hurry

    def _under_way(self, now: int, end: int, hurry: float) -> visits.Block:
        """What is still to come of visits that began before, as if the shop had been open all along.

        They came as often as they will until ``end``.
        """
        while_ago = int(1.5 * _VISIT_SECONDS * SECOND * hurry)
        count = max(round(self._expected(now, end) / (end - now) * while_ago), 1)
        begins = np.linspace(now - while_ago, now, count, endpoint=False).astype(np.int64)
        rate = self._expected(now, end) / (end - now) * SECOND
        return visits.under_way(self._visitors.take(begins, hurry, rate), now)

    def _expected(self, begin: int, end: int) -> float:
        """How many visits there is room for."""
        messages = (self._pace.count(end) - self._pace.count(begin)) / SHARDS
        return messages / self._messages

    def _visits(self, names: tuple[int | str, ...], begin: int, end: int, hurry: float) -> list[visits.Block]:
        """The shoppers' and the bots' visits that begin in a block."""
        room = self._expected(begin, end)
        bots = self._world.scenarios.at(begin).bots
        self._owed[0] += room * (1 - bots)
        self._owed[1] += room * bots * self._messages / _BOT_MESSAGES
        chance = identity.generator(*names, "chegada")
        times = []
        for place, owed in enumerate(self._owed):
            self._owed[place] = owed % 1.0
            first, last = self._pace.count(begin), self._pace.count(end)
            times.append(self._pace.times(np.sort(first + (last - first) * chance.random(int(owed)))))
        bots_visits = visits.write_bots(self._world, names, times[1], hurry)
        return [self._visitors.take(times[0], hurry, room / (end - begin) * SECOND), bots_visits]
