"""The customers whom a shard, or the history, looks after: who comes back, and what they have ordered so far."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from contracts.events import SegmentoCliente
from simulators import customers, identity
from simulators.behaviour import PROMOTION_DELAY, RETURN_CLASSES
from simulators.customers import segment_after

Ids = NDArray[np.uint8]
Integers = NDArray[np.int64]

_WEIGHTS = np.array([visits for _share, visits in RETURN_CLASSES])
# New customers are remembered up to this number in each class; then the first of them do not come back.
_MOST_NEW = 100_000


class _Class:
    """Customers who come back equally often: those of the opening, and behind them the new ones."""

    def __init__(self, ids: Ids) -> None:
        self.ids = ids.copy()
        self.count = len(ids)
        self._base = len(ids)
        self._next = len(ids)

    def add(self, ids: Ids) -> None:
        for row in ids:
            if self._next == len(self.ids):
                grown = np.empty((max(2 * len(self.ids), 16), 16), np.uint8)
                grown[: self.count] = self.ids[: self.count]
                self.ids = grown
            self.ids[self._next] = row
            self._next += 1
            self.count = max(self.count, self._next)
            if self._next - self._base == _MOST_NEW:
                self._next = self._base


class Clientele:
    """Customers with ids (rows of 16 bytes), when they registered, and how many orders they have placed."""

    def __init__(self, ids: Ids, registered: Integers, orders: Integers) -> None:
        words = identity.low_words(ids)
        order = np.argsort(words)
        self._words = words[order]
        self._registered = registered[order]
        self._orders = orders[order]
        classes = customers.return_classes(ids)
        self._classes = [_Class(ids[classes == it]) for it in range(len(RETURN_CLASSES))]
        # Of those who registered since: when, and how many orders.
        self._new: dict[int, list[int]] = {}
        # Orders whose promotion may not be valid yet: when, and whose.
        self._latest: deque[tuple[int, int]] = deque()

    def __len__(self) -> int:
        return sum(it.count for it in self._classes)

    def pick(self, chance: NDArray[np.float64]) -> Ids:
        """For each chance in [0, 1) a customer, those who come back often more often."""
        counts = np.array([it.count for it in self._classes])
        bounds = np.concatenate([[0.0], np.cumsum(counts * _WEIGHTS)])
        place = chance * bounds[-1]
        which = np.minimum(np.searchsorted(bounds, place, side="right") - 1, len(counts) - 1)
        # Empty classes have no width; rounding at a bound must not leave the class.
        at = np.clip(((place - bounds[which]) / _WEIGHTS[which]).astype(np.int64), 0, counts[which] - 1)
        ids = np.empty((len(chance), 16), np.uint8)
        for number, it in enumerate(self._classes):
            mine = which == number
            ids[mine] = it.ids[at[mine]]
        return ids

    def enrol(self, ids: Ids, registered: list[int]) -> None:
        """Take in new customers; from now on they may come back."""
        classes = customers.return_classes(ids)
        for number, it in enumerate(self._classes):
            it.add(ids[classes == number])
        for word, moment in zip(identity.low_words(ids).tolist(), registered, strict=True):
            self._new.setdefault(word, [moment, 0])

    def segment(self, id_bytes: bytes, time: int) -> SegmentoCliente:
        """The segment of a customer at ``time``, by the orders that count for it by then; unknown ones are new."""
        word, (_registered, orders) = _word(id_bytes), self._account(id_bytes)
        since = time - PROMOTION_DELAY
        return segment_after(orders - sum(at > since and it == word for at, it in self._latest))

    def order(self, id_bytes: bytes, time: int) -> tuple[int, SegmentoCliente] | None:
        """Count an order; when the customer registered and the new segment, where it has changed by it.

        Orders come in the order of their times.
        """
        word = _word(id_bytes)
        registered, before = self._account(id_bytes)
        account = self._new.setdefault(word, [registered, before])
        account[1] = before + 1
        while self._latest and self._latest[0][0] <= time - PROMOTION_DELAY:
            self._latest.popleft()
        self._latest.append((time, word))
        segment = segment_after(before + 1)
        return (registered, segment) if segment != segment_after(before) and registered else None

    def _account(self, id_bytes: bytes) -> tuple[int, int]:
        """When a customer registered (0: unknown) and how many orders they have placed."""
        word = _word(id_bytes)
        found = self._new.get(word)
        if found is not None:
            return found[0], found[1]
        place = int(np.searchsorted(self._words, np.uint64(word)))
        if place < len(self._words) and int(self._words[place]) == word:
            return int(self._registered[place]), int(self._orders[place])
        return 0, 0


def _word(id_bytes: bytes) -> int:
    return int.from_bytes(id_bytes[8:], "big")


def of_opening(base: customers.Customers, shard: int, opening: int) -> Clientele:
    """The opening's customers of one shard."""
    numbers = np.arange(shard, base.size, customers.SHARDS)
    return Clientele(base.id_bytes(numbers), base.registered_at(numbers, opening), base.orders_before(numbers))
