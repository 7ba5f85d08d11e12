"""How fast a backlog becomes panes: raw messages, sealed, through the production query, into Redis.

``SCALE=0.2 python -m tests.benchmarks.bench_replay`` for a fifth of the messages (default: 3.2 M counted, after
400,000 that warm up). The peer is one plain Python process that does the same work; whatever differs in any
pane or key fails the benchmark. The last line is one JSON object.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import redis
import typer
from datasketches import hll_sketch
from rich.console import Console
from rich.table import Table

from contracts import database, live_store, migrate, panes, settings, topology
from contracts.clock import WALL
from contracts.live_store import PREFIX
from contracts.settings import Settings
from jobs.streaming.dimensions import DimensionLookup
from jobs.streaming.sealer import Sealer
from jobs.streaming.spool import Spool
from jobs.streaming.stores import open_store
from local.servers import start_all
from tests.benchmarks import replay_messages, replay_source
from tests.benchmarks.replay_messages import Written

SCALE = float(os.environ.get("SCALE", "1"))
WARM_PARTS, COUNTED = 4, int(3_200_000 * SCALE)
GOAL = 100_000
# Event times reach that far beyond the wall's now: nothing in Redis expires before it is compared.
_FUTURE_SECONDS = replay_messages.SPAN_SECONDS + 300
# As many as production collects of a backlog.
_COLLECT = 20_000


class Outcome(msgspec.Struct, frozen=True):
    """One replay: events a second, CPU seconds by process, and the panes that are in Redis after it."""

    per_second: float
    cpu: dict[str, float]
    batches: int
    batch_ms: dict[str, int]
    panes: dict[bytes, dict[bytes, bytes]]


def main() -> None:
    """Measure, compare, show, and write the last line."""
    with tempfile.TemporaryDirectory() as name, start_all(Path(name), only={"postgres", "redis", "java"}) as servers:
        folder = Path(name)
        environment = {**os.environ, **servers.environment, "VITRINE_ALLOWED_FUTURE_SKEW_SECONDS": str(_FUTURE_SECONDS)}
        configuration = settings.load(environment)
        connection = database.connect(configuration, application="bench", timeout_seconds=None)
        migrate.migrate(connection)
        connection.close()
        client = live_store.connect(configuration, timeout_seconds=60)
        parts = folder / "parts"
        parts.mkdir()
        written = replay_messages.write(parts, 400_000 + COUNTED, datetime.now(UTC))
        two = replay(environment, folder, written, client, "local[2]", None)
        peer_per_second, peer_panes = consume_plainly(environment, parts, client)
        differences = compare(two.panes, peer_panes)
        one_thread = replay(environment, folder, written, client, "local[1]", None)
        one_core = replay(environment, folder, written, client, "local[1]", {0})
        differences += compare(one_thread.panes, peer_panes) + compare(one_core.panes, peer_panes)
        fill(client)
        ceiling = seal_alone(configuration, folder, written)
    for it in differences[:20]:
        typer.echo(it, err=True)
    counted = sum(written.messages[WARM_PARTS:])
    show(counted, two, one_thread, one_core, ceiling, peer_per_second, len(two.panes))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    result = {
        "bench": "replay",
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "events_per_s": round(two.per_second),
        "plain_python_events_per_s": round(peer_per_second),
        "ratio_to_plain_python": round(two.per_second / peer_per_second, 2),
        "speedup_2_cores": round(two.per_second / one_core.per_second, 2),
        "local_1_events_per_s": round(one_thread.per_second),
        "one_core_events_per_s": round(one_core.per_second),
        "sealer_events_per_s": round(ceiling),
        "events": counted,
        "cpu_us_per_event": {name: round(seconds / counted * 1e6, 2) for name, seconds in two.cpu.items()},
        "batches": two.batches,
        "differences": len(differences),
    }
    typer.echo(msgspec.json.encode(result).decode())
    if differences:
        raise SystemExit(1)


def fill(client: redis.Redis) -> None:
    """An empty Redis with the dimensions."""
    client.flushall()
    replay_messages.fill_dimensions(client)


def replay(
    environment: dict[str, str],
    folder: Path,
    written: Written,
    client: redis.Redis,
    master: str,
    cores: set[int] | None,
) -> Outcome:
    """Run the production query over all parts, on some of the cores, and read what it wrote."""
    fill(client)
    rows = [sum(written.rows[:WARM_PARTS]), sum(written.rows)]
    streaming = Path(tempfile.mkdtemp(dir=folder))
    found = last_line(
        {**environment, "VITRINE_STREAMING_MASTER": master, "VITRINE_STREAMING_FOLDER": str(streaming)},
        cores,
        *("replay_run", str(folder / "parts"), str(WARM_PARTS), *map(str, rows)),
    )
    assert (found["status"]["rows"], found["status"]["late"], found["status"]["rejected"]) == (rows[1], 0, 0), found
    counted = sum(written.messages[WARM_PARTS:])
    return Outcome(
        counted / found["seconds"], found["cpu_seconds"], found["batches"], found["batch_ms"], read_panes(client)
    )


def consume_plainly(
    environment: dict[str, str], parts: Path, client: redis.Redis
) -> tuple[float, dict[bytes, dict[bytes, bytes]]]:
    """Run the peer over all parts: events a second, and what it wrote."""
    fill(client)
    found = last_line(environment, None, "replay_peer", str(parts), str(WARM_PARTS))
    return found["messages"] / found["seconds"], read_panes(client)


def last_line(environment: dict[str, str], cores: set[int] | None, module: str, *arguments: str) -> Any:
    """Run a module of this folder; what its last line says."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    if cores is not None:
        command = ["taskset", "--cpu-list", ",".join(map(str, sorted(cores))), *command]
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(ended.stdout.splitlines()[-1])


def seal_alone(configuration: Settings, folder: Path, written: Written) -> float:
    """Events a second of a sealer that nobody reads from."""
    spool = Spool(open_store(str(folder / "alone")))
    lookup = DimensionLookup(configuration, live_store.connect(configuration))
    sealer = Sealer(configuration, topology.load(), spool, lookup, WALL)
    _seal(sealer, written.parts[:WARM_PARTS])
    began = time.monotonic()
    _seal(sealer, written.parts[WARM_PARTS:])
    seconds = time.monotonic() - began
    assert sealer.counters.rows == sum(written.rows), sealer.counters
    return sum(written.messages[WARM_PARTS:]) / seconds


def _seal(sealer: Sealer, parts: Sequence[Path]) -> None:
    pulls, count = [], 0
    for pulled in replay_source.deliveries(parts):
        pulls.append(pulled)
        count += len(pulled.deliveries)
        if count >= _COLLECT:
            sealer.seal(pulls)
            pulls, count = [], 0
    sealer.seal(pulls)


def read_panes(client: redis.Redis) -> dict[bytes, dict[bytes, bytes]]:
    """Every pane and its sketches, by Redis key."""
    keys = sorted(client.scan_iter(match=f"{PREFIX}pane:*", count=10_000))
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.hgetall(key)
    return dict(zip(keys, pipeline.execute(), strict=True))


def compare(ours: dict[bytes, dict[bytes, bytes]], theirs: dict[bytes, dict[bytes, bytes]]) -> list[str]:
    """What differs, in words; sketches may by three standard errors of each."""
    differences = []
    for pane in sorted(ours.keys() | theirs.keys()):
        first, second = ours.get(pane, {}), theirs.get(pane, {})
        for key in sorted(first.keys() | second.keys()):
            a, b = first.get(key), second.get(key)
            if pane.endswith(b":sketch") and a is not None and b is not None:
                counts = [hll_sketch.deserialize(it).get_estimate() for it in (a, b)]
                if abs(counts[0] - counts[1]) > 6 * panes.SKETCH_STANDARD_ERROR * max(counts):
                    differences.append(f"{pane.decode()} {key.decode()}: {counts[0]:.0f} against {counts[1]:.0f}")
            elif a != b:
                differences.append(f"{pane.decode()} {key.decode()}: {a!r} against {b!r}")
    return differences


def show(
    counted: int,
    two: Outcome,
    one_thread: Outcome,
    one_core: Outcome,
    ceiling: float,
    peer: float,
    pane_count: int,
) -> None:
    """The table."""
    table = Table(title=f"replay of {counted:,} messages into {pane_count:,} panes, all equal to the peer's")
    for column in ("what", "events a second", "goal"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row("seal, query, Redis: local[2], two cores", f"{two.per_second:,.0f}", f"≥ {GOAL:,}")
    table.add_row("… local[1], two cores", f"{one_thread.per_second:,.0f}", "")
    table.add_row("… local[1], all processes on one core", f"{one_core.per_second:,.0f}", "")
    table.add_row("one sealer alone: decode, dedupe, look up, seal", f"{ceiling:,.0f}", "")
    table.add_row("peer: plain Python, one process", f"{peer:,.0f}", "")
    table.add_row("ratio to the peer", f"{two.per_second / peer:.2f}", "")
    Console(width=110).print(table)
    shares = Table(title="local[2]: where the CPU goes")
    for column in ("process", "µs an event", "share"):
        shares.add_column(column, justify="left" if column == "process" else "right")
    whole = sum(two.cpu.values())
    for name, seconds in sorted(two.cpu.items(), key=lambda it: -it[1]):
        shares.add_row(name, f"{seconds / counted * 1e6:.2f}", f"{seconds / whole:.0%}")
    Console(width=110).print(shares)
    per_batch = ", ".join(f"{name} {total / two.batches:.0f}" for name, total in two.batch_ms.items())
    typer.echo(f"{two.batches} batches, ms each: {per_batch}")


if __name__ == "__main__":
    main()
