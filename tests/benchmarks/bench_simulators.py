"""How fast the shop is: events generated and encoded per core, published to the emulator, and the memory for it.

``SECONDS=100 python -m tests.benchmarks.bench_simulators``. The peer is what such generators usually
are: a Faker call for each field of each record. The last line is one JSON object.
"""

import datetime as dt
import gc
import os
import statistics
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import typer
from faker import Faker
from rich.console import Console
from rich.table import Table

from contracts import database, migrate, settings, topology
from contracts.broker import Administrator, Publisher
from contracts.errors import BrokerUnavailable
from local.servers import start_all
from simulators import history, run, sample
from simulators.agenda import Outgoing
from simulators.moments import to_microseconds
from simulators.publishing import Outbox
from simulators.sessions import WEB_TYPES

DEFAULT_SECONDS = 100
SECONDS = float(os.environ.get("SECONDS", str(DEFAULT_SECONDS)))
START = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
# Messages a second of the shop's time; what is measured is how fast that time passes.
RATE = 20_000.0
# Far from the some 1.8 million messages that fill the emulator's heap of 2 GB.
SPANS, SPAN_MESSAGES = 5, 200_000
# In the default time; over so many the memory has to be flat.
EVENTS, GENERATED_SPANS = 10_000_000, 10
PUBLISHED_GOAL = 80_000


class Generated(NamedTuple):
    """Events per CPU second (the median of the spans), resident MB after each span, and the last events."""

    per_second: float
    memory: list[float]
    messages: list[Outgoing]


def generate(events: int) -> Generated:
    """Play a shop until it has made so many events, in spans."""
    shop = sample.open_shop(run.world(settings.load({}), 42), range(64), rate=RATE, start=START)
    # As a run does.
    gc.freeze()
    process = psutil.Process()
    shown, rates, memory = 0.0, [], []
    messages: list[Outgoing] = []
    for _span in range(GENERATED_SPANS + 1):
        count, began = 0, time.process_time()
        while count < events // GENERATED_SPANS:
            shown += 0.1
            until = to_microseconds(START) + int(shown * 1_000_000)
            # As in a run: what falls due later waits in the ledger, not in memory.
            shop.look_ahead(until + 120_000_000, ())
            messages = shop.advance(until).messages
            count += len(messages)
        rates.append(count / (time.process_time() - began))
        memory.append(process.memory_info().rss / 1_000_000)
    # The first span fills the caches.
    return Generated(statistics.median(rates[1:]), memory, messages)


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


def load_history(days: int) -> float:
    """Rows per second of a history of so many days, books included, into a new Postgres."""
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder), only={"postgres"}) as servers:
        environment = {**servers.environment, "VITRINE_SIMULATORS_FOLDER": folder}
        configuration = settings.load(environment)
        with closing(database.connect(configuration, application="bench", timeout_seconds=None)) as connection:
            migrate.migrate(connection)
            world = run.world(configuration, configuration.simulators_seed, live=False)
            loaded = history.load(connection, configuration, world, days=days, progress=lambda *_: None)
            assert loaded is not None, "the database was not empty"
            return loaded.total / loaded.seconds


def main() -> None:
    """Measure, show, and write the last line."""
    events = round(EVENTS * SECONDS / DEFAULT_SECONDS)
    generated = generate(events)
    peer = generate_with_faker(SECONDS / 20)
    published = publish(SECONDS / 10, generated.messages)
    rows = load_history(max(round(SECONDS * 2), 8))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    first, most = generated.memory[0], max(generated.memory)

    table = Table(title=f"simulators, {events:,} events generated")
    for column in ("what", "measured", "goal"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row("generated and encoded, per second of one core", f"{generated.per_second:,.0f}", "≥ 200,000")
    table.add_row("… the peer: Faker for each record", f"{peer:,.0f}", "–")
    table.add_row("published to the emulator, per second", f"{published:,.0f}", f"≥ {PUBLISHED_GOAL:,}")
    table.add_row(
        f"memory of the generating process after {events // GENERATED_SPANS:,} events, MB", f"{first:,.0f}", ""
    )
    table.add_row(f"… and at most until {events:,} events, MB", f"{most:,.0f}", "≤ 200, flat")
    table.add_row("history: rows per second, books included", f"{rows:,.0f}", "≥ 100,000")
    Console(width=110).print(table)
    result = {
        "bench": "simulators",
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "generated_per_s_per_core": round(generated.per_second),
        "published_per_s": round(published),
        "peak_memory_mb": round(most),
        "first_memory_mb": round(first),
        "events": events,
        "history_rows_per_s": round(rows),
        "faker_per_s_per_core": round(peer),
    }
    typer.echo(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
