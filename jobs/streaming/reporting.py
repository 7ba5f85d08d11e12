"""What a batch says of itself: how fresh it is and what was counted."""

import time
from collections.abc import Sequence
from statistics import median

from contracts.live_layout import Stages, Status
from jobs.streaming.checkpoint import Checkpoint
from jobs.streaming.generation import Generation
from jobs.streaming.spool import Footer, Spool

_MICROSECONDS = 1e6


def batch_footers(checkpoint: Checkpoint, spool: Spool, batch: int) -> list[Footer]:
    """The segments of one batch, from the offsets that Spark wrote before it began."""
    end = checkpoint.end_of(batch)
    start = checkpoint.end_of(batch - 1) if batch else None
    first = start.seq + 1 if start else 1
    return list(spool.footers(range(first, end.seq + 1))) if end else []


def make_status(
    footers: list[Footer],
    generation: Generation,
    batch: int,
    previous: Status | None,
    *,
    sealed: int,
    planned: float | None = None,
    computed: float | None = None,
) -> Status | None:
    """The status after a batch was written; None for an empty batch. Latencies are up to now.

    ``sealed`` counts all rows that the spool ever held. The batch was ``planned`` and its panes ``computed`` then,
    epoch seconds.
    """
    if not footers:
        return previous
    now = time.time()
    last = footers[-1]
    latencies = sorted(now - instant / _MICROSECONDS for footer in footers for instant in footer.sample)
    return Status(
        written_at=now,
        generation=generation.number,
        batch=batch,
        newest_event=last.newest / _MICROSECONDS,
        watermark=last.watermark / _MICROSECONDS,
        latency_p50=_quantile(latencies, 0.50),
        latency_p95=_quantile(latencies, 0.95),
        latency_p99=_quantile(latencies, 0.99),
        batch_rows=sum(it.rows for it in footers),
        rows=last.counters.rows,
        late=last.counters.late,
        late_versions=last.counters.late_versions,
        duplicates=last.counters.duplicates,
        rejected=last.counters.rejected,
        waiting=sealed - last.counters.rows,
        stages=None if planned is None or computed is None else stages_of(footers, planned, computed, now),
    )


def stages_of(footers: Sequence[Footer], planned: float, computed: float, written: float) -> Stages | None:
    """Where the time of a typical event went; None where no segment says how it came about."""
    told = [(it.arrival, it.sealing) for it in footers if it.arrival is not None and it.sealing is not None]
    if not told:
        return None
    durable = [(arrival.pulled + sealing) / _MICROSECONDS for arrival, sealing in told]
    return Stages(
        publish=median(arrival.publish for arrival, _ in told) / _MICROSECONDS,
        broker=median(arrival.broker for arrival, _ in told) / _MICROSECONDS,
        seal=median(sealing for _, sealing in told) / _MICROSECONDS,
        # A segment's own sealing is told by the next one: what it waited may come out a little below nothing.
        wait=max(0.0, planned - median(durable)),
        batch=max(0.0, computed - planned),
        write=max(0.0, written - computed),
    )


def _quantile(ordered: list[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
