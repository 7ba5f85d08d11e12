"""The batch on a real Postgres: one instant, published whole or not at all."""

import datetime as dt
import json
import subprocess
import sys
import uuid
from decimal import Decimal

from contracts import bulk, clock, database
from contracts.metrics import METRICS
from jobs.batch import reader, snapshots, tables, writer
from jobs.batch.registry import all_metrics
from tests.integration.conftest import Job, Shop, eventually
from tests.integration.proxy import Proxy

PRODUCT = uuid.UUID(int=1)
LONG = 400.0


def sell(shop: Shop, reais: str, *, days_ago: int = 0, cancelled_days_ago: int | None = None) -> None:
    """One committed order of one piece, bought a minute after a moment ``days_ago`` × 24 h ago."""
    cancelled = cancelled_days_ago is not None
    shop.connection.cursor().execute(
        "insert into transacoes_vendas "
        "values (gen_random_uuid(), gen_random_uuid(), %s, array[%s::uuid], array[1], %s, "
        "now() - make_interval(days => %s), 'pix', %s::status_pedido, now() - make_interval(days => %s), null)",
        (
            uuid.UUID(int=7),
            PRODUCT,
            Decimal(reais),
            days_ago,
            "cancelado" if cancelled else "entregue",
            cancelled_days_ago if cancelled else days_ago,
        ),
    )
    shop.connection.commit()


def current(shop: Shop) -> tuple[int | None, Decimal | None]:
    """The current run and its net of all time."""
    run = shop.rows("select metricas.atual()")[0][0]
    return run, shop.rows("select sum(liquida) from metricas.vendas_totais where periodo = 'dia'")[0][0]


def keeping_details(shop: Shop) -> set[int]:
    """The runs that have rows in a table of details."""
    return {run for (run,) in shop.rows("select distinct execucao from metricas.vendas_diarias_por_execucao")}


def last_words(output: str) -> str:
    """The message of the last line, an error. Spark's workers may have complained of losing Spark before it."""
    line = json.loads(output.strip().splitlines()[-1])
    assert line["severity"] == "ERROR", output
    return str(line["message"])


def ended(job: Job) -> int:
    return job.process.wait(LONG)


def test_a_run_is_visible_whole_or_not_at_all_and_describes_one_instant(shop: Shop) -> None:
    sell(shop, "10.10", days_ago=2)
    sell(shop, "5.00", days_ago=2, cancelled_days_ago=0)
    code, said = shop.batch()
    assert code == 0, said
    assert current(shop) == (1, Decimal("10.10"))

    # The second run stops before its pointer, all its rows inserted, and dies there.
    sell(shop, "20.00")
    blocker = database.connect(shop.settings, application="tests-blocker")
    blocker.cursor().execute("lock table metricas.execucao_atual in exclusive mode")
    dying = shop.start("jobs.batch", "run")
    eventually(
        lambda: (shop.rows("select id from metricas.execucoes where situacao = 'em_andamento'"), dying.output),
        lambda it: it[0] == [(2,)],
        seconds=LONG,
    )
    # Its snapshot is taken: this order belongs to the next run.
    sell(shop, "0.07")
    refused = shop.run("jobs.batch", "run", seconds=LONG)
    assert refused.process.returncode == 1
    assert "another run of the batch is under way" in refused.output
    eventually(
        lambda: shop.rows(
            "select 1 from pg_locks where relation = 'metricas.execucao_atual'::regclass and not granted"
        ),
        bool,
        seconds=LONG,
    )
    dying.kill()
    blocker.rollback()
    shop.others_leave(but=1)  # the blocker
    blocker.close()
    assert current(shop) == (1, Decimal("10.10"))
    assert shop.rows("select distinct execucao from metricas.vendas_totais_por_execucao") == [(1,)]

    code, said = shop.batch()
    assert code == 0, said
    assert current(shop) == (3, Decimal("30.17"))
    assert keeping_details(shop) == {3}
    assert shop.rows("select id, situacao, motivo from metricas.execucoes order by id") == [
        (1, "concluida", None),
        (2, "falhou", "interrupted"),
        (3, "concluida", None),
    ]

    # As of yesterday nothing had been cancelled, and a run of the past does not become current.
    yesterday = (dt.datetime.now(shop.settings.zone) - dt.timedelta(days=1)).date()
    code, said = shop.batch("--as-of", yesterday.isoformat())
    assert code == 0, said
    assert current(shop) == (3, Decimal("30.17"))
    assert keeping_details(shop) == {3, 4}

    # Of four sales one is left.
    shop.connection.cursor().execute("delete from transacoes_vendas where valor_total_compra < 20")
    shop.connection.commit()
    code, said = shop.batch()
    assert code == 1
    assert "transacoes_vendas has 1 rows, 4 in the run before" in said
    assert "publish all the same with --accept-loss" in said
    assert "Traceback" not in said
    assert current(shop) == (3, Decimal("30.17"))
    code, said = shop.batch("--accept-loss")
    assert code == 0, said
    assert current(shop) == (6, Decimal("20.00"))
    assert shop.rows(
        "select sum(liquida_centavos) from metricas.vendas_totais_por_execucao where execucao = 4 and periodo = 'dia'"
    ) == [(Decimal(1510),)]


def test_an_empty_database_makes_a_run_without_rows_that_says_so(shop: Shop) -> None:
    job = shop.run("jobs.batch", "run", seconds=LONG)
    assert job.process.returncode == 0, job.output
    assert "there are no sales" in job.output
    assert current(shop) == (1, None)


def test_the_batch_of_a_shop_with_short_days_stays_and_runs_whenever_one_is_over(shop: Shop) -> None:
    # Twenty seconds a day.
    clock.agree(shop.connection, speed=4_320)
    sell(shop, "10.10", days_ago=2)
    job = shop.start("jobs.batch", "daily")
    eventually(lambda: (current(shop), job.output), lambda it: it[0] == (1, Decimal("10.10")), seconds=LONG)
    sell(shop, "0.07", days_ago=1)
    eventually(lambda: (current(shop)[1], job.output), lambda it: it[0] == Decimal("10.17"), seconds=LONG)
    assert job.process.poll() is None
    job.stop()
    days = [
        instant.astimezone(shop.settings.zone).date()
        for (instant,) in shop.rows("select instante from metricas.execucoes where situacao = 'concluida' order by id")
    ]
    # One run a day, and none twice.
    assert len(days) == len(set(days)) >= 2
    assert days == sorted(days)


def test_all_that_is_read_is_of_the_snapshots_instant(shop: Shop) -> None:
    sell(shop, "1.00", days_ago=1)
    with reader.Snapshot(shop.settings) as snapshot:
        sell(shop, "2.00", days_ago=1)
        with bulk.connection(shop.settings, doing="reading", autocommit=True) as connection:
            scan = tables.sales(snapshot.instant)
            seen = snapshots.table(connection, snapshot.id, scan.statement(scan.table, "true"))
    assert seen["total_centavos"].to_pylist() == [100]
    assert seen["id_produto"].to_pylist() == [[PRODUCT.bytes]]


def test_every_partition_of_a_table_is_split_into_pages_that_cover_it(shop: Shop) -> None:
    shop.connection.cursor().execute(
        "select garantir_particao_eventos('2026-01-01'), garantir_particao_eventos('2026-02-01')"
    )
    shop.connection.commit()
    with reader.Snapshot(shop.settings) as snapshot:
        assert snapshot.pages("eventos_web") == [("eventos_web_2026_01", 0), ("eventos_web_2026_02", 0)]
        assert snapshot.pages("transacoes_vendas") == [("transacoes_vendas", 0)]


def test_a_day_in_the_future_is_refused_as_wrong_usage(shop: Shop) -> None:
    job = shop.run("jobs.batch", "run", "--as-of", "2999-01-01")
    assert job.process.returncode == 2
    assert "--as-of 2999-01-01 lies in the future" in job.output
    assert "Traceback" not in job.output


def test_a_database_without_the_schema_is_refused(shop: Shop) -> None:
    shop.connection.cursor().execute("drop schema operacao cascade")
    shop.connection.commit()
    job = shop.run("jobs.batch", "run")
    assert job.process.returncode == 1
    assert "run python -m contracts migrate" in job.output
    assert "Traceback" not in job.output


def test_a_missing_table_is_named_rather_than_read_as_an_empty_one(shop: Shop) -> None:
    shop.connection.cursor().execute("drop table eventos_web")
    shop.connection.commit()
    job = shop.run("jobs.batch", "run")
    assert job.process.returncode == 1
    assert "the database lacks eventos_web" in job.output
    assert "Traceback" not in job.output
    assert shop.rows("select count(*) from metricas.execucoes") == [(0,)]


def test_a_schema_of_a_newer_release_is_refused(shop: Shop) -> None:
    shop.connection.cursor().execute(
        "insert into operacao.migracoes (versao, nome, soma) values (9999, '9999_futuro', '')"
    )
    shop.connection.commit()
    job = shop.run("jobs.batch", "run")
    assert job.process.returncode == 1
    assert "the database has the migration 9999_futuro, which this code does not know: update the code" in job.output
    assert "Traceback" not in job.output


def test_a_schema_of_an_older_release_is_refused_with_what_it_lacks(shop: Shop) -> None:
    (newest,) = shop.rows("select nome from operacao.migracoes order by versao desc limit 1")[0]
    shop.connection.cursor().execute("delete from operacao.migracoes where nome = %s", (newest,))
    shop.connection.commit()
    job = shop.run("jobs.batch", "run")
    assert job.process.returncode == 1
    assert f"the database lacks {newest}: run python -m contracts migrate" in job.output
    assert "Traceback" not in job.output
    assert shop.rows("select count(*) from metricas.execucoes") == [(0,)]


def test_runs_are_kept_for_so_many_of_the_shops_days_and_the_current_one_always(shop: Shop) -> None:
    cursor = shop.connection.cursor()
    now = dt.datetime(2026, 6, 30, 12, tzinfo=dt.UTC)
    # The current one is the oldest; then one of just before the time that runs are kept, and one of just then.
    for days in (40.0, 30.01, 30.0, 0.0):
        cursor.execute(
            "insert into metricas.execucoes (instante, situacao, versao_codigo) values (%s, 'concluida', '')",
            (now - dt.timedelta(days=days),),
        )
    cursor.execute("insert into metricas.execucao_atual (execucao) values (1)")
    cursor.execute(
        "insert into metricas.vendas_totais_por_execucao "
        "select run, 'dia', '2026-05-01', true, 1, 0, 1 from generate_series(1, 4) run"
    )
    cursor.execute(
        "insert into metricas.vendas_diarias_por_execucao "
        "select run, '2026-05-01', 'SP', 'pix', 'novo', 1, 0, 1, 0 from generate_series(1, 4) run"
    )
    shop.connection.commit()
    assert writer.prune(shop.connection, all_metrics(), newest=4, instant=now, days=30) == 1
    assert shop.rows("select execucao from metricas.vendas_totais_por_execucao order by 1") == [(1,), (3,), (4,)]
    assert keeping_details(shop) == {1, 4}
    assert shop.rows("select id from metricas.execucoes order by id") == [(1,), (3,), (4,)]


def test_what_goes_wrong_in_the_middle_is_one_clear_line_and_leaves_the_run_before(shop: Shop) -> None:
    shop.connection.cursor().execute(
        "insert into metricas.execucoes (instante, situacao, versao_codigo) values (now(), 'concluida', '')"
    )
    shop.connection.cursor().execute("insert into metricas.execucao_atual (execucao) values (1)")
    # Random ids: the files of their shuffle are some MB.
    shop.connection.cursor().execute(
        "insert into transacoes_vendas select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), "
        "array[gen_random_uuid()], array[1], 1, now() - interval '1 day', 'pix', 'entregue', now(), null "
        "from generate_series(1, 100000)"
    )
    shop.connection.commit()
    # Files may not grow beyond 128 kB (blocks of 512 bytes): to Java and Python that is a full disk.
    command = ["sh", "-c", 'ulimit -f 256; exec "$@"', "sh", sys.executable, "-m", "jobs.batch", "run"]
    with (shop.folder / "full.log").open("w+") as output:
        full = subprocess.run(command, env=shop.environment, stdout=output, stderr=output, timeout=LONG, check=False)
        output.seek(0)
        said = output.read()
    assert full.returncode == 1, said
    assert last_words(said).startswith(f"no room for Spark's files in {shop.folder / 'batch'}: ")

    host, port = shop.environment["VITRINE_POSTGRES_HOST"], shop.environment["VITRINE_POSTGRES_PORT"]
    with Proxy(f"{host}:{port}") as proxy:
        shop.environment["VITRINE_POSTGRES_PORT"] = proxy.address.rpartition(":")[2]
        job = shop.start("jobs.batch", "run")
        eventually(lambda: shop.rows("select 1 from metricas.execucoes where id = 3"), bool, seconds=LONG)
        # From here on the sales take a minute to arrive, and what is smaller comes as ever.
        proxy.slow(0.3, after=1_000_000)
        eventually(
            lambda: shop.rows(
                "select 1 from pg_stat_activity where application_name = 'vitrine-batch-read' "
                "and datname = current_database() and position('from transacoes_vendas' in query) > 0"
            ),
            bool,
            seconds=LONG,
        )
        proxy.away()
        assert ended(job) == 1
    assert last_words(job.output).startswith("Postgres went away while it was read: ")
    assert shop.rows("select metricas.atual()") == [(1,)]
    assert shop.rows("select id, situacao, split_part(motivo, ':', 1) from metricas.execucoes order by id") == [
        (1, "concluida", None),
        (2, "falhou", "TerminalError"),
        # It could not say so: the next run will.
        (3, "em_andamento", None),
    ]


def test_a_database_that_does_not_answer_is_one_clear_line(shop: Shop) -> None:
    shop.environment["VITRINE_POSTGRES_PORT"] = "1"
    job = shop.run("jobs.batch", "run")
    assert job.process.returncode == 1
    assert "Postgres at 127.0.0.1:1" in job.output
    assert "Traceback" not in job.output


def test_every_view_of_the_catalogue_is_there_and_documented_column_by_column(shop: Shop) -> None:
    views = {it.historical.view for it in METRICS if it.historical and it.historical.view}
    there = shop.rows("select viewname from pg_views where schemaname = 'metricas'")
    assert views <= {name for (name,) in there}
    undocumented = shop.rows(
        "select c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "join pg_attribute a on a.attrelid = c.oid "
        "where n.nspname = 'metricas' and c.relkind = 'v' and a.attnum > 0 and col_description(c.oid, a.attnum) is null"
    )
    assert undocumented == []


def test_every_metric_has_a_table_with_exactly_its_columns(shop: Shop) -> None:
    for metric in all_metrics():
        columns = shop.rows(
            "select string_agg(column_name::text, ' ' order by ordinal_position) from information_schema.columns "
            "where table_schema = 'metricas' and table_name = %s",
            (metric.table,),
        )
        expected = " ".join(["execucao", *(it.split()[0] for it in metric.schema.split(", "))])
        assert columns == [(expected,)], metric.id
