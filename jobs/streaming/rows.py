"""The live row as segments hold it, and the parts of panes that Spark reads."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from contracts import live_rows
from contracts.live_rows import COLUMNS
from contracts.panes import MEASURES, SKETCHES

__all__ = ["COLUMNS", "IDENTITY", "SEGMENT", "SPARK_SCHEMA", "rows_of", "web_event_rows"]

# Beside what Spark reads, what tells a duplicate: the row's kind and its event's id.
IDENTITY = pa.field("identidade", pa.binary(17))
SEGMENT = COLUMNS.append(IDENTITY)

# What Spark reads: ``contracts.partial_panes.COLUMNS``, type by type.
SPARK_SCHEMA = ", ".join(
    [
        "instante TIMESTAMP, pane_seconds INT, pane_start BIGINT, dimension STRING, key STRING",
        *[f"{name} BIGINT" for name in MEASURES],
        *[f"{name} BINARY" for name in SKETCHES],
    ]
)


def rows_of(rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    """Rows given one by one: the values of ``SEGMENT``'s fields, ``instante`` in epoch microseconds."""
    return live_rows.to_batch(rows, SEGMENT)


def web_event_rows(instants: Any, kinds: pa.Array, sessions: Any, identities: Any) -> pa.Table:
    """Rows of web events from columns: ids as arrays of bytes, ``(n, 16)`` and with the row's kind ``(n, 17)``."""
    table = live_rows.web_events_table(pa.array(instants), kinds, _fixed(sessions))
    return table.append_column(IDENTITY, _fixed(identities))


def _fixed(identities: Any) -> pa.Array:
    count, width = identities.shape
    buffer = pa.py_buffer(np.ascontiguousarray(identities))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), count, [None, buffer])
