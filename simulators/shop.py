"""The shards of one process, paced: every message has its slot in time, and a slot its message."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from simulators import clientele
from simulators.agenda import Entry, Journal, Outgoing, Plan, ProductVersion
from simulators.clientele import Clientele
from simulators.customers import SHARDS
from simulators.moments import to_texts
from simulators.pace import Pace
from simulators.scenarios import Scenario, ScenarioLog
from simulators.shard import Shard, ShardSettings, customers_message
from simulators.world import World


def shards_of(process: int, processes: int) -> range:
    """The shards that process ``process`` of ``processes`` runs."""
    return range(process, SHARDS, processes)


class Shop:
    """Slot k of shard s is that of message 64 k + s of the pace, whatever the number of processes.

    ``rate`` is in messages per second of the shop's time over all shards, on the year's average. Times
    are microseconds. ``clienteles`` are the customers of each shard; those of the opening where not given.
    """

    def __init__(
        self,
        world: World,
        shards: Sequence[int],
        *,
        rate: float,
        start: int,
        settings: ShardSettings,
        next_entries: Mapping[int, int] | None = None,
        clienteles: Mapping[int, Clientele] | None = None,
    ) -> None:
        self._world = world
        self._opening = start
        self._pace = Pace(rate, start, seasons=world.seasons, scenarios=world.scenarios)
        following, known = next_entries or {}, clienteles or {}
        self._shards = {
            it: Shard(
                world,
                it,
                known[it] if it in known else clientele.of_opening(world.customers, it, start),
                self._pace,
                settings,
                next_entry=following.get(it, 0),
            )
            for it in shards
        }
        self._order = [(it, self._shards[it]) for it in sorted(shards)]
        self._numbers = np.array(sorted(shards), np.int64)
        # Slots are counted over our own shards from the start: round by round, one for each shard.
        self._slot = 0
        self._planned_until = start
        self._told = start

    def advance(self, until: int) -> Journal:
        """Everything that happens up to ``until``, in order of time."""
        journal = Journal()
        places, first = len(self._order), self._slot
        self._pace.forget(self._message(first))
        rounds = int(self._pace.count(until)) // SHARDS + 2
        rounds_, places_ = np.divmod(np.arange(first, max(rounds * places, first)), places)
        times = self._pace.times(rounds_ * SHARDS + self._numbers[places_])
        times = times[: int(np.searchsorted(times, until, side="right"))]
        stamps, moments = to_texts(times), times.tolist()
        messages: list[Outgoing | None] = [None] * len(moments)
        for at in range(min(places, len(moments))):
            shard = self._order[(first + at) % places][1]
            messages[at::places] = shard.advance(moments[at::places], stamps[at::places], journal)
        journal.messages = [it for it in messages if it is not None]
        self._slot += len(moments)
        self._told = max(self._told, until)
        return journal

    def skip_to(self, time: int) -> None:
        """Take up again at ``time`` after a standstill: the time in between stays empty."""
        self._pace.skip(self._message(self._slot), time)
        self._told = max(self._told, time)

    def next_time(self) -> int:
        """The time of the next slot."""
        return self._pace.time(self._message(self._slot))

    def last_time(self) -> int:
        """Up to when the shop has been told."""
        return self._told

    def scenario(self, time: int) -> Scenario:
        """What the shop goes through at ``time``."""
        return self._world.scenarios.at(time)

    def follow(self, scenarios: ScenarioLog, now: int) -> None:
        """Go through other scenarios from ``now`` on. Raises ``UsageError`` where they are not this shop's."""
        before = self._world.scenarios
        self._world.follow(scenarios)
        self._pace.follow(scenarios, now)
        # What was planned for bounds that have moved is told once more, at the new ones.
        late = before.at(now) != scenarios.at(now)
        for bound in ([now] if late else []) + scenarios.bounds(now, self._planned_until):
            self._tell_products(bound)

    def _message(self, slot: int) -> int:
        """The number, over all shards, of one of our slots."""
        rounds, place = divmod(slot, len(self._order))
        return rounds * SHARDS + int(self._numbers[place])

    def look_ahead(self, until: int, stored: Iterable[Entry]) -> None:
        """Take the entries due by ``until`` onto the agendas: ``stored`` ones and what is known in advance.

        ``stored`` are those of the ledger that were due after the last call's ``until``.
        """
        for shard in self._shards.values():
            shard.horizon = until
        for entry in stored:
            self._shard_for(entry).agenda.push(entry)
        self.foresee(until)

    def foresee(self, until: int) -> None:
        """Plan the changes of prices and stocks by ``until``, which follow from seed, time and scenarios."""
        products, times = self._world.catalogue.price_changes(self._planned_until, until)
        for product, time in zip(products.tolist(), times.tolist(), strict=True):
            self._tell_product(product, time)
        for bound in self._world.scenarios.bounds(self._planned_until, until):
            self._tell_products(bound)
        self._planned_until = max(self._planned_until, until)

    def _tell_products(self, bound: int) -> None:
        """Plan the messages of those products that a scenario changes."""
        for product in sorted(self._world.touched(bound)):
            self._tell_product(product, bound)

    def _tell_product(self, product: int, time: int) -> None:
        if product % SHARDS in self._shards:
            self._shards[product % SHARDS].schedule(time, ProductVersion(product), Journal(), durable=False)

    def schedule(self, shard: int, due: int, plan: Plan, journal: Journal) -> None:
        """Take over what another run, or the history, left under way."""
        self._shards[shard].schedule(due, plan, journal)

    def products(self, time: int) -> Iterable[Outgoing]:
        """The catalogue messages of this process's products, as they are at ``time``."""
        for number, shard in self._order:
            for product in range(number, self._world.catalogue.size, SHARDS):
                yield shard.product_message(product, time)

    def customers(self, numbers: Sequence[int], time: int) -> Iterable[Outgoing]:
        """The messages of customers of the opening, as they are at ``time``."""
        known = self._world.customers.events(np.array(numbers, np.int64), self._opening)
        return [customers_message(it, time) for it in known]

    def _shard_for(self, entry: Entry) -> Shard:
        """An entry's own shard, or, when another number of processes left it here, one of ours."""
        shard = self._shards.get(entry.shard)
        return shard if shard is not None else self._order[entry.shard % len(self._order)][1]
