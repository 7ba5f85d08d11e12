"""How fast the shop is: events generated and encoded per core, published to the emulator, and the memory for it.

``SECONDS=40 python tests/benchmarks/bench_simulators.py``. The peer is what such generators usually
are: a Faker call for each field of each record. The last line is one JSON object.
"""

import datetime as dt
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import typer
from faker import Faker
from rich.console import Console
from rich.table import Table

from contracts import settings, topology
from contracts.broker import Administrator, Publisher
from contracts.errors import BrokerUnavailable
from local.servers import start_all
from simulators import run, sample
from simulators.agenda import Outgoing
from simulators.moments import to_microseconds
from simulators.publishing import Outbox
from simulators.sessions import WEB_TYPES

SECONDS = float(os.environ.get("SECONDS", "40"))
START = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
# Messages a second of the shop's time; what is measured is how fast that time passes.
RATE = 20_000.0
# Far from the some 1.8 million messages that fill the emulator's heap of 2 GB.
SPANS, SPAN_MESSAGES = 5, 200_000
GENERATED_GOAL, PUBLISHED_GOAL, MEMORY_GOAL = 200_000, 80_000, 200


def generate(seconds: float) -> tuple[float, int, list[Outgoing]]:
    """Events per CPU second, how many, and the last ones."""
    shop = sample.open_shop(run.world(settings.load({}), 42), range(64), rate=RATE, start=START)
    # As in a run: what falls due later waits in the ledger, not in memory.
    shop.look_ahead(to_microseconds(START) + 600_000_000, ())
    sample.play(shop, START, 1.0)
    shown, count = 1.0, 0
    messages: list[Outgoing] = []
    began = time.process_time()
    while time.process_time() - began < seconds:
        shown += 0.1
        messages = sample.play(shop, START, shown).messages
        count += len(messages)
    return count / (time.process_time() - began), count, messages


def generate_with_faker(seconds: float) -> float:
    """Records per CPU second, one call of Faker for each field."""
    faker = Faker("pt_BR")
    count = 0
    began = time.process_time()
    while time.process_time() - began < seconds:
        msgspec.json.encode(
            {
                "id_evento": faker.uuid4(),
                "id_usuario": faker.uuid4(),
                "id_sessao": faker.uuid4(),
                "id_carrinho": None,
                "tipo_evento": faker.random_element(WEB_TYPES),
                "id_produto": faker.uuid4(),
                "timestamp_evento": faker.date_time_between("-1h", "now", tzinfo=dt.UTC).isoformat(),
            }
        )
        count += 1
    return count / (time.process_time() - began)


def publish(seconds: float, messages: list[Outgoing]) -> float:
    """Messages per second through the outbox and the real client, until the real emulator accepted all: median.

    Over spans of a number of messages, after one that warms up Java. The emulator keeps every message
    and publishing to a full heap is ten times as slow: its subscriptions are replaced after each span.
    """
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder), only={"emulator"}) as servers:
        configuration = settings.load(servers.environment)
        administrator, shown = Administrator(configuration), topology.load()
        administrator.create(shown)
        span = min(SPAN_MESSAGES, round(seconds / SPANS * PUBLISHED_GOAL))
        rates: list[float] = []
        number = 0
        with Outbox(lambda: Publisher(configuration), capacity=100_000) as outbox:
            for _span in range(SPANS + 1):
                published = 0
                began = time.monotonic()
                while published < span:
                    number += 1
                    outbox.put(number, messages)
                    published += len(messages)
                    while outbox.is_full:
                        outbox.check()
                        outbox.drain(0.01)
                accepted = outbox.drain(120)
                outbox.check()
                if not accepted:
                    raise BrokerUnavailable(f"publishing {published} messages: {outbox.waiting} still wait after 120 s")
                rates.append(published / (time.monotonic() - began))
                for name in shown.subscriptions:
                    administrator.delete_subscription(name)
                administrator.create(shown)
        return statistics.median(rates[1:])


def main() -> None:
    """Measure, show, and write the last line."""
    generated, count, messages = generate(SECONDS / 2)
    # Of this process so far: interpreter, pools, all shards and the events under way.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    peer = generate_with_faker(SECONDS / 8)
    published = publish(SECONDS / 4, messages)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)

    table = Table(title=f"simulators, {count:,} events generated")
    for column in ("what", "measured", "goal"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row("generated and encoded, per second of one core", f"{generated:,.0f}", f"≥ {GENERATED_GOAL:,}")
    table.add_row("… the peer: Faker for each record", f"{peer:,.0f}", "–")
    table.add_row("published to the emulator, per second", f"{published:,.0f}", f"≥ {PUBLISHED_GOAL:,}")
    table.add_row("peak memory of the generating process, MB", f"{memory:,.0f}", f"≤ {MEMORY_GOAL}")
    Console(width=100).print(table)
    result = {
        "bench": "simulators",
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "generated_per_s_per_core": round(generated),
        "published_per_s": round(published),
        "peak_memory_mb": round(memory),
        "faker_per_s_per_core": round(peer),
    }
    typer.echo(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
