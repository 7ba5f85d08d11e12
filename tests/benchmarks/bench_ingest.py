"""How many messages a core turns into rows of Postgres: decoded, checked, staged and merged, batch by batch.

A tenth of the messages are versions of sales, the others web events, two in a hundred come twice; they are handed
over as the broker delivers them, in batches of the set size, each committed. The peer is binary COPY of the rows
that came of it into tables without index or constraint. *Per core* is by the CPU seconds of this process and of
Postgres together. ``SCALE=4 python -m tests.benchmarks.bench_ingest`` takes four times the messages (default:
500,000). The last line is one JSON object.
"""

import datetime as dt
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import typer
from rich.console import Console
from rich.table import Table

from contracts import database, migrate, settings, topology
from contracts.broker import Delivery
from contracts.database import Connection
from contracts.events import SCHEMA_VERSION, SCHEMA_VERSION_ATTRIBUTE
from contracts.footprint import leave_pandas_out
from contracts.settings import Settings
from contracts.topology import Source
from jobs.ingest.decoding import decode_batch
from jobs.ingest.upserts import Upserts
from local.servers import start_all
from tests.benchmarks import replay_messages
from tests.benchmarks.whole_stack import commit

MESSAGES = int(500_000 * float(os.environ.get("SCALE", "1")))
GOAL = 100_000
TABLES = {Source.TRANSACTIONS: "transacoes_vendas", Source.WEB_EVENTS: "eventos_web"}


class Cost(NamedTuple):
    """Seconds by the clock, and of CPU in this process and in Postgres."""

    wall: float
    own: float
    postgres: float

    def per_core(self, count: int) -> float:
        """How many a core did in a second."""
        return count / (self.own + self.postgres)


class Stopwatch:
    """Adds up what calls cost; ``postgres`` is the server's process."""

    def __init__(self, postgres: int) -> None:
        self.cost = Cost(0.0, 0.0, 0.0)
        # Backends are its children; what one used is lost with it, so none may end in between.
        self._postgres = psutil.Process(postgres)
        self._own = psutil.Process()

    def of(self, call: Callable[[], object]) -> None:
        """Call it."""
        # Looking through the machine's processes takes milliseconds: what is ours is read after it, and before it.
        servers_before = self._servers()
        begun, own_before = time.monotonic(), _cpu(self._own)
        call()
        ended, own_after = time.monotonic(), _cpu(self._own)
        spent = (ended - begun, own_after - own_before, self._servers() - servers_before)
        self.cost = Cost(*(sum(it) for it in zip(self.cost, spent, strict=True)))

    def _servers(self) -> float:
        return sum(map(_cpu, [self._postgres, *self._postgres.children()]))


def _cpu(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return spent.user + spent.system


def batches(parts: list[Path], most: int) -> Iterator[tuple[Source, list[Delivery]]]:
    """The messages as deliveries, by source, at most so many at once."""
    source_of = topology.load().source_of
    waiting: dict[Source, list[Delivery]] = {it: [] for it in TABLES}
    now = dt.datetime.now(dt.UTC)
    attributes = {SCHEMA_VERSION_ATTRIBUTE: SCHEMA_VERSION}
    for part in parts:
        for pull in replay_messages.read_part(part):
            source = source_of(pull.subscription)
            waiting[source] += [Delivery("", "", now, it, attributes) for it in pull.payloads]
            while len(waiting[source]) >= most:
                yield source, waiting[source][:most]
                del waiting[source][:most]
    yield from ((source, left) for source, left in waiting.items() if left)


def ingest(configuration: Settings, parts: list[Path], postgres: int) -> Cost:
    """Write all messages as the consumers do, each source by a connection of its own."""
    watch = Stopwatch(postgres)
    connections = {it: database.connect(configuration, application=f"bench-{it}") for it in TABLES}
    upserts = {it: Upserts(connection, it) for it, connection in connections.items()}
    for number, (source, deliveries) in enumerate(batches(parts, configuration.ingest_batch_rows)):
        if number == 0:
            # Arrow imports its functions when they are first called: 0.2 s once, no part of what a message costs.
            decode_batch(source, deliveries, now=dt.datetime.now(dt.UTC), future_skew=configuration.future_skew)

        def write(source: Source = source, deliveries: list[Delivery] = deliveries) -> None:
            now = dt.datetime.now(dt.UTC)
            batch = decode_batch(source, deliveries, now=now, future_skew=configuration.future_skew)
            assert not batch.rejected, batch.rejected[0].rejection
            upserts[source].write(batch)
            connections[source].commit()

        watch.of(write)
    for connection in connections.values():
        connection.close()
    return watch.cost


def copied(connection: Connection, postgres: int) -> Cost:
    """Copy the same rows into bare tables."""
    watch = Stopwatch(postgres)
    cursor = connection.cursor()
    for name in TABLES.values():
        rows = io.BytesIO()
        cursor.execute(f"copy (select * from {name}) to stdout (format binary)", stream=rows)
        cursor.execute(f"create table copia_{name} as select * from {name} with no data")
        connection.commit()
        rows.seek(0)

        def copy(name: str = name, rows: io.BytesIO = rows) -> None:
            cursor.execute(f"copy copia_{name} from stdin (format binary)", stream=rows)
            connection.commit()

        watch.of(copy)
    return watch.cost


def main() -> None:
    """Measure, show, and write the last line."""
    measured = commit()
    # As the job does.
    leave_pandas_out()
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder), only={"postgres"}) as servers:
        configuration = settings.load({**os.environ, **servers.environment})
        connection = database.connect(configuration, application="bench", timeout_seconds=None)
        migrate.migrate(connection)
        begin = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=replay_messages.SPAN_SECONDS + 60)
        written = replay_messages.write(Path(folder), MESSAGES, begin)
        count, process = sum(written.messages), servers["postgres"].pid
        assert process is not None
        ours = ingest(configuration, written.parts, process)
        counted = [database.rows(connection, f"select count(*) from {it}")[0][0] for it in TABLES.values()]
        peer = copied(connection, process)
        connection.close()
    rows = sum(counted)
    table = Table(
        "what",
        "by the clock, s",
        "this process, s",
        "Postgres, s",
        "a second and core",
        title=f"{count:,} messages, {rows:,} rows",
    )
    for name, cost, done in (("ingest, messages", ours, count), ("binary COPY, rows", peer, rows)):
        table.add_row(name, *(f"{it:.1f}" for it in cost), f"{cost.per_core(done):,.0f}")
    Console(width=110).print(table)
    Console(width=110).print(f"goal ≥ {GOAL:,} a second and core")
    result = {
        "bench": "ingest", "commit": measured, "cores": os.cpu_count(),
        "rows_per_s": round(ours.per_core(count)),
        "rows_per_s_by_the_clock": round(count / ours.wall),
        "ratio_to_copy": round(ours.per_core(count) / peer.per_core(rows), 3),
    }  # fmt: skip
    typer.echo(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
