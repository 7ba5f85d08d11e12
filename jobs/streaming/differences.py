"""What a recomputation changes: closed panes that differ, and those that nobody writes and Postgres knows more of."""

from collections.abc import Callable, Mapping

import msgspec

from contracts.pane_sums import Pane
from contracts.panes import Dimension, Measures

PaneId = tuple[int, int]


class Difference(msgspec.Struct, frozen=True):
    """A dimension of a closed pane of which Postgres said something else; ``keys`` counts those that differ."""

    seconds: int
    start: int
    dimension: Dimension
    keys: int
    before: Measures
    after: Measures


class Changes(msgspec.Struct, frozen=True):
    """The panes to put in the place of those that are there, whole.

    ``filled`` counts those that were empty, or open with less in them than Postgres knows of.
    """

    replace: dict[PaneId, Pane]
    differences: list[Difference]
    filled: int


def changes(
    before: Mapping[PaneId, Pane],
    after: Mapping[PaneId, Pane],
    closed: set[PaneId],
    is_free: Callable[[PaneId, Pane], bool],
) -> Changes:
    """Compare panes as they are with what Postgres says; ``before`` has every pane that is looked at.

    Of those that are not closed yet Postgres may still lack some rows: one that ``is_free``, which nobody writes, is
    replaced where it holds less. Always as a whole: parts of both would hold an order twice whose customer was
    another to each.
    """
    replace: dict[PaneId, Pane] = {}
    differences: list[Difference] = []
    filled = 0
    for it, old in before.items():
        new = after.get(it, Pane())
        if it not in closed:
            if _rows(new) > _rows(old) and is_free(it, old):
                replace[it] = new
                filled += 1
        elif old.dimensions != new.dimensions or old.sketches.keys() != new.sketches.keys():
            replace[it] = new
            filled += not old.dimensions
            if old.dimensions:
                differences.extend(_differences(it, old, new))
    return Changes(replace, differences, filled)


def _rows(pane: Pane) -> int:
    """How many sales, cancellations and web events a pane counts."""
    total = pane.dimensions.get(Dimension.TOTAL, {}).get("", Measures())
    return total.pedidos + total.pedidos_cancelados + total.eventos


def _differences(it: PaneId, old: Pane, new: Pane) -> list[Difference]:
    found = []
    for dimension in Dimension:
        before, after = old.dimensions.get(dimension, {}), new.dimensions.get(dimension, {})
        keys = sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
        if keys:
            found.append(Difference(*it, dimension, keys, _sum(before), _sum(after)))
    return found


def _sum(values: Mapping[str, Measures]) -> Measures:
    total = Measures()
    for it in values.values():
        total += it
    return total
