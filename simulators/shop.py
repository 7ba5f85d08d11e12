"""The shards of one process, paced: every message has its slot in time, and a slot its message."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from simulators.agenda import CustomerVersion, Entry, Journal, Outgoing, Plan, ProductVersion
from simulators.moments import SECOND, to_texts
from simulators.shard import SHARDS, Shard, ShardSettings, customers_message
from simulators.visits import World


def shards_of(process: int, processes: int) -> range:
    """The shards that process ``process`` of ``processes`` runs."""
    return range(process, SHARDS, processes)


class Shop:
    """Slot k of shard s is ``(64 k + s) / rate`` after the start, whatever the number of processes.

    ``rate`` is in messages per second of the shop's time over all shards. Times are microseconds.
    """

    def __init__(
        self,
        world: World,
        shards: Sequence[int],
        *,
        rate: float,
        start: int,
        settings: ShardSettings,
        next_entries: dict[int, int] | None = None,
    ) -> None:
        self._world = world
        self._known_customers = settings.known_customers
        following = next_entries or {}
        self._shards = {it: Shard(world, it, settings, next_entry=following.get(it, 0)) for it in shards}
        self._step = SECOND / rate
        self._start = start
        self._order = [(it, self._shards[it]) for it in sorted(shards)]
        self._numbers = np.array(sorted(shards), np.int64)
        # Slots are counted over our own shards from the start: round by round, one for each shard.
        self._slot = 0
        self._planned_until = start

    def advance(self, until: int) -> Journal:
        """Everything that happens up to ``until``, in order of time."""
        journal = Journal()
        places, first = len(self._order), self._slot
        rounds = int((until - self._start) / self._step / SHARDS) + 2
        times = self._times(np.arange(first, max(rounds * places, first)))
        times = times[: int(np.searchsorted(times, until, side="right"))]
        stamps, moments = to_texts(times), times.tolist()
        messages: list[Outgoing | None] = [None] * len(moments)
        for at in range(min(places, len(moments))):
            shard = self._order[(first + at) % places][1]
            messages[at::places] = shard.advance(moments[at::places], stamps[at::places], journal)
        journal.messages = [it for it in messages if it is not None]
        self._slot += len(moments)
        return journal

    def skip_to(self, time: int) -> None:
        """Take up again at ``time`` after a standstill: the slots in between stay empty."""
        self._start, self._slot = time, 0

    def next_time(self) -> int:
        """The time of the next slot."""
        return int(self._times(np.array([self._slot]))[0])

    def _times(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        rounds, places = np.divmod(slots, len(self._order))
        return self._start + ((rounds * SHARDS + self._numbers[places]) * self._step).astype(np.int64)

    def look_ahead(self, until: int, stored: Iterable[Entry]) -> None:
        """Take the entries due by ``until`` onto the agendas: ``stored`` ones and what is known in advance.

        ``stored`` are those of the ledger that were due after the last call's ``until``. Price and
        segment changes follow from seed and time, so they are worked out, not stored.
        """
        for shard in self._shards.values():
            shard.horizon = until
        for entry in stored:
            self._shard_for(entry).agenda.push(entry)
        changes = Journal()
        products, times = self._world.catalogue.price_changes(self._planned_until, until)
        for product, time in zip(products.tolist(), times.tolist(), strict=True):
            if product % SHARDS in self._shards:
                self._shards[product % SHARDS].schedule(time, ProductVersion(product), changes, durable=False)
        numbers, times = self._world.customers.promotions(self._known_customers, self._planned_until, until)
        for number, time in zip(numbers.tolist(), times.tolist(), strict=True):
            if number % SHARDS in self._shards:
                self._shards[number % SHARDS].schedule(time, CustomerVersion(number), changes, durable=False)
        self._planned_until = until

    def schedule(self, shard: int, due: int, plan: Plan, journal: Journal) -> None:
        """Take over what another run, or the history, left under way."""
        self._shards[shard].schedule(due, plan, journal)

    def products(self, time: int) -> Iterable[Outgoing]:
        """The catalogue messages of this process's products, as they are at ``time``."""
        for number, shard in self._order:
            for product in range(number, self._world.catalogue.size, SHARDS):
                yield shard.product_message(product, time)

    def customers(self, numbers: Sequence[int], time: int) -> Iterable[Outgoing]:
        """The messages of customers of the base, as they are at ``time``."""
        known = self._world.customers.events(np.array(numbers, np.int64), np.full(len(numbers), time))
        return [customers_message(it, time) for it in known]

    def own_customers(self) -> list[int]:
        """Numbers of the customers of the base that this process tells of, newest first."""
        numbers = np.arange(self._known_customers - 1, -1, -1)
        return [it for it in numbers.tolist() if it % SHARDS in self._shards]

    def _shard_for(self, entry: Entry) -> Shard:
        """An entry's own shard, or, when another number of processes left it here, one of ours."""
        shard = self._shards.get(entry.shard)
        return shard if shard is not None else self._order[entry.shard % len(self._order)][1]
