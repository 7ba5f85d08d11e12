"""What a recomputation changes: closed panes that differ are replaced, what is empty elsewhere is filled."""

from collections.abc import Mapping

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
    """What is to be written. ``filled`` counts panes that were empty, in whole or in part."""

    replace: dict[PaneId, Pane]
    fill: dict[PaneId, Pane]
    differences: list[Difference]
    filled: int


def changes(before: Mapping[PaneId, Pane], after: Mapping[PaneId, Pane], closed: set[PaneId]) -> Changes:
    """Compare panes as they are with what Postgres says; ``before`` has every pane that is looked at."""
    result = Changes({}, {}, [], 0)
    filled = 0
    for it, old in before.items():
        new = after.get(it, Pane())
        if it not in closed:
            missing = _missing(old, new)
            if missing.dimensions or missing.sketches:
                result.fill[it] = missing
                filled += 1
        elif old.dimensions != new.dimensions or old.sketches.keys() != new.sketches.keys():
            result.replace[it] = new
            filled += not old.dimensions
            if old.dimensions:
                result.differences.extend(_differences(it, old, new))
    return Changes(result.replace, result.fill, result.differences, filled)


def _missing(old: Pane, new: Pane) -> Pane:
    dimensions = {
        dimension: {key: value for key, value in values.items() if key not in old.dimensions.get(dimension, {})}
        for dimension, values in new.dimensions.items()
    }
    return Pane(
        {dimension: values for dimension, values in dimensions.items() if values},
        {name: image for name, image in new.sketches.items() if name not in old.sketches},
    )


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
