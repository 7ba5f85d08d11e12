"""How many requests to a bucket a batch of the streaming job waits for, with spool and checkpoint in it.

Counted at the object server of the tests: what the job asks for itself. What Spark writes of its own goes to a folder
here; how many requests Google's connector would make of that its source says (docs/architecture.md).
``BATCHES=100 python -m tests.benchmarks.bench_bucket`` counts over more batches (default: 40, after ten that are not
counted). The last line is one JSON object.
"""

import datetime as dt
import os
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from contracts import live
from contracts.live_layout import Status
from local.servers import start_all
from tests.integration.conftest import Job, Shop
from tests.integration.known_set import message, web_event
from tests.integration.spark_in_bucket import SparkInBucket
from tests.object_server import ObjectServer

WARM, BATCHES = 10, int(os.environ.get("BATCHES", "40"))
_DEADLINE_SECONDS = 600


def kind(method: str, name: str) -> str:
    """What a request is about."""
    if name.endswith("/LEASE"):
        return "lease"
    if "/segments/" in name:
        return {"GET": "segments read", "DELETE": "segments deleted"}.get(method, "segments put")
    if "/offsets/" in name:
        return "entries of the offset log read"
    return "listings" if not name or name.startswith("/") else "notes"


def main() -> None:
    """Measure, show, and write the last line."""
    with tempfile.TemporaryDirectory() as made, ObjectServer(Path(made)) as server, start_all(Path(made)) as servers:
        server.create_bucket("shop")
        spark = SparkInBucket(Path(made), server)
        shop = Shop(servers, Path(made))
        shop.environment |= {**spark.environment, "VITRINE_STREAMING_SPOOL": "gs://shop/live/spool"}
        job = shop.start("jobs.streaming", "run")
        try:
            first = _at_batch(shop, job, WARM)
            before, began = Counter(spark.asked), time.monotonic()
            last = _at_batch(shop, job, first.batch + BATCHES)
            asked, seconds = Counter(spark.asked) - before, time.monotonic() - began
        finally:
            shop.close()
            spark.close()
    batches = last.batch - first.batch
    kinds: Counter[str] = Counter()
    for (method, name), count in asked.items():
        kinds[kind(method, name)] += count
    table = Table(title=f"requests to the bucket over {batches} batches in {seconds:.0f} s")
    for title in ("what", "a batch", "a second"):
        table.add_column(title, justify="left" if title == "what" else "right")
    for what, count in kinds.most_common():
        table.add_row(what, f"{count / batches:.2f}", f"{count / seconds:.2f}")
    Console(width=100).print(table)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    result = {
        "bench": "bucket", "commit": commit.stdout.strip(), "cores": os.cpu_count(), "batches": batches,
        "seconds": round(seconds, 1),
    }  # fmt: skip
    for what, count in kinds.items():
        result[f"{what.replace(' ', '_')}_per_batch"] = round(count / batches, 2)
    typer.echo(msgspec.json.encode(result).decode())


def _at_batch(shop: Shop, job: Job, number: int) -> Status:
    """Publish ten events ten times a second until a batch is done; the newest status."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    sent = 0
    while True:
        now = dt.datetime.now(dt.UTC)
        numbers = range(number * 100_000 + sent, number * 100_000 + sent + 10)
        shop.publisher.publish("eventos_web", [message(web_event(it, "login", now)) for it in numbers])
        sent += 10
        status = live.read_status(shop.redis)
        if status is not None and status.batch >= number:
            return status
        assert job.process.poll() is None, job.output
        assert time.monotonic() < deadline, f"batch {number} is not done: {status}"
        time.sleep(0.1)


if __name__ == "__main__":
    main()
