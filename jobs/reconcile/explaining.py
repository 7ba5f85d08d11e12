"""Which orders and events a difference is made of: some of those that may differ, adding up to exactly it."""

from collections.abc import Collection, Sequence
from enum import StrEnum

import msgspec

from contracts.panes import Dimension
from jobs.reconcile import deltas
from jobs.reconcile.deltas import Coordinate, Delta


class Reason(StrEnum):
    """Why an order or event may be counted in one place and not in another, or elsewhere."""

    # The stream left it out as late; it is in the panes once they are put right from Postgres.
    LATE = "evento_atrasado"
    # The product's, or the customer's, version is as young as the order: either may have been known first.
    RECENT_PRODUCT = "produto_recente"
    RECENT_CUSTOMER = "cliente_recente"
    # A later status was told before the order itself, which the ledger counts when it is told.
    STATUS_FIRST = "status_antes_do_pedido"


class Suspect(msgspec.Struct, frozen=True):
    """An order or event that may explain a difference, if it does so whole.

    ``delta`` is what the expected side then has more than the found one. ``group`` names what can be true
    only once: an order is late once, and described in one way. ``instant`` in epoch microseconds.
    """

    identity: str
    group: str
    reason: Reason
    instant: int
    delta: Delta


# How many suspects are tried together. More than a few that take from one key and give to another would
# add up to anything; those that only add do not.
_DEPTHS = (1, 2, 3)
_DEEPER = (10, 30, 100, 300)
_MOST_STEPS = 10_000


def explain(
    difference: Delta, suspects: Sequence[Suspect], dimensions: Collection[Dimension] = tuple(Dimension)
) -> list[Suspect] | None:
    """Suspects whose deltas add up to exactly the difference, both within ``dimensions``; None where there are none.

    Few are looked for first, then all but a few, then many. The search ends after a number of steps: what it has
    not found by then counts as not explained.
    """
    wanted = deltas.within(difference, dimensions)
    if not wanted:
        return []
    able = [(it, delta) for it in suspects if (delta := deltas.within(it.delta, dimensions))]
    only_add = all(amount > 0 for _, delta in able for amount in delta.values())
    everything = deltas.total(delta for _, delta in able)
    if only_add and any(not 0 < amount <= everything.get(it, 0) for it, amount in wanted.items()):
        return None
    search = _Search(able, only_add)
    few = search.first(wanted, _DEPTHS)
    if few is not None or not only_add:
        return few
    if len({it.group for it, _ in able}) == len(able):
        # All of them, but for a few that are counted already.
        counted = search.first(deltas.less(everything, [wanted]), (0, *_DEPTHS))
        if counted is not None:
            return [it for it, _ in able if it not in counted]
    return search.first(wanted, _DEEPER)


_Image = frozenset[tuple[Coordinate, int]]


class _Search:
    """Depth first: a coordinate that few suspects touch must be made up by one of them."""

    def __init__(self, able: Sequence[tuple[Suspect, Delta]], only_add: bool) -> None:
        self._able = [(suspect, delta, frozenset(delta.items())) for suspect, delta in able]
        self._only_add = only_add
        self._steps = 0
        self._touching: dict[Coordinate, list[int]] = {}
        self._alike: dict[_Image, list[Suspect]] = {}
        for number, (suspect, delta, image) in enumerate(self._able):
            self._alike.setdefault(image, []).append(suspect)
            for coordinate in delta:
                self._touching.setdefault(coordinate, []).append(number)

    def first(self, wanted: Delta, depths: Sequence[int]) -> list[Suspect] | None:
        """Suspects that add up to ``wanted``, at most so many, by the first of ``depths`` that finds any."""
        for depth in depths:
            self._steps = 0
            found = self._run(wanted, depth, frozenset())
            if found is not None:
                return found
        return None

    def _run(self, rest: Delta, depth: int, used: frozenset[str]) -> list[Suspect] | None:
        if not rest:
            return []
        if depth == 0 or self._steps > _MOST_STEPS:
            return None
        self._steps += 1
        exact = next((it for it in self._alike.get(frozenset(rest.items()), ()) if it.group not in used), None)
        if exact is not None:
            return [exact]
        return None if depth == 1 else self._begin(rest, depth, used)

    def _begin(self, rest: Delta, depth: int, used: frozenset[str]) -> list[Suspect] | None:
        pivot = min(rest, key=lambda it: len(self._touching.get(it, ())))
        tried: set[_Image] = set()
        for number in self._touching.get(pivot, ()):
            suspect, delta, image = self._able[number]
            # Of several that are alike one is as good as another.
            if suspect.group in used or image in tried or not self._may_be_part(delta, rest):
                continue
            tried.add(image)
            found = self._run(deltas.less(rest, [delta]), depth - 1, used | {suspect.group})
            if found is not None:
                return [suspect, *found]
        return None

    def _may_be_part(self, delta: Delta, rest: Delta) -> bool:
        return not self._only_add or all(amount <= rest.get(it, 0) for it, amount in delta.items())
