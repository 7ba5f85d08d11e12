"""How fast a run of the batch is, beside SQL on the same Postgres and DuckDB over the same rows.

1 M transactions and 4 M web events; ``SCALE=0.2 python -m tests.benchmarks.bench_batch`` takes a fifth. Each
side computes the same metrics, all but the fitted forecast and its error, with its session open and its
results fetched but not published: the batch from Postgres, SQL by a statement a metric on the same
Postgres, DuckDB by the same statements over Parquet files written beforehand. Everything is done twice;
the figures are the second time's, the first time's are shown as cold. All results must be equal. The last
line is one JSON object.
"""

import datetime as dt
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import duckdb
import msgspec
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.table import Table

from contracts import bulk, database, log, migrate, settings
from contracts.progress import Progress
from contracts.settings import Settings
from jobs.batch import reader
from jobs.batch.frames import build
from jobs.batch.registry import BatchMetric, all_metrics
from jobs.batch.run import compute, inputs
from jobs.batch.session import FOR_SMALL_FRAMES, small_from_now_on, spark_session
from local.servers import start_all
from tests import historical
from tests.benchmarks.batch_data import FILL, PARQUET, VIEWS, for_duckdb

SCALE = float(os.environ.get("SCALE", "1"))
TIMES = 2
Results = dict[str, pa.Table]


def of_batch(
    configuration: Settings, metrics: tuple[BatchMetric, ...]
) -> tuple[list[float], list[float], Results, dt.datetime]:
    """Seconds of each time, seconds that reading and shared sums took of them, results, and their instant."""
    whole, reading = [], []
    with spark_session(configuration) as session:
        for _ in range(TIMES):
            before = {it: session.conf.get(it) for it in FOR_SMALL_FRAMES}
            began = time.monotonic()
            with reader.Snapshot(configuration) as snapshot:
                read = inputs(session, snapshot, snapshot.instant, configuration)
                idle = dt.timedelta(minutes=configuration.cart_idle_minutes)
                frames = build(session, read, instant=snapshot.instant, idle=idle, zone=configuration.zone)
                reading.append(time.monotonic() - began)
                small_from_now_on(session)
                found = compute(metrics, frames, Progress("bench"))
                whole.append(time.monotonic() - began)
            session.catalog.clearCache()
            for name, value in before.items():
                session.conf.set(name, value)
    return whole, reading, {it.id: table for it, table in found.items()}, snapshot.instant


def of_statements(
    run: Callable[[str], pa.Table], metrics: tuple[BatchMetric, ...], instant: dt.datetime
) -> tuple[list[float], Results]:
    """Seconds of each time, and results, of a statement a metric."""
    seconds = [0.0] * TIMES
    results: Results = {}
    for metric in metrics:
        columns = [it.split() for it in metric.schema.split(", ")]
        kinds = {"string": "text", "binary": "text"}
        chosen = ", ".join(f"{name}::{kinds.get(kind, kind)} as {name}" for name, kind in columns)
        names = ", ".join(name for name, _ in columns)
        text = f"select {chosen} from ({historical.statement(metric.id, instant=instant)}) as x ({names})"
        for turn in range(TIMES):
            began = time.monotonic()
            results[metric.id] = run(text)
            seconds[turn] += time.monotonic() - began
    return seconds, results


def alike(ours: Results, theirs: Results, who: str) -> None:
    """Raises ``SystemExit`` where the results differ."""
    for name, table in ours.items():
        columns = [
            pa.array([str(UUID(bytes=it)) for it in column.to_pylist()])
            if pa.types.is_binary(column.type)
            else column.combine_chunks()
            for column in table.columns
        ]
        plain = pa.table(columns, names=table.schema.names)
        other = theirs[name].cast(plain.schema)
        order = [(it, "ascending") for it in plain.schema.names]
        if not plain.sort_by(order).equals(other.sort_by(order)):
            raise SystemExit(f"{who} says something else of {name}: {other.num_rows} rows, ours {plain.num_rows}")


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """The most resident memory of this process and those it started but Postgres, in MB, filled in at the end."""
    peak, stop = [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.25):
            total = 0
            for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
                try:
                    total += 0 if "postgres" in process.name() else process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            peak[0] = max(peak[0], total / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        stop.set()
        watcher.join()


def main() -> None:
    """Measure, show, and write the last line."""
    metrics = tuple(it for it in all_metrics() if it.id not in ("previsao_receita", "erro_previsao"))
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder), only={"postgres"}) as servers:
        os.environ |= servers.environment | {"VITRINE_LOCAL_FOLDER": folder, "VITRINE_LOG_LEVEL": "WARNING"}
        configuration = settings.load()
        log.configure("bench", log_format=configuration.log_format, level=configuration.log_level)
        connection = database.connect(configuration, application="bench", timeout_seconds=None)
        migrate.migrate(connection)
        sizes = {"transactions": int(1_000_000 * SCALE), "carts": int(800_000 * SCALE)}
        for statement in filter(str.strip, FILL.format(**sizes).split(";\n")):
            connection.cursor().execute(statement)
        connection.commit()
        connection.autocommit = True
        connection.cursor().execute("vacuum analyze")
        (rows,) = database.rows(
            connection, "select (select count(*) from transacoes_vendas) + count(*) from eventos_web"
        )[0]
        with peak_memory() as peak:
            ours, reading, results, instant = of_batch(configuration, metrics)
        with (
            bulk.connection(configuration, doing="measuring SQL", autocommit=True) as opened,
            opened.cursor() as cursor,
        ):

            def in_postgres(text: str) -> pa.Table:
                cursor.execute(text)
                return cursor.fetch_arrow_table()

            for name, text in PARQUET.items():
                pq.write_table(in_postgres(text), Path(folder) / f"{name}.parquet")
            sql, found = of_statements(in_postgres, metrics, instant)
        alike(results, found, "SQL")
        duck = duckdb.connect()
        duck.execute("set timezone = 'UTC'")
        for name, text in VIEWS.items():
            duck.execute(f"create view {name} as {text.format(file=Path(folder) / f'{name}.parquet')}")
        peer, found = of_statements(lambda text: duck.sql(for_duckdb(text)).to_arrow_table(), metrics, instant)
        alike(results, found, "DuckDB")
        connection.close()
    table = Table(title=f"{len(metrics)} metrics from {rows:,} rows")
    for heading in ("seconds", "warm", "cold"):
        table.add_column(heading, justify="left" if heading == "seconds" else "right")
    for name, values in (("batch", ours), ("of it reading and shared sums", reading), ("SQL", sql), ("DuckDB", peer)):
        table.add_row(name, f"{values[-1]:.1f}", f"{values[0]:.1f}")
    Console(width=100).print(table)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    result = {
        "bench": "batch",
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "scale": SCALE,
        "seconds": round(ours[-1], 1),
        "cold_seconds": round(ours[0], 1),
        "read_seconds": round(reading[-1], 1),
        "sql_seconds": round(sql[-1], 1),
        "cold_sql_seconds": round(sql[0], 1),
        "ratio_to_sql": round(sql[-1] / ours[-1], 2),
        "duckdb_seconds": round(peer[-1], 1),
        "ratio_to_duckdb": round(peer[-1] / ours[-1], 2),
        "rows_per_s": round(rows / ours[-1]),
        "peak_memory_mb": round(peak[0]),
    }
    typer.echo(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
