"""What the stopwatch of ``traced`` has noted, joined: for every event, how long each stage took."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks import traced

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

STAGES = ("publish", "broker", "pull", "seal", "wait for the batch", "batch", "write")
"""From one to the next: produced, published (the broker's stamp), pulled, sealing began, sealed, Spark was told
of it, panes computed, in Redis."""


class Latencies(NamedTuple):
    """Seconds, a row for each event that was produced within the span and became visible."""

    total: Floats
    stages: dict[str, Floats]
    batch_seconds: Floats
    changed_panes: Floats


def read(folder: Path, begin: float, end: float) -> Latencies:
    """Join the traces in ``folder`` for the events produced in ``[begin, end)``, epoch seconds."""
    messages = dict(zip(traced.MESSAGE_FIELDS, _numbers(folder, traced.SEALS, 6).T, strict=True))
    plans, writes, batches = (
        _numbers(folder, name, width) for name, width in ((traced.PLANS, 2), (traced.WRITES, 4), (traced.BATCHES, 4))
    )
    # Of each segment the batch that took it, of each batch when it was planned and written.
    last_segments = batches[:, 2]
    written = {int(batch): (first, last) for batch, first, last, _panes in writes}
    planned = dict(plans.tolist())
    computed_of = np.array([written[int(it)][0] for it in batches[:, 0]])
    written_of = np.array([written[int(it)][1] for it in batches[:, 0]])
    planned_of = np.array([planned[int(it)] for it in last_segments])

    within = (messages["produced"] >= begin * 1e6) & (messages["produced"] < end * 1e6)
    within &= messages["segment"] <= last_segments[-1]
    taken = {name: column[within] for name, column in messages.items()}
    place = np.searchsorted(last_segments, taken["segment"])
    moments = [
        taken["produced"],
        taken["published"],
        taken["pulled"],
        taken["sealing"],
        taken["sealed"],
        planned_of[place],
        computed_of[place],
        written_of[place],
    ]
    stages = {
        name: (after - before) / 1e6 for name, before, after in zip(STAGES, moments[:-1], moments[1:], strict=True)
    }
    in_span = (written_of >= begin * 1e6) & (written_of < end * 1e6)
    panes = {int(batch): panes for batch, _first, _last, panes in writes}
    return Latencies(
        (moments[-1] - moments[0]) / 1e6,
        stages,
        ((written_of - planned_of) / 1e6)[in_span],
        np.array([panes[int(it)] for it in batches[in_span, 0]], np.float64),
    )


def _numbers(folder: Path, name: str, width: int) -> Integers:
    """The numbers of all processes' files of this name, as rows of ``width``, ordered by the first."""
    found = [np.fromfile(path, np.int64) for path in sorted(folder.glob(f"{name}.*"))]
    rows = np.concatenate(found).reshape(-1, width)
    return rows[np.argsort(rows[:, 0], kind="stable")]
