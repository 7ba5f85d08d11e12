"""How fast a run of the batch is, beside SQL on the same Postgres and DuckDB over the same rows.

1 M transactions and 4 M web events; ``SCALE=0.2 make bench-batch`` takes a fifth. Each side computes the same
metrics, all but the fitted forecast and its error, with its session open, until the results are fetched: the
batch from Postgres, SQL by a statement a metric on the same Postgres, DuckDB by the same statements over Parquet
files written beforehand. Everything is done twice; the figures are the second time's, the first time's are shown
as cold. All results must be equal. The batch's writing and publishing is measured apart.

``ALSO=3,10`` measures the batch over so many times the rows as well, without its peers, and without them at all
with ``PEERS=0``. ``TIMES=1`` does everything once, cold. ``EXECUTORS=2`` has it done once more by so many executors,
each a JVM of its own with one core, whose results must be the same. The last line is one JSON object.
"""

import os
import subprocess
import tempfile
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from contracts import database, log, migrate, settings
from contracts.database import Connection
from jobs.batch.registry import all_metrics
from local.servers import start_all
from tests.benchmarks import batch_peers
from tests.benchmarks.batch_data import EMPTY, FILL
from tests.benchmarks.batch_run import Phases, of_batch, peak_memory

SCALE = float(os.environ.get("SCALE", "1"))
ALSO = [float(it) for it in os.environ.get("ALSO", "").split(",") if it]
EXECUTORS = int(os.environ.get("EXECUTORS", "0"))
PEERS = os.environ.get("PEERS", "1") != "0"
TIMES = int(os.environ.get("TIMES", "2"))


class Measured(msgspec.Struct, frozen=True):
    """The batch over so many rows: its phases, cold and warm, and the most memory it took, in MB."""

    scale: float
    rows: int
    cold: Phases
    warm: Phases
    memory: float

    def cells(self) -> tuple[str, ...]:
        """Its row of the table of costs."""
        whole = self.warm.results + self.warm.write
        return (
            f"{self.scale:g}",
            f"{self.rows:,}",
            *(f"{it:.1f} ({it / whole:.0%})" for it in (self.warm.read, self.warm.compute, self.warm.write)),
            f"{whole:.1f}",
            f"{self.cold.spark + self.cold.results + self.cold.write:.1f}",
            f"{whole / self.rows * 1e6:.2f}",
            f"{self.rows / self.warm.read:,.0f}",
            f"{self.memory:,.0f}",
        )


def fill(connection: Connection, scale: float) -> int:
    """Fill the tables anew; gives how many transactions and web events there are."""
    sizes = {"transactions": int(1_000_000 * scale), "carts": int(800_000 * scale)}
    connection.autocommit = False
    for statement in filter(str.strip, (EMPTY + FILL.format(**sizes)).split(";\n")):
        connection.cursor().execute(statement)
    connection.commit()
    connection.autocommit = True
    connection.cursor().execute("vacuum analyze")
    return int(
        database.rows(connection, "select (select count(*) from transacoes_vendas) + count(*) from eventos_web")[0][0]
    )


def main() -> None:
    """Measure, show, and write the last line."""
    metrics = tuple(it for it in all_metrics() if it.id not in ("previsao_receita", "erro_previsao"))
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name, start_all(Path(name), only={"postgres", "java"}) as servers:
        os.environ |= servers.environment | {"VITRINE_LOCAL_FOLDER": name, "VITRINE_LOG_LEVEL": "WARNING"}
        configuration = settings.load()
        log.configure("bench", log_format=configuration.log_format, level=configuration.log_level)
        connection = database.connect(configuration, application="bench", timeout_seconds=None)
        migrate.migrate(connection)
        made = []
        for scale in (SCALE, *ALSO):
            rows = fill(connection, scale)
            with peak_memory() as peak:
                phases, found, instant = of_batch(configuration, metrics, times=TIMES)
            made.append(Measured(scale, rows, phases[0], phases[-1], peak[0]))
            if scale != SCALE:
                continue
            if EXECUTORS:
                spread = f"local-cluster[{EXECUTORS},1,1024]"
                (several,), theirs, _ = of_batch(configuration, metrics, times=1, master=spread, instant=instant)
                batch_peers.alike(found, theirs, spread)
                figures |= {"executors": EXECUTORS, "executors_seconds": round(several.results, 1)}
            if PEERS:
                with batch_peers.postgres(configuration) as on_postgres:
                    sql, theirs = batch_peers.of_statements(on_postgres, metrics, instant, times=TIMES)
                    batch_peers.alike(found, theirs, "SQL")
                    on_duckdb = batch_peers.duck(on_postgres, Path(name))
                duck, theirs = batch_peers.of_statements(on_duckdb, metrics, instant, times=TIMES)
                batch_peers.alike(found, theirs, "DuckDB")
                figures |= _compared(made[0], sql, duck)
        connection.close()
    _show_costs(made, len(metrics))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    first = made[0]
    result = {
        "bench": "batch",
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "scale": SCALE,
        "seconds": round(first.warm.results, 1),
        "cold_seconds": round(first.cold.results, 1),
        "read_seconds": round(first.warm.read, 1),
        "compute_seconds": round(first.warm.compute, 1),
        "write_seconds": round(first.warm.write, 1),
        "rows_per_s": round(first.rows / first.warm.read),
        "peak_memory_mb": round(first.memory),
        **figures,
        "costs": {f"{it.scale:g}": round(it.warm.results + it.warm.write, 1) for it in made},
    }
    typer.echo(msgspec.json.encode(result).decode())


def _compared(ours: Measured, sql: list[dict[str, float]], duck: list[dict[str, float]]) -> dict[str, object]:
    """Show the peers beside the batch, metric by metric; gives their figures."""
    table = Table(title=f"{ours.rows:,} rows, seconds until all results are there")
    for heading in ("", "warm", "cold"):
        table.add_column(heading, justify="left" if heading == "" else "right")
    table.add_row("batch", f"{ours.warm.results:.1f}", f"{ours.cold.results:.1f}")
    for name, turns in (("SQL", sql), ("DuckDB", duck)):
        table.add_row(name, f"{sum(turns[-1].values()):.1f}", f"{sum(turns[0].values()):.1f}", end_section=True)
    for metric, seconds in sorted(sql[-1].items(), key=lambda it: -it[1]):
        table.add_row(f"{metric}: SQL, DuckDB", f"{seconds:.2f}", f"{duck[-1][metric]:.2f}")
    Console(width=120).print(table)
    in_sql, in_duckdb = sum(sql[-1].values()), sum(duck[-1].values())
    return {
        "sql_seconds": round(in_sql, 1),
        "cold_sql_seconds": round(sum(sql[0].values()), 1),
        "ratio_to_sql": round(in_sql / ours.warm.results, 2),
        "duckdb_seconds": round(in_duckdb, 1),
        "ratio_to_duckdb": round(in_duckdb / ours.warm.results, 2),
    }


def _show_costs(made: list[Measured], metrics: int) -> None:
    table = Table(title=f"the batch, {metrics} metrics, seconds")
    headings = (
        "scale",
        "rows",
        "read, shared sums",
        "metrics",
        "write",
        "warm",
        "cold, with Spark's start",
        "a million rows",
        "rows/s read",
        "memory, MB",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for it in made:
        table.add_row(*it.cells())
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
