"""One replay: the production query over parts on disk, until the last row's panes are in Redis.

``python -m tests.benchmarks.replay_run PARTS WARM ROWS_WARM ROWS_ALL`` with the settings in the environment.
The first ``WARM`` parts warm Java up and are not counted. The last line is JSON: seconds by the wall's
clock, CPU seconds by process, and how long the parts of Spark's batches took.
"""

import contextlib
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import psutil
import typer

from contracts import clock, live_store, settings
from contracts.live_layout import Status, read_status
from jobs.streaming import run, session
from jobs.streaming.checkpoint import open_checkpoint
from jobs.streaming.healer import Healer
from tests.benchmarks import replay_source

_TIMEOUT_SECONDS = 300


def main() -> None:
    """Run, wait, report."""
    parts, warm, rows_warm, rows_all = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    os.environ[replay_source.PARTS_VARIABLE] = str(parts)
    replay_source.open_gate(parts, 0)
    # Imported there: the one it registers.
    run.PubSubSource = replay_source.PartsSource  # type: ignore[attr-defined]
    configuration = settings.load()
    folder = Path(configuration.streaming_folder)
    spark = session.start(configuration, folder)
    # Not entered: whatever is asked of it is noted and never begins.
    checkpoint = open_checkpoint(configuration.checkpoint_location)
    healer = Healer(configuration, checkpoint)
    query = run.start_query(spark, configuration, checkpoint, clock.WALL, threading.Event(), healer)
    client = live_store.connect(configuration, timeout_seconds=60)

    def until(rows: int) -> Status:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while True:
            status = read_status(client)
            if status is not None and status.rows >= rows:
                return status
            assert query.isActive, query.exception()
            assert time.monotonic() < deadline, f"not {rows} rows within {_TIMEOUT_SECONDS} s: {status}"
            time.sleep(0.05)

    replay_source.open_gate(parts, warm)
    first = until(rows_warm)
    # The batch's end, and the garbage of the warm-up, are not the counted part's.
    time.sleep(1)
    before = _cpu_seconds()
    began = time.time()
    replay_source.open_gate(parts, len(list(parts.glob("part-*"))))
    last = until(rows_all)
    spent = _cpu_seconds()
    spent.subtract(before)
    batches = [it for it in query.recentProgress if it.batchId > first.batch]
    durations: Counter[str] = Counter()
    for it in batches:
        durations.update(it.durationMs)
    result: dict[str, Any] = {
        "seconds": last.written_at - began,
        "cpu_seconds": {name: round(seconds, 2) for name, seconds in spent.items()},
        "batches": len(batches),
        "batch_ms": dict(durations),
        "status": last,
    }
    query.stop()
    spark.stop()
    typer.echo(msgspec.json.encode(result).decode())


def _cpu_seconds() -> Counter[str]:
    """Seconds of CPU so far: this process (it writes), Java, the sealer, and Spark's Python workers."""
    result: Counter[str] = Counter()
    me = psutil.Process()
    result["writer"] = _of(me)
    for it in me.children(recursive=True):
        # One that has ended is nobody's worker any more.
        with contextlib.suppress(psutil.NoSuchProcess):
            result[_name(it)] += _of(it)
    return result


def _of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _name(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    if "java" in process.name():
        return "java"
    # The daemon forks the workers; the source has a process of its own.
    return "workers" if "pyspark.daemon" in command or "pyspark/daemon" in command else "sealer"


if __name__ == "__main__":
    main()
