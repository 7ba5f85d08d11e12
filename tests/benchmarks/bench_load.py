"""How many events a second the whole stack bears: the rate rises until a lag grows for a whole step.

``SECONDS=60 python -m tests.benchmarks.bench_load``: so long is a step. Emulator, Postgres, Redis, ingest,
streaming, two simulators and the dashboard (its process, no viewer) share the cores. After each step every
event is looked for in the simulators' books, Postgres and Redis. The last line is one JSON object.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import psutil
import typer
from rich.console import Console
from rich.table import Table

from contracts.topology import load
from tests.benchmarks import counting
from tests.benchmarks.whole_stack import PARTS, WholeStack, commit

SECONDS = float(os.environ.get("SECONDS", "60"))
RATES = tuple(float(it) for it in os.environ.get("RATES", "5000,10000,12500,15000").split(","))
GOAL = 10_000
WARM_UP_SECONDS, FRESH_SECONDS = 30.0, 3.0
# Queues are drained for as long as something still arrives.
STANDSTILL_SECONDS = 60.0
# The emulator keeps every message it ever had, some 4 kB each: it is given what the machine can spare.
EMULATOR_HEAP_GB = max(2, min(12, psutil.virtual_memory().total // 2**31))
# A queue grows when it is longer, by so many seconds' worth of events, at the end of a step than halfway.
GROWTH_SECONDS = 1.0
QUEUES = ("simulators", "ingest", "sealer", "Spark")
"""Whose queue it is: messages due and not published, not persisted, not sealed; rows not in Redis."""


class Step(NamedTuple):
    """One rate: what came through, the queues in events (a row each second), cores used by each part."""

    rate: float
    events_per_s: float
    queues: dict[str, list[float]]
    newest_age: float
    cores: dict[str, float]
    busy: float

    @property
    def growth(self) -> dict[str, float]:
        """By how many events each queue grew from the step's middle (five seconds around it) to its end."""
        middle = len(self.queues["Spark"]) // 2
        return {
            name: float(np.median(it[-5:]) - np.median(it[middle - 2 : middle + 3])) for name, it in self.queues.items()
        }

    @property
    def is_borne(self) -> bool:
        """Whether no queue grows."""
        return max(self.growth.values()) < GROWTH_SECONDS * self.rate


class Totals(NamedTuple):
    """What the parts have counted since they began."""

    published: int
    waiting: int
    ingested: int
    sealed_messages: int
    published_live: int
    rows: int
    rows_in_redis: int


def totals(stack: WholeStack, earlier_published: dict[str, dict[str, int]]) -> Totals:
    """The counters of all heartbeats; simulators that have ended count on."""
    live_topics = {it.topic for it in load().subscriptions.values() if it.consumer == "streaming"}
    waiting = ingested = sealed = rows = 0
    for beat in stack.beats():
        received = sum(beat.data.get("recebidos", {}).values())
        if beat.part == "simuladores":
            earlier_published[beat.instance] = beat.data["publicados"]
            waiting += beat.data["pendentes"] if beat.is_fresh else 0
        elif beat.part == "ingest":
            ingested += received
        elif beat.part == "streaming":
            sealed += received
            rows += beat.data["selados"]
    status = stack.status()
    by_topic = [(topic, count) for it in earlier_published.values() for topic, count in it.items()]
    return Totals(
        published=sum(count for _topic, count in by_topic),
        waiting=waiting,
        ingested=ingested,
        sealed_messages=sealed,
        published_live=sum(count for topic, count in by_topic if topic in live_topics),
        rows=rows,
        rows_in_redis=status.rows if status else 0,
    )


def play(stack: WholeStack, rate: float, published: dict[str, dict[str, int]]) -> Step:
    """One step."""
    stack.open_shop(rate)
    # They announce the catalogue first, and write down who is known.
    first = totals(stack, published).published
    stack.until(lambda: totals(stack, published).published > first + 2 * rate, "the shop")
    queues: dict[str, list[float]] = {name: [] for name in QUEUES}
    before, busy_before, began = stack.usage(), psutil.cpu_times(), time.monotonic()
    start = totals(stack, published)
    while time.monotonic() < began + SECONDS:
        time.sleep(1)
        stack.check()
        now = totals(stack, published)
        due = start.published + start.waiting + rate * (time.monotonic() - began)
        for name, length in (
            ("simulators", due - now.published),
            ("ingest", now.published - now.ingested),
            ("sealer", now.published_live - now.sealed_messages),
            ("Spark", now.rows - now.rows_in_redis),
        ):
            queues[name].append(length)
    seconds = time.monotonic() - began
    after, busy_after = stack.usage(), psutil.cpu_times()
    status = stack.status()
    idle = busy_after.idle + busy_after.iowait - busy_before.idle - busy_before.iowait
    step = Step(
        rate,
        (totals(stack, published).rows_in_redis - start.rows_in_redis) / seconds,
        queues,
        time.time() - (status.newest_event or 0.0) if status else float("inf"),
        {name: (after[name].cpu_seconds - before[name].cpu_seconds) / seconds for name in PARTS},
        (os.cpu_count() or 1) - idle / seconds,
    )
    stack.close_shop()
    return step


def warm_up(stack: WholeStack) -> None:
    """Spark's first batches are slow, its code is compiled while it runs: begin with half of the first rate."""

    def is_fresh() -> bool:
        status = stack.status()
        return status is not None and time.time() - (status.newest_event or 0.0) < FRESH_SECONDS

    stack.open_shop(RATES[0] / 2)
    stack.until(is_fresh, "fresh values")
    until = time.monotonic() + WARM_UP_SECONDS
    stack.until(lambda: time.monotonic() > until, "the end of the warm-up", WARM_UP_SECONDS + 5)
    stack.close_shop()


def measure(folder: Path, console: Console) -> tuple[list[Step], counting.Counts]:
    """Rise until a step is not borne; after each that is, let all queues run empty and count.

    What was not borne is not waited for: an emulator with a backlog collects garbage more than it delivers.
    """
    steps: list[Step] = []
    counts = counting.Counts(0, 0, 0)
    published: dict[str, dict[str, int]] = {}
    with WholeStack(folder, emulator_heap=f"{EMULATOR_HEAP_GB}g") as stack:
        begin = int(time.time()) // 60 * 60
        warm_up(stack)
        for rate in RATES:
            step = play(stack, rate, published)
            steps.append(step)
            growth = ", ".join(f"{name} {it:+,.0f}" for name, it in step.growth.items())
            console.print(
                f"{rate:,.0f}/s: {step.events_per_s:,.0f}/s into Redis, newest event {step.newest_age:.1f} s old, "
                f"queues {growth}, {step.busy:.2f} cores busy"
            )
            if not step.is_borne:
                break
            counts = drained(stack, begin)
            if not counts.agree:
                break
    return steps, counts


def drained(stack: WholeStack, begin: int) -> counting.Counts:
    """Wait until every event since ``begin`` is everywhere, or nothing arrives any more; what was found."""
    end = int(time.time()) // 60 * 60 + 60
    counts, since = counting.count(stack, begin, end), time.monotonic()
    while not counts.agree and time.monotonic() < since + STANDSTILL_SECONDS:
        time.sleep(1)
        now = counting.count(stack, begin, end)
        if now != counts:
            counts, since = now, time.monotonic()
    return counts


def saturation(step: Step) -> str:
    """What came first: the part whose queue grew most, and where the cores went."""
    slowest = max(step.growth, key=lambda it: step.growth[it])
    used = ", ".join(f"{name} {it:.2f}" for name, it in sorted(step.cores.items(), key=lambda it: -it[1]) if it >= 0.05)
    return f"{slowest}'s queue; {step.busy:.2f} of {os.cpu_count()} cores busy: {used}"


def main() -> None:
    """Measure, show, and write the last line."""
    measured = commit()
    console = Console(width=150)
    with tempfile.TemporaryDirectory(prefix="bench-load-") as folder:
        steps, counts = measure(Path(folder), console)
    table = Table(title="the whole stack under a rising rate; cores used by each part")
    for column in ("events/s", "into Redis/s", "newest, s", *PARTS, "all", ""):
        table.add_column(column, justify="right")
    for it in steps:
        table.add_row(
            f"{it.rate:,.0f}",
            f"{it.events_per_s:,.0f}",
            f"{it.newest_age:.1f}",
            *[f"{it.cores[name]:.2f}" for name in PARTS],
            f"{it.busy:.2f}",
            "borne" if it.is_borne else "lag grows",
        )
    console.print(table)
    borne = [it for it in steps if it.is_borne]
    sustained = max((it.events_per_s for it in borne), default=0.0)
    saturated = saturation(steps[-1]) if not steps[-1].is_borne else "nothing yet"
    console.print(f"goal ≥ {GOAL:,} events/s; first to give way: {saturated}")
    console.print(f"events by the ledger {counts.ledger:,}, in Postgres {counts.postgres:,}, in Redis {counts.redis:,}")
    result = {
        "bench": "load",
        "commit": measured,
        "cores": os.cpu_count(),
        "sustained_events_per_s": round(sustained),
        "saturated": saturated,
        "asked_events_per_s": max((it.rate for it in borne), default=0.0),
        "steps": [
            {
                "rate": it.rate,
                "events_per_s": round(it.events_per_s),
                "newest_age_s": round(it.newest_age, 2),
                "growth": {name: round(value) for name, value in it.growth.items()},
                "cores_used": {name: round(value, 2) for name, value in it.cores.items()},
            }
            for it in steps
        ],
        "events": counts._asdict(),
    }
    typer.echo(msgspec.json.encode(result).decode())
    if not counts.agree:
        raise SystemExit("the counts differ and do not move: events were lost, counted twice, or are stuck in a queue")


if __name__ == "__main__":
    main()
