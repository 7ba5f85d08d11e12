"""How long an event takes from its production to being visible in Redis, with the whole stack at work.

``SECONDS=300 RATE=2000 python -m tests.benchmarks.bench_live``. Emulator, Postgres, Redis, ingest, streaming,
two simulators and the dashboard (its process, no viewer) share the cores. Each event's own latency is
measured by a stopwatch in the streaming job; an observer that knows nothing of the job, and polls the
totals in Redis, is held against it. ``SECONDS=1800`` makes a soak of it. The last line is one JSON object.
"""

import os
import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from tests.benchmarks import counting, latencies, traced
from tests.benchmarks.latencies import STAGES, Latencies
from tests.benchmarks.observer import Observer
from tests.benchmarks.whole_stack import PARTS, Usage, WholeStack, commit

SECONDS = float(os.environ.get("SECONDS", "300"))
RATE = float(os.environ.get("RATE", "2000"))
# Spark's code is compiled while it runs: the first minute is slower.
WARM_UP_SECONDS = float(os.environ.get("WARM_UP", "45"))
DRAIN_SECONDS = 60.0
# The emulator keeps every message for ever, some 0.8 kB each; half as much again is room to collect garbage.
HEAP_GB = max(3, round(1.5e-6 * RATE * (SECONDS + WARM_UP_SECONDS + 120)))
P50_GOAL, P95_GOAL = 0.6, 1.0


class Sizes(NamedTuple):
    """What the streaming job keeps on disk, bytes; its state as Spark counts it."""

    spool: int
    segments: int
    checkpoint: int
    state_rows: int
    state_memory: int


class Run(NamedTuple):
    """What one run gave."""

    latencies: Latencies
    observed: NDArray[np.float64]
    counts: counting.Counts
    before: dict[str, Usage]
    after: dict[str, Usage]
    seconds: float
    progress: dict[str, float]
    sizes: Sizes


def measure(folder: Path) -> Run:
    """Bring the stack up, warm it up, and watch it; Ctrl-C ends that with the present minute."""
    interrupted = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    trace = folder / "trace"
    trace.mkdir()
    variables = {traced.TRACE_VARIABLE: str(trace)}
    streaming = "tests.benchmarks.traced_job"
    with WholeStack(folder / "stack", streaming=streaming, variables=variables, emulator_heap=f"{HEAP_GB}g") as stack:
        stack.open_shop(RATE)
        stack.until(lambda: stack.status() is not None, "the first batch")
        begin = -(-(int(time.time()) + int(WARM_UP_SECONDS)) // 60) * 60
        end = begin + max(60, round(SECONDS / 60) * 60)
        sleep_until(begin, stack)
        before = stack.usage()
        with Observer(stack.redis, begin, end) as observer:
            if sleep_until(end, stack, interrupted):
                end = -(-int(time.time()) // 60) * 60
                observer.end_at(end)
                sleep_until(end, stack)
            after = stack.usage()
            spool, checkpoint = (size_of(stack.folder / "streaming" / it) for it in ("spool", "checkpoint"))
            # Until the last are in, under the same load.
            sleep_until(end + 2, stack)
            stack.close_shop()
            deadline = time.monotonic() + DRAIN_SECONDS
            while not (counts := counting.count(stack, begin, end)).agree and time.monotonic() < deadline:
                time.sleep(0.2)
        produced = counting.production_times(stack, begin, end)
        stack.stop_parts()
        progress = msgspec.json.decode((trace / "progress.json").read_bytes())
        state = progress[-1]["stateOperators"][0]
        return Run(
            latencies.read(trace, begin, end),
            observer.latencies(produced),
            counts,
            before,
            after,
            float(end - begin),
            progress_of(progress),
            Sizes(*spool, checkpoint[0], state["numRowsTotal"], state["memoryUsedBytes"]),
        )


def sleep_until(moment: float, stack: WholeStack, interrupted: threading.Event | None = None) -> bool:
    """Wait for a moment (epoch seconds) while every part runs; True when interrupted before."""
    interrupted = interrupted or threading.Event()
    while time.time() < moment:
        stack.check()
        if interrupted.wait(min(1.0, max(0.0, moment - time.time()))):
            return True
    return False


def size_of(folder: Path) -> tuple[int, int]:
    """Bytes of all files below ``folder``, and how many segments are among them."""
    size = segments = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            # It was old enough to be deleted.
            continue
        segments += path.suffix == ".arrow"
    return size, segments


def progress_of(progress: list[dict[str, Any]]) -> dict[str, float]:
    """Medians of what Spark says of its last hundred batches, milliseconds."""
    batches = [it["durationMs"] for it in progress if it["numInputRows"]]
    names = {name for it in batches for name in it}
    return {name: float(np.median([it.get(name, 0) for it in batches])) for name in sorted(names)}


def quantiles(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """p50, p95 and p99."""
    p50, p95, p99 = np.quantile(values, [0.5, 0.95, 0.99])
    return float(p50), float(p95), float(p99)


def tables(run: Run) -> list[Table]:
    """What a person reads."""
    seconds = run.seconds
    shown = Table(title=f"{run.counts.redis:,} events in {seconds:g} s: production to visible in Redis, seconds")
    for column in ("", "p50", "p95", "p99", "mean", "share"):
        shown.add_column(column, justify="left" if column == "" else "right")

    def row(name: str, values: NDArray[np.float64], share: str = "") -> None:
        shown.add_row(name, *[f"{it:.3f}" for it in quantiles(values)], f"{values.mean():.3f}", share)

    row("each event", run.latencies.total)
    row("… seen from outside", run.observed)
    shown.add_row("goal", f"≤ {P50_GOAL}", f"≤ {P95_GOAL}", "", "", "")
    shown.add_section()
    mean = run.latencies.total.mean()
    for name in STAGES:
        row(name, run.latencies.stages[name], f"{run.latencies.stages[name].mean() / mean:.0%}")
    used = Table(title="cores used, and resident MB")
    for column in ("", "cores", "at the start", "at the end"):
        used.add_column(column, justify="left" if column == "" else "right")
    for name in PARTS:
        cores = (run.after[name].cpu_seconds - run.before[name].cpu_seconds) / seconds
        used.add_row(name, f"{cores:.2f}", f"{run.before[name].memory_mb:,.0f}", f"{run.after[name].memory_mb:,.0f}")
    spark = Table(title=f"{len(run.latencies.batch_seconds)} batches; Spark's medians of the last 100, ms")
    spark.add_column("")
    spark.add_column("", justify="right")
    for name, value in run.progress.items():
        spark.add_row(name, f"{value:.0f}")
    spark.add_row("changed panes", f"{np.median(run.latencies.changed_panes):.0f}")
    return [shown, used, spark]


def main() -> None:
    """Measure, show, and write the last line."""
    measured = commit()
    with tempfile.TemporaryDirectory(prefix="bench-live-") as folder:
        run = measure(Path(folder))
    console = Console(width=110)
    for it in tables(run):
        console.print(it)
    counts = run.counts
    sizes = run.sizes
    console.print(
        f"spool {sizes.spool / 1e6:.1f} MB in {sizes.segments:,} segments, checkpoint {sizes.checkpoint / 1e6:.1f} MB, "
        f"state {sizes.state_rows:,} rows, {sizes.state_memory / 1e6:.1f} MB in memory"
    )
    console.print(f"events by the ledger {counts.ledger:,}, in Postgres {counts.postgres:,}, in Redis {counts.redis:,}")
    p50, p95, p99 = quantiles(run.latencies.total)
    observed = quantiles(run.observed)
    result = {
        "bench": "live",
        "commit": measured,
        "cores": os.cpu_count(),
        "event_to_redis_p50_s": round(p50, 3),
        "event_to_redis_p95_s": round(p95, 3),
        "event_to_redis_p99_s": round(p99, 3),
        "events_per_s": round(counts.redis / run.seconds),
        "seconds": run.seconds,
        "stages_mean_s": {name: round(float(it.mean()), 3) for name, it in run.latencies.stages.items()},
        "stages_share": {
            name: round(float(it.mean() / run.latencies.total.mean()), 3) for name, it in run.latencies.stages.items()
        },
        "observed_p50_s": round(observed[0], 3),
        "observed_p95_s": round(observed[1], 3),
        "observed_p99_s": round(observed[2], 3),
        "observed_mean_s": round(float(run.observed.mean()), 3),
        "mean_s": round(float(run.latencies.total.mean()), 3),
        "events": counts._asdict(),
        "traced_events": len(run.latencies.total),
        "cores_used": {
            name: round((run.after[name].cpu_seconds - run.before[name].cpu_seconds) / run.seconds, 2) for name in PARTS
        },
        "memory_mb": {name: [round(run.before[name].memory_mb), round(run.after[name].memory_mb)] for name in PARTS},
        "batches": len(run.latencies.batch_seconds),
        "spark_ms": run.progress,
        "sizes": sizes._asdict(),
        "changed_panes": float(np.median(run.latencies.changed_panes)),
    }
    typer.echo(msgspec.json.encode(result).decode())
    if not counts.agree or len(run.latencies.total) != counts.redis:
        raise SystemExit("the counts differ: events were lost or counted twice, or not all were traced")


if __name__ == "__main__":
    main()
