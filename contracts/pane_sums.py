"""Panes from live rows, in memory: parts of panes added up.

The stream adds the same parts up as a Spark query. Used where the rows are few enough or come hour by
hour: to recompute panes from Postgres, and to reconcile.
"""

from typing import Any

import msgspec
import pyarrow as pa
from datasketches import hll_sketch, hll_union, tgt_hll_type

from contracts import live_rows, panes
from contracts.live_rows import Row
from contracts.panes import CONTRIBUTIONS, MEASURES, SKETCHES, Dimension, Measures, Sketch
from contracts.partial_panes import partial_panes


class Pane(msgspec.Struct):
    """One pane in all its dimensions. ``sketches`` are HLL images, of who was counted at all."""

    dimensions: dict[Dimension, dict[str, Measures]] = msgspec.field(default_factory=dict)
    sketches: dict[Sketch, bytes] = msgspec.field(default_factory=dict)


class PaneSums:
    """Adds up rows, table by table; memory grows with the panes, not with the rows.

    Only panes that are still kept at ``now`` (epoch seconds) are made.
    """

    def __init__(self, now: float) -> None:
        self._now = now
        self._sums: dict[tuple[int, int, Dimension], dict[str, list[int]]] = {}
        self._sketches: dict[tuple[int, int, Sketch], Any] = {}

    def add(self, rows: pa.Table) -> None:
        """Count these rows (``live_rows.COLUMNS``)."""
        parts = partial_panes(rows)
        named = ("pane_seconds", "pane_start", "dimension", "key", *MEASURES)
        for seconds, start, name, key, *values in zip(*(parts[it].to_pylist() for it in named), strict=True):
            dimension = Dimension(name)
            if start + panes.life(seconds, dimension) <= self._now:
                continue
            pane = self._sums.setdefault((seconds, start, dimension), {})
            known = pane.get(key)
            pane[key] = values if known is None else [a + b for a, b in zip(known, values, strict=True)]
        for sketch in SKETCHES:
            counted = parts.filter(parts[sketch].is_valid()).select(["pane_seconds", "pane_start", sketch])
            for seconds, start, image in zip(*(it.to_pylist() for it in counted.columns), strict=True):
                if start + panes.life(seconds, Dimension.TOTAL) > self._now:
                    self._count(sketch, seconds, start, image)

    def panes(self) -> dict[tuple[int, int], Pane]:
        """What was counted: (length in seconds, start) to pane."""
        result: dict[tuple[int, int], Pane] = {}
        for (seconds, start, dimension), sums in self._sums.items():
            pane = result.setdefault((seconds, start), Pane())
            pane.dimensions[dimension] = {key: Measures(*values) for key, values in sums.items()}
        for (seconds, start, name), union in self._sketches.items():
            # The kind that Spark makes.
            image = union.get_result(tgt_hll_type.HLL_8).serialize_compact()
            result[seconds, start].sketches[name] = image
        return result

    def _count(self, name: Sketch, seconds: int, start: int, image: bytes) -> None:
        union = self._sketches.get((seconds, start, name))
        if union is None:
            union = self._sketches[seconds, start, name] = hll_union(panes.SKETCH_LG_K)
        union.update(hll_sketch.deserialize(image))


def of_row(row: Row) -> dict[Dimension, dict[str, Measures]]:
    """What one row (the values of ``live_rows.COLUMNS``) adds to a pane that holds it."""
    values = dict(zip(live_rows.COLUMNS.names, row, strict=True))
    found: dict[Dimension, dict[str, Measures]] = {}
    for it in CONTRIBUTIONS:
        if it.kind != values["kind"]:
            continue
        sums = found.setdefault(it.dimension, {})
        for source in values["itens"] if it.per_item else [values]:
            key = source[it.key] if it.key else ""
            added = {name: 1 if column == "1" else source[column] for name, column in it.measures.items()}
            sums[key] = sums.get(key, Measures()) + Measures(**added)
    return found
