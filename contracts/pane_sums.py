"""Panes from live rows, in memory: the contribution table of ``contracts.panes`` applied to Arrow tables.

The stream applies the same table as a Spark query. Used where the rows are few enough or come hour by
hour: to recompute panes from Postgres, and to reconcile.
"""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasketches import hll_sketch, tgt_hll_type

from contracts import live_rows, panes
from contracts.live_rows import Row
from contracts.panes import CONTRIBUTIONS, MEASURES, Contribution, Dimension, Measures, RowKind, Sketch


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
        for kind in RowKind:
            of_kind = rows.filter(pc.equal(rows["kind"], pa.scalar(int(kind), pa.int8()))).combine_chunks()
            if len(of_kind):
                for it in CONTRIBUTIONS:
                    if it.kind is kind:
                        self._contribute(it, of_kind)

    def panes(self) -> dict[tuple[int, int], Pane]:
        """What was counted: (length in seconds, start) to pane."""
        result: dict[tuple[int, int], Pane] = {}
        for (seconds, start, dimension), sums in self._sums.items():
            pane = result.setdefault((seconds, start), Pane())
            pane.dimensions[dimension] = {key: Measures(*values) for key, values in sums.items()}
        for (seconds, start, name), sketch in self._sketches.items():
            result[seconds, start].sketches[name] = sketch.serialize_compact()
        return result

    def _contribute(self, it: Contribution, rows: pa.Table) -> None:
        source, epoch = _source(it, rows)
        keys = pa.array([""] * len(epoch)) if it.key == "" else source[it.key]
        values = {
            name: pa.array(np.ones(len(epoch), dtype=np.int64)) if column == "1" else source[column]
            for name, column in it.measures.items()
        }
        for seconds in panes.lengths(it.dimension):
            starts = epoch - epoch % seconds
            kept = starts + panes.life(seconds, it.dimension) > self._now
            if not kept.any():
                continue
            table = pa.table({"start": starts, "key": keys, **values})
            self._add_up(it, seconds, table if kept.all() else table.filter(pa.array(kept)))
            if it.sketch is not None:
                self._count(it.sketch, seconds, starts[kept], np.asarray(rows["pessoa"])[kept])

    def _add_up(self, it: Contribution, seconds: int, table: pa.Table) -> None:
        summed = table.group_by(["start", "key"]).aggregate([(name, "sum") for name in it.measures])
        places = [MEASURES.index(name) for name in it.measures]
        columns = [summed[f"{name}_sum"].to_pylist() for name in it.measures]
        for start, key, *sums in zip(summed["start"].to_pylist(), summed["key"].to_pylist(), *columns, strict=True):
            pane = self._sums.setdefault((seconds, start, it.dimension), {})
            values = pane.setdefault(key, [0] * len(MEASURES))
            for place, value in zip(places, sums, strict=True):
                values[place] += value

    def _count(self, name: Sketch, seconds: int, starts: Any, who: Any) -> None:
        once = pa.table({"start": starts, "who": who}).group_by(["start", "who"]).aggregate([])
        for start, it in zip(once["start"].to_pylist(), once["who"].to_pylist(), strict=True):
            sketch = self._sketches.get((seconds, start, name))
            if sketch is None:
                # The kind that Spark makes.
                sketch = self._sketches[seconds, start, name] = hll_sketch(panes.SKETCH_LG_K, tgt_hll_type.HLL_8)
            sketch.update(it)


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


def _source(it: Contribution, rows: pa.Table) -> tuple[Any, Any]:
    """Where the contribution's columns are, and the epoch second of each of its rows."""
    epoch = np.asarray(rows["instante"].cast(pa.int64())) // 1_000_000
    if not it.per_item:
        return rows, epoch
    items = rows["itens"].combine_chunks()
    fields = pc.list_flatten(items)
    parents = np.asarray(pc.list_parent_indices(items))
    return {name.name: fields.field(name.name) for name in fields.type}, epoch[parents]
