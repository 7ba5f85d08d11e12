"""How long one reading of a live window takes: 1,000 products, each sold in every minute.

``SECONDS=40 python -m tests.benchmarks.bench_window``. *First* is a reader that begins, *steady* one that
reads once after each batch. The peer is the plain way: fetch every pane and add it up. The last line is
one JSON object.
"""

import datetime as dt
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import redis
import typer
from datasketches import hll_sketch, tgt_hll_type
from rich.console import Console
from rich.table import Table

from contracts import live, live_layout, live_store, panes, settings
from contracts.live import LiveReader, WindowName
from contracts.panes import Dimension, Measures
from contracts.windows import plan
from local.servers import start_all

SECONDS = float(os.environ.get("SECONDS", "40"))
ZONE = ZoneInfo("America/Sao_Paulo")
# In the middle of an afternoon, and of an hour.
NOW = dt.datetime(2026, 11, 23, 18, 37, 5, tzinfo=dt.UTC)
PRODUCTS = [f"{it:032x}" for it in range(1_000)]
KEYS = {
    Dimension.TOTAL: [""],
    Dimension.PRODUCT: PRODUCTS,
    Dimension.CATEGORY: [f"Categoria {it}" for it in range(20)],
    Dimension.UF: [f"U{it}" for it in range(27)],
    Dimension.PAYMENT: ["pix", "boleto", "cartao_credito"],
    Dimension.SEGMENT: ["novo", "fiel", "VIP"],
    Dimension.EVENT_TYPE: [f"evento_{it}" for it in range(8)],
}
PEOPLE = {10: 300, 60: 1_500, 3600: 20_000}
STEADY_GOAL, FIRST_GOAL = 10.0, 150.0


def every_pane() -> Iterator[tuple[int, int, Dimension]]:
    """What is in Redis after two days."""
    now = int(NOW.timestamp())
    for dimension in Dimension:
        for seconds in panes.lengths(dimension):
            oldest = now - panes.life(seconds, dimension)
            for start in range(oldest - oldest % seconds + seconds, now + 1, seconds):
                yield seconds, start, dimension


def fill(client: redis.Redis) -> int:
    """Write every pane; how many values that were."""
    images = {}
    for seconds, people in PEOPLE.items():
        sketch = hll_sketch(panes.SKETCH_LG_K, tgt_hll_type.HLL_8)
        for it in range(people):
            sketch.update(it)
        images[seconds] = sketch.serialize_compact()
    values = 0
    for seconds, start, dimension in every_pane():
        write(client, seconds, start, dimension, 1)
        values += len(KEYS[dimension])
        if dimension is Dimension.TOTAL:
            client.hset(live.sketch_key(seconds, start), mapping=dict.fromkeys(panes.SKETCHES, images[seconds]))
    client.set(live.VERSION, 1)
    return values


def write(client: redis.Redis, seconds: int, start: int, dimension: Dimension, factor: int) -> None:
    """One pane with all keys."""
    values = dict.fromkeys(KEYS[dimension], b"%d,%d,%d,0,0,%d,%d,%d" % (12345 * factor, factor, 3, 1, 17, 2))
    client.hset(live.pane_key(seconds, start, dimension), mapping=values)


def batch(client: redis.Redis, number: int) -> None:
    """What a batch changes: the panes that hold now, in all dimensions and with every product."""
    changed = set()
    for dimension in Dimension:
        for seconds in panes.lengths(dimension):
            start = panes.start_of(NOW, seconds)
            write(client, seconds, start, dimension, number)
            changed.add(f"{seconds}:{start}")
    client.zadd(live_layout.CHANGES, dict.fromkeys(changed, number))
    client.set(live.VERSION, number)


def milliseconds(began: float) -> float:
    """Since ``began`` on the performance counter."""
    return (time.perf_counter() - began) * 1000


def read_plainly(client: redis.Redis, name: WindowName) -> int:
    """The peer: every pane of the window fetched, decoded and added up, each time."""
    it = plan(name, NOW, ZONE)
    sums: dict[tuple[Dimension, str], Measures] = {}
    pipeline = client.pipeline(transaction=False)
    read = []
    for cover, dimensions in (
        (it.totals, [Dimension.TOTAL]),
        (it.previous_totals, [Dimension.TOTAL]),
        (it.dimensions, list(Dimension)[1:]),
        (it.previous_dimensions, list(Dimension)[1:]),
    ):
        for seconds, start in cover.panes():
            for dimension in dimensions:
                pipeline.hgetall(live.pane_key(seconds, start, dimension))
                read.append(dimension)
    for dimension, fields in zip(read, pipeline.execute(), strict=True):
        for key, value in fields.items():
            at = (dimension, key.decode())
            sums[at] = sums.get(at, Measures()) + live.decode_measures(value)
    return len(sums)


def measure(client: redis.Redis, name: WindowName, seconds: float) -> dict[str, float]:
    """Milliseconds of the first and the steady reads of one window, and of the peer."""
    first, steady, plain = [], [], []
    for _ in range(5):
        reader = LiveReader(client, zone=ZONE)
        began = time.perf_counter()
        window = reader.read_window(name, NOW)
        first.append(milliseconds(began))
        assert len(window.dimensions[Dimension.PRODUCT]) == len(PRODUCTS)
    number, until = 1, time.monotonic() + seconds
    while time.monotonic() < until or len(steady) < 20:
        number += 1
        batch(client, number)
        began = time.perf_counter()
        window = reader.read_window(name, NOW)
        steady.append(milliseconds(began))
    for _ in range(3):
        began = time.perf_counter()
        read_plainly(client, name)
        plain.append(milliseconds(began))
    steady.sort()
    client.set(live.VERSION, 1)
    client.delete(live_layout.CHANGES)
    return {
        "first_ms": round(statistics.median(first), 1),
        "steady_p50_ms": round(statistics.median(steady), 2),
        "steady_p95_ms": round(steady[int(0.95 * len(steady))], 2),
        "plain_ms": round(statistics.median(plain), 1),
    }


def main() -> None:
    """Measure, show, and write the last line."""
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder), only={"redis"}) as servers:
        client = live_store.connect(settings.load(servers.environment), timeout_seconds=60)
        values = fill(client)
        memory = client.info("memory")["used_memory"] / 1e6
        found = {name: measure(client, name, SECONDS / len(live.WINDOWS)) for name in live.WINDOWS}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    table = Table(title=f"one reading of a window; {values:,} values in Redis, {memory:,.0f} MB")
    for column in ("window", "first, ms", "steady p50, ms", "steady p95, ms", "plain, ms"):
        table.add_column(column, justify="left" if column == "window" else "right")
    for name, figures in found.items():
        table.add_row(name, *[str(it) for it in figures.values()])
    table.add_row("goal", f"≤ {FIRST_GOAL:g}", f"≤ {STEADY_GOAL:g}", "", "")
    Console(width=100).print(table)
    result = {
        "bench": "window",
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "first_ms": max(it["first_ms"] for it in found.values()),
        "steady_p50_ms": max(it["steady_p50_ms"] for it in found.values()),
        "steady_p95_ms": max(it["steady_p95_ms"] for it in found.values()),
        "windows": found,
        "redis_mb": round(memory),
    }
    typer.echo(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
