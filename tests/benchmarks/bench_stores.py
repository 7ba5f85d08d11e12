"""What a segment costs in a folder and in a bucket: to seal, to list, to read back.

The bucket is a stand-in on this machine, once as it is and once with every answer 50 ms later, which shows
how many requests wait for each other. What Google's takes for one only Google's can tell.
``SCALE=2 python -m tests.benchmarks.bench_stores`` doubles the segments (default: 200 of 40 kB, what 0.2 s
of 2,000 events/s make). The last line is one JSON object.
"""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from jobs.streaming.folder_store import FolderStore
from jobs.streaming.object_store import ObjectStore
from jobs.streaming.segments import SegmentStore
from tests.object_server import Meddler, ObjectServer

COUNT = int(200 * float(os.environ.get("SCALE", "1")))
SIZE = 40_000
SLOW_SECONDS = 0.05


def main() -> None:
    """Measure, show, and write the last line."""
    with tempfile.TemporaryDirectory() as folder, ObjectServer(Path(folder)) as server:
        meddler = Meddler(server.endpoint)
        meddler.on_request = _slowly
        for name in ("near", "far"):
            server.create_bucket(name)
        measured = {
            "folder": _measure(FolderStore(Path(folder) / "spool")),
            "bucket": _measure(ObjectStore("near", "spool", endpoint=server.endpoint)),
            "bucket_50ms": _measure(ObjectStore("far", "spool", endpoint=meddler.endpoint)),
        }
        meddler.close()
    table = Table(title=f"{COUNT} segments of {SIZE // 1000} kB")
    table.add_column("what, ms")
    for name in measured:
        table.add_column(name, justify="right")
    for what in next(iter(measured.values())):
        table.add_row(what, *(f"{it[what]:,.1f}" for it in measured.values()))
    Console(width=100).print(table)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    result = {"bench": "stores", "commit": commit.stdout.strip(), "cores": os.cpu_count(), "segments": COUNT}
    for name, times in measured.items():
        result |= {f"{name}_{what.replace(' ', '_')}_ms": round(it, 2) for what, it in times.items()}
    typer.echo(msgspec.json.encode(result).decode())


def _measure(store: SegmentStore) -> dict[str, float]:
    """Medians, milliseconds."""
    store.lock()
    content = os.urandom(SIZE)
    puts = [_timed(lambda number=number: store.put(number, content)) for number in range(1, COUNT + 1)]  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    found = {
        "seal one": statistics.median(puts),
        "read one": statistics.median(_timed(lambda: store.get(1)) for _ in range(20)),
        "read all": statistics.median(_timed(lambda: list(store.get_many(range(1, COUNT + 1)))) for _ in range(3)),
        "list all": statistics.median(_timed(store.sizes) for _ in range(5)),
        "write a note": statistics.median(_timed(lambda: store.write_note("COMMITTED", b"1")) for _ in range(10)),
    }
    store.unlock()
    return found


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def _slowly(method: str, name: str) -> str:
    time.sleep(SLOW_SECONDS)
    return Meddler.PASS


if __name__ == "__main__":
    main()
