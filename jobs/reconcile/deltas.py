"""Differences as sparse vectors: for each dimension, key and measure by how much two sides differ."""

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from contracts.panes import MEASURES, Dimension, Measures

# What is added up in a pane: dimension, then key.
Figures = Mapping[Dimension, Mapping[str, Measures]]
# A dimension, a key of it, a measure.
Coordinate = tuple[Dimension, str, str]
# Amounts that are not 0.
Delta = dict[Coordinate, int]


def between(expected: Figures, found: Figures) -> Delta:
    """``expected`` − ``found``."""
    result: Delta = {}
    for dimension in expected.keys() | found.keys():
        here, there = expected.get(dimension, {}), found.get(dimension, {})
        for key in here.keys() | there.keys():
            a, b = here.get(key), there.get(key)
            if a == b:
                continue
            pairs = zip(MEASURES, msgspec.structs.astuple(a or _NONE), msgspec.structs.astuple(b or _NONE), strict=True)
            for measure, mine, other in pairs:
                if mine != other:
                    result[dimension, key, measure] = mine - other
    return result


_NONE = Measures()


def less(delta: Delta, others: Iterable[Delta]) -> Delta:
    """``delta`` with all of ``others`` taken off."""
    rest = dict(delta)
    for other in others:
        for coordinate, amount in other.items():
            left = rest.get(coordinate, 0) - amount
            if left:
                rest[coordinate] = left
            else:
                rest.pop(coordinate, None)
    return rest


def total(deltas: Iterable[Delta]) -> Delta:
    """All of them added up."""
    return {coordinate: -amount for coordinate, amount in less({}, deltas).items()}


def within(delta: Delta, dimensions: Collection[Dimension]) -> Delta:
    """The part in these dimensions."""
    return {it: amount for it, amount in delta.items() if it[0] in dimensions}


def measured(figures: Figures, counts: Callable[[Dimension, str], bool]) -> dict[Dimension, dict[str, Measures]]:
    """Figures with only the measures that ``counts`` (dimension, measure) names; what is all 0 is left out."""
    kept: dict[Dimension, dict[str, Measures]] = {}
    for dimension, keys in figures.items():
        names = [name for name in MEASURES if counts(dimension, name)]
        few = {key: Measures(**{name: getattr(it, name) for name in names}) for key, it in keys.items()}
        some = {key: it for key, it in few.items() if it != _NONE}
        if some:
            kept[dimension] = some
    return kept
