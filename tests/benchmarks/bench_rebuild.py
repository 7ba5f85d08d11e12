"""How fast live panes are rebuilt from Postgres, and in how much memory.

``SCALE=2 python -m tests.benchmarks.bench_rebuild`` doubles the events (default: 1.1 M in three hours, a
tenth of them orders of two products). The last line is one JSON object.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from contracts import database, migrate, settings
from local.servers import start_all

SCALE = float(os.environ.get("SCALE", "1"))
HOURS, WEB_EVENTS, ORDERS = 3, int(1_000_000 * SCALE), int(100_000 * SCALE)
PRODUCTS, CUSTOMERS = 1_000, 20_000

# The hours that ended last; a thousand products, all with a version of long ago.
_FILL = f"""
create temp table produtos as select n, gen_random_uuid() as id from generate_series(1, {PRODUCTS}) n;
create temp table clientes as select n, gen_random_uuid() as id from generate_series(1, {CUSTOMERS}) n;
insert into catalogo_produtos_versoes
  select id, timestamptz '2020-01-01Z', 'Produto ' || n, 'Categoria ' || n % 20, 10 + n % 90, 5 from produtos;
insert into dados_clientes_versoes select id, timestamptz '2020-01-01Z', 'fiel', 'São Paulo', 'SP' from clientes;
create temp table quando as select date_trunc('hour', clock_timestamp()) - interval '{HOURS} hours' as inicio;
select garantir_particao_eventos((inicio at time zone 'UTC')::date) from quando;
select garantir_particao_eventos((clock_timestamp() at time zone 'UTC')::date);
insert into eventos_web
  select gen_random_uuid(), null, md5((n / 5)::text)::uuid, null,
         (enum_range(null::tipo_evento))[1 + n % 8], null, inicio + n * interval '{HOURS} hours' / {WEB_EVENTS}
    from generate_series(0, {WEB_EVENTS} - 1) n, quando;
insert into transacoes_vendas
  select gen_random_uuid(), gen_random_uuid(), c.id, array[p.id, q.id], array[1, 2], (i % 50000)::numeric / 100 + 1,
         inicio + i * interval '{HOURS} hours' / {ORDERS}, 'pix', 'processando',
         inicio + i * interval '{HOURS} hours' / {ORDERS}, gen_random_uuid()
    from generate_series(0, {ORDERS} - 1) i, quando,
         clientes c, produtos p, produtos q
   where c.n = 1 + i % {CUSTOMERS} and p.n = 1 + i % {PRODUCTS} and q.n = 1 + (i * 7) % {PRODUCTS};
analyze;
"""


def main() -> None:
    """Measure, show, and write the last line."""
    with tempfile.TemporaryDirectory() as folder, start_all(Path(folder), only={"postgres", "redis"}) as servers:
        configuration = settings.load(servers.environment)
        connection = database.connect(configuration, application="bench", timeout_seconds=None)
        migrate.migrate(connection)
        for statement in filter(str.strip, _FILL.split(";\n")):
            connection.cursor().execute(statement)
        connection.commit()
        environment = {**os.environ, **servers.environment}
        seconds = []
        for command in ("rebuild", "heal"):
            began = time.monotonic()
            subprocess.run([sys.executable, "-m", "jobs.streaming", command], env=environment, check=True)
            seconds.append(time.monotonic() - began)
        connection.close()
        # Of the two commands, before the servers end and count as well.
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    memory = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    rate = (WEB_EVENTS + ORDERS) / seconds[0]
    table = Table(title=f"rebuild of {WEB_EVENTS + ORDERS:,} events in {HOURS} hours")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_row("rebuild, start of the process included, s", f"{seconds[0]:.1f}")
    table.add_row("events a second", f"{rate:,.0f}")
    table.add_row("heal after it (nothing is closed: no stream), s", f"{seconds[1]:.1f}")
    table.add_row("peak memory, MB", f"{memory:,.0f}")
    Console(width=100).print(table)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    result = {
        "bench": "rebuild",
        "commit": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "events_per_s": round(rate),
        "seconds": round(seconds[0], 1),
        "peak_memory_mb": round(memory),
    }
    typer.echo(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
