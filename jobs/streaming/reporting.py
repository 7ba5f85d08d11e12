"""What a batch says of itself: how fresh it is and what was counted."""

import time
from pathlib import Path

import msgspec

from contracts.live_layout import Status
from jobs.streaming.generation import Generation
from jobs.streaming.spool import Footer, Offset, Spool

_MICROSECONDS = 1e6


def batch_footers(checkpoint: Path, spool: Spool, batch: int) -> list[Footer]:
    """The segments of one batch, from the offsets that Spark wrote before it began."""
    end = _offset(checkpoint, batch)
    start = _offset(checkpoint, batch - 1) if batch else None
    first = start.seq + 1 if start else 1
    kept = set(spool.numbers())
    return [spool.footer(number) for number in range(first, end.seq + 1) if number in kept] if end else []


def sealed_rows(spool: Spool) -> int:
    """All rows sealed since the spool was made."""
    return spool.footer(spool.numbers()[-1]).counters.rows


def make_status(
    footers: list[Footer],
    generation: Generation,
    batch: int,
    delay_seconds: int,
    previous: Status | None,
    *,
    sealed: int,
) -> Status | None:
    """The status after a batch was written; None for an empty batch. Latencies are up to now.

    ``sealed`` counts all rows that the spool ever held.
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
        watermark=last.newest / _MICROSECONDS - delay_seconds,
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
    )


def _offset(checkpoint: Path, batch: int) -> Offset | None:
    """The source's end offset of a batch: the last line of Spark's offset log entry."""
    path = checkpoint / "offsets" / str(batch)
    if not path.exists():
        return None
    line = path.read_text("utf-8").splitlines()[-1]
    return None if line == "-" else msgspec.json.decode(line, type=Offset)


def _quantile(ordered: list[float], share: float) -> float | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
