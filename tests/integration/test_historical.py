"""A generated year through the batch, against plain SQL and the simulators' own books."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from contracts import database
from contracts.ledger import past_figures, past_path
from jobs.batch import tables
from jobs.batch.registry import all_metrics
from local.servers import StartedServers
from tests import historical
from tests.integration.conftest import Shop

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LONG = 500.0
# The end of the last day that `--as-of 2026-06-30` describes.
END_OF_JUNE = dt.datetime(2026, 7, 1, tzinfo=SAO_PAULO)
# Fitted, so no matter of SQL: it is tested by itself.
NOT_IN_SQL = {"previsao_receita"}


@pytest.fixture(scope="module")
def year(servers: StartedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A small shop with a year behind it, on the afternoon of 1 July 2026."""
    shop = Shop(servers, tmp_path_factory.mktemp("year"))
    shop.environment |= {"VITRINE_HISTORY_ORDERS_PER_DAY": "15", "VITRINE_HISTORY_BROWSING_SHARE": "0.02"}
    loaded = shop.run("simulators", "history", "--days", "365", "--start", "2026-07-01T18:00:00", seconds=LONG)
    assert loaded.process.returncode == 0, loaded.output
    yield shop
    shop.close()


def columns_of(metric: str) -> str:
    (schema,) = [it.schema for it in all_metrics() if it.id == metric]
    return ", ".join(it.split()[0] for it in schema.split(", "))


def keep(shop: Shop, name: str, instant: dt.datetime) -> None:
    """What SQL says as of ``instant``, as tables of the schema ``name``."""
    cursor = shop.connection.cursor()
    cursor.execute(f"create schema {name}")
    for metric in historical.METRICS:
        statement = historical.statement(metric, instant=instant)
        cursor.execute(f"create table {name}.{metric} ({columns_of(metric)}) as {statement}")
    shop.connection.commit()


def differences(shop: Shop, name: str, run: int) -> dict[str, tuple[object, object]]:
    """For each metric that differs a few of the rows that only the run has, and that only SQL has."""
    found = {}
    for metric in historical.METRICS:
        of_sql = f"select * from {name}.{metric}"
        columns = columns_of(metric)
        of_run = f"select {columns} from metricas.{metric}_por_execucao where execucao = {run}"
        if metric == "erro_previsao":
            of_run += " and modelo = 'semana_anterior'"
        sides = tuple(
            database.rows(shop.connection, f"{one} except all {other} order by 1, 2 limit 3")
            for one, other in ((of_run, of_sql), (of_sql, of_run))
        )
        if any(sides):
            found[metric] = sides
    shop.connection.rollback()
    return found


class Run(NamedTuple):
    """A run's number, and how many rows of each table Postgres went through for it: one by one, and by an index."""

    number: int
    scanned: dict[str, int]
    fetched: int


@pytest.fixture(scope="module")
def first(year: Shop) -> Run:
    """A run as of now."""
    # What vacuum reads for an index of blocks counts as well: let it do so before.
    year.connection.autocommit = True
    year.connection.cursor().execute("vacuum")
    year.connection.autocommit = False
    year.rows("select pg_stat_reset()")
    code, said = year.batch()
    assert code == 0, said
    # A connection tells what it has read when it ends.
    year.others_leave()
    of_tables = year.rows(
        "select coalesce(parent.relname, s.relname), sum(s.seq_tup_read)::int, sum(s.idx_tup_fetch)::int "
        "from pg_stat_user_tables s left join pg_inherits i on i.inhrelid = s.relid "
        "left join pg_class parent on parent.oid = i.inhparent where s.schemaname = 'public' group by 1"
    )
    scanned = {name: rows for name, rows, _ in of_tables}
    return Run(year.rows("select metricas.atual()")[0][0], scanned, sum(it or 0 for _, _, it in of_tables))


@pytest.fixture(scope="module")
def current(first: Run) -> int:
    return first.number


def test_a_run_reads_every_row_of_history_once(year: Shop, first: Run) -> None:
    names = tables.names(dt.datetime.now(dt.UTC), SAO_PAULO)
    rows = {it: year.rows(f"select count(*) from {it}")[0][0] for it in names}
    assert len(rows) == 5
    assert min(rows.values()) > 1000
    assert {name: first.scanned[name] for name in rows} == rows
    # To plan a statement Postgres may look up where an index ends.
    assert first.fetched < 10


def test_sql_says_the_same_of_every_metric(year: Shop, current: int) -> None:
    assert {it.id for it in all_metrics()} - set(historical.METRICS) == NOT_IN_SQL
    keep(year, "agora", year.rows("select instante from metricas.execucoes where id = %s", (current,))[0][0])
    empty = [it for it in historical.METRICS if not year.rows(f"select exists (select from agora.{it})")[0][0]]
    assert empty == []
    assert differences(year, "agora", current) == {}


def test_daily_sales_and_their_categories_add_up_to_the_totals(year: Shop, current: int) -> None:
    def by_day(view: str, where: str) -> list[tuple[object, ...]]:
        return year.rows(
            f"select inicio, sum(bruta), sum(canceladas), sum(liquida) from metricas.{view} "
            f"where {where} group by 1 order by 1"
        )

    totals = by_day("vendas_totais", "periodo = 'dia' and bruta > 0")
    assert len(totals) > 300
    assert by_day("vendas_diarias", "true") == totals
    assert by_day("vendas_diarias_por_categoria", "true") == totals


def test_the_books_of_the_shop_say_the_same(year: Shop, current: int) -> None:
    booked: dict[str, Counter[tuple[str, str]]] = {}
    for minute, key, amount in past_figures(past_path(year.settings.simulators_folder)):
        day = dt.datetime.fromtimestamp(minute * 60, SAO_PAULO).date().isoformat()
        group, _, name = key.partition(":")
        booked.setdefault(group, Counter())[day, name] += amount

    def reported(view: str, value: str, name: str = "''") -> Counter[tuple[str, str]]:
        rows = year.rows(f"select inicio::text, {name}, ({value})::bigint from metricas.{view} where periodo = 'dia'")
        return +Counter({(day, key): amount for day, key, amount in rows})

    assert reported("vendas_totais", "bruta * 100") == booked["receita_centavos"]
    assert reported("numero_pedidos", "pedidos + cancelados") == booked["pedidos"]
    assert reported("vendas_por_uf", "bruta * 100", "uf") == booked["receita_por_uf"]
    assert reported("vendas_por_pagamento", "bruta * 100", "metodo_pagamento") == booked["receita_por_pagamento"]
    assert reported("vendas_por_segmento", "bruta * 100", "segmento_cliente") == booked["receita_por_segmento"]
    # Booked when they were cancelled, reported where they were bought: the same in all.
    assert reported("vendas_totais", "canceladas * 100").total() == booked["receita_cancelada_centavos"].total()
    assert reported("numero_pedidos", "cancelados").total() == booked["cancelamentos"].total()
    assert reported("abandono_carrinho", "carrinhos").total() == booked["carrinhos"].total()


def test_a_day_of_the_past_is_the_same_after_all_has_changed_since(year: Shop, current: int) -> None:
    keep(year, "junho", END_OF_JUNE)
    cursor = year.connection.cursor()
    # On 1 July everything gets dearer and another category, everybody moves, and all is cancelled.
    cursor.execute(
        "insert into catalogo_produtos_versoes select id_produto, '2026-07-01 12:00Z', nome_produto, 'outra', "
        "preco_unitario * 3, 1 from catalogo_produtos"
    )
    cursor.execute(
        "insert into dados_clientes_versoes select id_usuario, '2026-07-01 12:00Z', 'VIP', 'Palmas', 'TO' "
        "from dados_clientes"
    )
    cursor.execute(
        "update transacoes_vendas set status_pedido = 'cancelado', data_status = '2026-07-01 12:00Z' "
        "where status_pedido <> 'cancelado'"
    )
    year.connection.commit()
    code, said = year.batch("--as-of", "2026-06-30")
    assert code == 0, said
    run, instant = year.rows("select id, instante from metricas.execucoes where ate_o_dia = '2026-06-30'")[0]
    assert instant == END_OF_JUNE
    assert differences(year, "junho", run) == {}
    assert year.rows("select metricas.atual()") == [(current,)]
    assert year.rows(
        "select min(inicio)::text, count(*) from metricas.previsao_receita_por_execucao where execucao = %s", (run,)
    ) == [("2026-07-01", 30)]
