"""Rows to parts of panes: what some rows add to each pane and key, as one Arrow table.

The contribution table of ``contracts.panes``, applied column by column. Parts of one pane from several tables
add up to it: sums are added, sketches united. A pane's part is the same whatever the rows' order.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from datasketches import hll_sketch, hll_union, tgt_hll_type

from contracts import panes
from contracts.panes import CONTRIBUTIONS, MEASURES, SKETCHES, Contribution, Dimension, RowKind, Sketch

# ``instante`` is the newest event time of the part's rows, ``pane_start`` epoch seconds. Sketches are HLL images
# on the totals, null where nobody was counted.
COLUMNS = pa.schema(
    [
        pa.field("instante", pa.timestamp("us", tz="UTC")),
        pa.field("pane_seconds", pa.int32()),
        pa.field("pane_start", pa.int64()),
        pa.field("dimension", pa.string()),
        pa.field("key", pa.string()),
        *[pa.field(name, pa.int64()) for name in MEASURES],
        *[pa.field(name, pa.binary()) for name in SKETCHES],
    ]
)

_KEYS = ["pane_start", "dimension", "key"]
_ADDED_UP = [("instante", "max"), *[(name, "sum") for name in MEASURES]]
_Sketches = dict[int, Any]


def partial_panes(rows: pa.Table) -> pa.Table:
    """What these rows (``live_rows.COLUMNS``) add to every pane: a table of ``COLUMNS``."""
    of_kind = {kind: _rows_of(kind, rows) for kind in RowKind}
    finished = []
    for of_totals in (True, False):
        contributions = [it for it in CONTRIBUTIONS if (it.dimension is Dimension.TOTAL) == of_totals]
        lengths = panes.lengths(contributions[0].dimension)
        shortest = lengths[0]
        parts = [_contribution(it, of_kind[it.kind], shortest) for it in contributions if len(of_kind[it.kind])]
        if not parts:
            continue
        table = pa.concat_tables(parts)
        counted: dict[Sketch, _Sketches] = {
            it.sketch: _count(of_kind[it.kind], shortest) for it in contributions if it.sketch is not None
        }
        for seconds in lengths:
            # Each length is a multiple of the one before: its panes follow from them.
            starts = np.asarray(table["pane_start"])
            table = _add_up(table.set_column(0, "pane_start", pa.array(starts - starts % seconds)))
            counted = {name: _unite(sketches, seconds) for name, sketches in counted.items()}
            finished.append(_finish(table, seconds, counted))
    return pa.concat_tables(finished) if finished else COLUMNS.empty_table()


def _rows_of(kind: RowKind, rows: pa.Table) -> pa.Table:
    return rows.filter(pc.equal(rows["kind"], pa.scalar(int(kind), pa.int8()))).combine_chunks()


def _contribution(it: Contribution, rows: pa.Table, seconds: int) -> pa.Table:
    """One contribution of rows of its kind to panes of one length: ``_KEYS``, the newest time, all measures."""
    instants = np.asarray(rows["instante"].cast(pa.int64()))
    source: Any = rows
    if it.per_item:
        items = rows["itens"].combine_chunks()
        fields = pc.list_flatten(items)
        instants = instants[np.asarray(pc.list_parent_indices(items))]
        source = {name: fields.field(name) for name in ("produto", "categoria", "centavos", "unidades")}
    epoch = instants // 1_000_000
    keys = ["pane_start"] if it.key == "" else ["pane_start", "key"]
    columns: dict[str, Any] = {"pane_start": epoch - epoch % seconds, "instante": instants}
    if it.key:
        columns["key"] = source[it.key]
    for name, column in it.measures.items():
        columns[name] = np.ones(len(epoch), dtype=np.int64) if column == "1" else source[column]
    summed = (
        pa.table(columns)
        .group_by(keys, use_threads=False)
        .aggregate([("instante", "max"), *[(name, "sum") for name in it.measures]])
    )
    count = len(summed)
    nothing = pa.array(np.zeros(count, dtype=np.int64))
    return pa.table(
        {
            "pane_start": summed["pane_start"],
            "dimension": pa.repeat(pa.scalar(it.dimension.value), count),
            "key": summed["key"] if it.key else pa.repeat(pa.scalar(""), count),
            "instante": summed["instante_max"],
            **{name: summed[f"{name}_sum"] if name in it.measures else nothing for name in MEASURES},
        }
    )


def _add_up(table: pa.Table) -> pa.Table:
    summed = table.group_by(_KEYS, use_threads=False).aggregate(_ADDED_UP)
    return summed.select([*_KEYS, *[f"{name}_{how}" for name, how in _ADDED_UP]]).rename_columns(table.column_names)


def _count(rows: pa.Table, seconds: int) -> _Sketches:
    """A sketch of the people of each pane, by its start."""
    epoch = np.asarray(rows["instante"].cast(pa.int64())) // 1_000_000
    once = (
        pa.table({"start": epoch - epoch % seconds, "who": rows["pessoa"]})
        .group_by(["start", "who"], use_threads=False)
        .aggregate([])
    )
    sketches: _Sketches = {}
    for start, who in zip(once["start"].to_pylist(), once["who"].to_pylist(), strict=True):
        sketch = sketches.get(start)
        if sketch is None:
            # The kind that Spark makes.
            sketch = sketches[start] = hll_sketch(panes.SKETCH_LG_K, tgt_hll_type.HLL_8)
        sketch.update(who)
    return sketches


def _unite(sketches: _Sketches, seconds: int) -> _Sketches:
    by_start: dict[int, list[Any]] = {}
    for start, sketch in sketches.items():
        by_start.setdefault(start - start % seconds, []).append(sketch)
    result: _Sketches = {}
    for start, some in by_start.items():
        if len(some) == 1:
            result[start] = some[0]
            continue
        union = hll_union(panes.SKETCH_LG_K)
        for it in some:
            union.update(it)
        result[start] = union.get_result(tgt_hll_type.HLL_8)
    return result


def _finish(table: pa.Table, seconds: int, counted: dict[Sketch, _Sketches]) -> pa.Table:
    count = len(table)
    starts = table["pane_start"].to_pylist() if counted else []
    images = {
        name: pa.array([_image(sketches.get(start)) for start in starts], pa.binary())
        for name, sketches in counted.items()
    }
    given = {
        **{name: table[name] for name in table.column_names},
        "instante": table["instante"].cast(COLUMNS.field("instante").type),
        "pane_seconds": pa.repeat(pa.scalar(seconds, pa.int32()), count),
        **{name: images[name] if name in images else pa.nulls(count, pa.binary()) for name in SKETCHES},
    }
    return pa.Table.from_arrays([given[it.name] for it in COLUMNS], schema=COLUMNS)


def _image(sketch: Any) -> bytes | None:
    return None if sketch is None else sketch.serialize_compact()
