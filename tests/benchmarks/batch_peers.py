"""The peers of ``bench_batch``: a statement a metric, on Postgres and on DuckDB; and what makes results comparable."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contracts import bulk
from contracts.settings import Settings
from jobs.batch.registry import BatchMetric
from tests import historical
from tests.benchmarks.batch_data import PARQUET, VIEWS, for_duckdb
from tests.benchmarks.batch_run import Results

Run = Callable[[str], pa.Table]


@contextmanager
def postgres(configuration: Settings) -> Iterator[Run]:
    """Statements on one open session of Postgres, results to Arrow."""
    with bulk.connection(configuration, doing="measuring SQL", autocommit=True) as opened, opened.cursor() as cursor:

        def run(text: str) -> pa.Table:
            cursor.execute(text)
            return cursor.fetch_arrow_table()

        yield run


def duck(on_postgres: Run, folder: Path) -> Run:
    """Statements on DuckDB, over Parquet files of the same rows that are written here."""
    for name, text in PARQUET.items():
        pq.write_table(on_postgres(text), folder / f"{name}.parquet")
    session = duckdb.connect()
    session.execute("set timezone = 'UTC'")
    for name, text in VIEWS.items():
        session.execute(f"create view {name} as {text.format(file=folder / f'{name}.parquet')}")
    return lambda text: session.sql(for_duckdb(text)).to_arrow_table()


def of_statements(
    run: Run, metrics: tuple[BatchMetric, ...], instant: dt.datetime, *, times: int
) -> tuple[list[dict[str, float]], Results]:
    """Seconds by metric of each time, and results, of a statement a metric."""
    seconds: list[dict[str, float]] = [{} for _ in range(times)]
    results: Results = {}
    for metric in metrics:
        columns = [it.split() for it in metric.schema.split(", ")]
        kinds = {"string": "text", "binary": "text"}
        chosen = ", ".join(f"{name}::{kinds.get(kind, kind)} as {name}" for name, kind in columns)
        names = ", ".join(name for name, _ in columns)
        text = f"select {chosen} from ({historical.statement(metric.id, instant=instant)}) as x ({names})"
        for turn in seconds:
            began = time.monotonic()
            results[metric.id] = run(text)
            turn[metric.id] = time.monotonic() - began
    return seconds, results


def alike(ours: Results, theirs: Results, who: str) -> None:
    """Raises ``SystemExit`` where the results differ."""
    for name, table in ours.items():
        plain, other = _plain(table), _plain(theirs[name])
        other = other.cast(plain.schema)
        order = [(it, "ascending") for it in plain.schema.names]
        if not plain.sort_by(order).equals(other.sort_by(order)):
            raise SystemExit(f"{who} says something else of {name}: {other.num_rows} rows, ours {plain.num_rows}")


def _plain(table: pa.Table) -> pa.Table:
    """Ids as text, columns in one piece."""
    columns = [
        pa.array([str(UUID(bytes=it)) for it in column.to_pylist()])
        if pa.types.is_binary(column.type)
        else column.combine_chunks()
        for column in table.columns
    ]
    return pa.table(columns, names=table.schema.names)
