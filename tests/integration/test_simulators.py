"""The simulators against a real emulator and a real Postgres: nothing lost, nothing doubled, the books right."""

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from contracts import control, database, events, heartbeat, migrate, settings, topology
from contracts.broker import Administrator, Delivery, Subscriber
from contracts.events import StatusPedido, TransacaoVenda
from contracts.settings import Settings
from contracts.topology import Source
from local.servers import StartedServers, start_all
from simulators import ledger

SUBSCRIPTIONS = {
    Source.TRANSACTIONS: "transacoes_vendas-persistencia",
    Source.WEB_EVENTS: "eventos_web-persistencia",
    Source.CATALOGUE: "catalogo_produtos-persistencia",
    Source.CUSTOMERS: "dados_clientes-persistencia",
}
FAULTS = {
    "VITRINE_SIMULATORS_DUPLICATE_RATE": "0.01",
    "VITRINE_SIMULATORS_OUT_OF_ORDER_RATE": "0.01",
    "VITRINE_SIMULATORS_MALFORMED_RATE": "0.01",
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartedServers]:
    with start_all(tmp_path_factory.mktemp("servers"), only={"postgres", "emulator"}) as started:
        yield started


@pytest.fixture(scope="module")
def server_environment(servers: StartedServers) -> dict[str, str]:
    configuration = settings.load(servers.environment)
    connection = database.connect(configuration, application="test")
    migrate.migrate(connection)
    connection.close()
    return servers.environment


@pytest.fixture
def environment(server_environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The servers' environment with books of its own and subscriptions that hold nothing yet."""
    configuration = settings.load(server_environment)
    administrator = Administrator(configuration)
    for name in SUBSCRIPTIONS.values():
        administrator.delete_subscription(name)
    administrator.create(topology.load())
    with database.connect(configuration, application="test") as connection:
        # A process that was killed counts as alive for a while.
        connection.cursor().execute("delete from operacao.batimentos")
        connection.commit()
    yield {
        **os.environ,
        **server_environment,
        "VITRINE_SIMULATORS_FOLDER": str(tmp_path),
        "VITRINE_LOG_FORMAT": "json",
        # The same rate whenever the test runs.
        "VITRINE_SIMULATORS_SEASONS": "false",
    }
    with database.connect(configuration, application="test") as connection:
        control.withdraw(connection, control.PAUSE_SIMULATORS)


def of_ours(environment: dict[str, str]) -> Settings:
    return settings.load({name: it for name, it in environment.items() if name.startswith("VITRINE_")})


def simulators(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "simulators", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: "subprocess.Popen[str]", seconds: float = 60) -> str:
    output, errors = process.communicate(timeout=seconds)
    assert process.returncode == 0, errors
    return output + errors


def eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.1)


def by_number(it: Delivery) -> object:
    """Messages are told apart as the broker does."""
    return it.message_id


def by_content(it: Delivery) -> object:
    """What the broker accepted twice, because its answer did not arrive, is one message: only without duplicates."""
    return it.payload, it.attributes["produced_at"]


def drained(
    environment: dict[str, str],
    source: Source,
    expected: int,
    identity: Callable[[Delivery], object] = by_number,
) -> list[Delivery]:
    """All messages of a topic: ``expected`` different ones (known from the publishers' own counts)."""
    found: dict[str, Delivery] = {}
    different: set[object] = set()
    with Subscriber(of_ours(environment)) as subscriber:
        while len(different) < expected:
            deliveries = subscriber.pull(SUBSCRIPTIONS[source])
            found.update((it.message_id, it) for it in deliveries)
            different.update(map(identity, deliveries))
            subscriber.acknowledge(SUBSCRIPTIONS[source], [it.ack_id for it in deliveries])
    return list(found.values())


def books(environment: dict[str, str]) -> dict[str, int]:
    output = subprocess.run(
        [sys.executable, "-m", "simulators", "ledger"], env=environment, capture_output=True, text=True, check=True
    ).stdout
    document = msgspec.json.decode(output)
    assert document["pendentes"]["mensagens"] == 0
    totals: dict[str, int] = document["totais"]
    return totals


def published(outputs: list[str]) -> Counter[str]:
    """What the processes say they published, from their last lines."""
    counts: Counter[str] = Counter()
    for output in outputs:
        last = next(
            line
            for line in map(msgspec.json.decode, reversed(output.strip().splitlines()))
            if line["message"] == "the shop is closed"
        )
        counts.update({source: last[source] for source in Source})
    return counts


def check_against_books(
    environment: dict[str, str], counts: Counter[str], identity: Callable[[Delivery], object] = by_number
) -> dict[Source, list[Delivery]]:
    """What the broker has, freed from duplicates and garbage, is what the books say; it is returned by source."""
    now = dt.datetime.now(dt.UTC)
    totals = books(environment)
    web: dict[str, events.EventoWeb] = {}
    sales: dict[str, TransacaoVenda] = {}
    rejected = 0
    found = {
        source: drained(environment, source, counts[source], identity)
        for source in (Source.TRANSACTIONS, Source.WEB_EVENTS, Source.CATALOGUE)
    }
    for source, deliveries in found.items():
        for it in deliveries:
            try:
                event = events.decode(source, it.payload, now=now, future_skew=dt.timedelta(seconds=60))
            except events.Rejection:
                rejected += 1
                continue
            if isinstance(event, events.EventoWeb):
                web[str(event.id_evento)] = event
            elif isinstance(event, TransacaoVenda) and event.status_pedido == StatusPedido.PROCESSANDO:
                sales[str(event.id_transacao)] = event
    assert {f"eventos:{kind}": n for kind, n in Counter(it.tipo_evento.value for it in web.values()).items()} == {
        key: amount for key, amount in totals.items() if key.startswith("eventos:")
    }
    assert len(sales) == totals["pedidos"]
    assert sum(it.total_centavos for it in sales.values()) == totals["receita_centavos"]
    assert rejected >= totals.get("malformados", 0)
    return found


def is_open(environment: dict[str, str], processes: int) -> bool:
    with database.connect(of_ours(environment), application="test") as connection:
        beats = [it for it in heartbeat.read(connection) if it.part == "simuladores" and it.is_fresh]
    return len(beats) == processes and all(it.data["publicados"]["eventos_web"] > 500 for it in beats)


def vitals(environment: dict[str, str]) -> dict[str, object]:
    with database.connect(of_ours(environment), application="test") as connection:
        return next(it.data for it in heartbeat.read(connection) if it.part == "simuladores" and it.state == "ativo")


# What the ledger says per minute, asked of the tables. Each query gives key, minute since 1970, amount.
BOOKED = """
with venda as (
    select t.*, floor(extract(epoch from data_compra) / 60)::bigint as minuto,
        floor(extract(epoch from data_status) / 60)::bigint as minuto_status,
        (valor_total_compra * 100)::bigint as centavos, c.estado,
        (select v.segmento_cliente from dados_clientes_versoes v where v.id_usuario = t.id_usuario
            and v.produzido_em <= t.data_compra order by v.produzido_em desc limit 1) as segmento
    from transacoes_vendas t join dados_clientes c using (id_usuario)
), item as (
    select minuto, pedaco.quantidade, p.categoria, (quantidade * (select v.preco_unitario
        from catalogo_produtos_versoes v where v.id_produto = pedaco.produto and v.produzido_em <= venda.data_compra
        order by v.produzido_em desc limit 1) * 100)::bigint as centavos
    from venda, unnest(id_produto, quantidade_produto) as pedaco (produto, quantidade)
    join catalogo_produtos p on p.id_produto = produto
)
select 'pedidos', minuto, count(*) from venda group by 2
union all select 'receita_centavos', minuto, sum(centavos) from venda group by 2
union all select 'pedidos_por_pagamento:' || metodo_pagamento, minuto, count(*) from venda group by 1, 2
union all select 'receita_por_pagamento:' || metodo_pagamento, minuto, sum(centavos) from venda group by 1, 2
union all select 'pedidos_por_uf:' || estado, minuto, count(*) from venda group by 1, 2
union all select 'receita_por_uf:' || estado, minuto, sum(centavos) from venda group by 1, 2
union all select 'pedidos_por_segmento:' || segmento, minuto, count(*) from venda group by 1, 2
union all select 'receita_por_segmento:' || segmento, minuto, sum(centavos) from venda group by 1, 2
union all select 'unidades', minuto, sum(quantidade) from item group by 2
union all select 'unidades_por_categoria:' || categoria, minuto, sum(quantidade) from item group by 1, 2
union all select 'receita_por_categoria:' || categoria, minuto, sum(centavos) from item group by 1, 2
union all select 'cancelamentos', minuto_status, count(*) from venda where status_pedido = 'cancelado' group by 2
union all select 'receita_cancelada_centavos', minuto_status, sum(centavos) from venda
    where status_pedido = 'cancelado' group by 2
union all select 'eventos:' || tipo_evento, floor(extract(epoch from timestamp_evento) / 60)::bigint, count(*)
    from eventos_web group by 1, 2
union all select 'carrinhos', floor(extract(epoch from timestamp_evento) / 60)::bigint, count(*)
    from eventos_web where tipo_evento = 'carrinho_criado' group by 2
"""


BOOKED_KEYS = set(re.findall(r"select '([a-z_]+)[:']", BOOKED))


def check_tables_against_books(connection: database.Connection, environment: dict[str, str]) -> int:
    """Every minute, by every key, is in the books what it is in the tables; how many figures that are."""
    found = {(key, minute): int(amount) for key, minute, amount in database.rows(connection, BOOKED)}
    said = {
        (key, minute): amount
        for minute, figures in ledger.totals(Path(environment["VITRINE_SIMULATORS_FOLDER"]))["minutos"].items()
        for key, amount in figures.items()
        # The tables know nothing of faults and bots, and keep an order's last status only.
        if key.split(":")[0] in BOOKED_KEYS
    }

    assert {
        key: (found.get(key), said.get(key)) for key in found.keys() | said.keys() if found.get(key) != said.get(key)
    } == {}
    return len(found)


def test_history_is_loaded_once_and_joins_the_live_shop(environment: dict[str, str]) -> None:
    # A load that is killed half-way leaves nothing behind.
    killed = simulators(environment, "history", "--days", "20")
    assert killed.stderr is not None
    assert any('"doing": "dias"' in line for line in killed.stderr), "ended before it could be killed"
    killed.kill()
    killed.communicate(timeout=30)

    said = finished(simulators(environment, "history", "--days", "20"), 120)
    assert "the history is loaded" in said

    connection = database.connect(of_ours(environment), application="test")
    tables = ("transacoes_vendas", "eventos_web", "catalogo_produtos", "dados_clientes_versoes")
    counted = [database.rows(connection, f"select count(*) from {it}") for it in tables]
    again = finished(simulators(environment, "history", "--days", "20"), 120)
    assert "already there" in again
    assert [database.rows(connection, f"select count(*) from {it}") for it in tables] == counted

    def number(query: str) -> float:
        return float(database.rows(connection, query)[0][0])

    assert number("select count(*) / 20.0 from transacoes_vendas") == pytest.approx(600, rel=0.1)
    assert number(
        "select count(*) filter (where tipo_evento = 'checkout_concluido')::float "
        "/ count(*) filter (where tipo_evento = 'carrinho_criado') from eventos_web"
    ) == pytest.approx(0.30, abs=0.02)
    # Every order: its cart was created before it, its buyer registered, its total price times pieces.
    for nothing in (
        "select count(*) from transacoes_vendas t where not exists (select from eventos_web e where "
        "e.id_carrinho = t.id_carrinho and e.tipo_evento = 'carrinho_criado' and e.timestamp_evento < t.data_compra)",
        "select count(*) from transacoes_vendas left join dados_clientes using (id_usuario) "
        "where data_cadastro is null or data_cadastro > data_compra",
        "select count(*) from transacoes_vendas t where valor_total_compra <> (select sum(quantidade * "
        "(select preco_unitario from catalogo_produtos_versoes v where v.id_produto = item and "
        "v.produzido_em <= t.data_compra order by v.produzido_em desc limit 1)) "
        "from unnest(t.id_produto, t.quantidade_produto) as pecas (item, quantidade))",
        "select count(*) from transacoes_vendas where data_status < data_compra or data_status > clock_timestamp()",
    ):
        assert number(nothing) == 0, nothing

    assert check_tables_against_books(connection, environment) > 100_000

    # The live shop goes on with the same customers and the orders still in flight.
    in_flight = {
        str(row[0])
        for row in database.rows(
            connection, "select id_transacao from transacoes_vendas where status_pedido in ('processando', 'enviado')"
        )
    }
    output = finished(simulators(environment, "run", "--duration", "2", "--rate", "50"), 60)
    agenda = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from simulators.ledger import Ledger; "
            "b = Ledger(Path(sys.argv[1])); [sys.stdout.write(getattr(it.plan, 'base', '')[17:53] + '\\n') "
            "for it in b.entries(after=-1, until=1 << 61)]",
            f"{environment['VITRINE_SIMULATORS_FOLDER']}/livro-00.sqlite",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert len(in_flight - set(agenda)) <= 5  # those whose last status came in these two seconds
    assert published([output])["dados_clientes"] < 50
    connection.close()


def test_two_processes_publish_at_the_rate_and_agree_with_their_books(environment: dict[str, str]) -> None:
    environment |= FAULTS
    processes = [
        simulators(environment, "run", "--process", it, "--of", "2", "--rate", "1000", "--duration", "15")
        for it in ("0", "1")
    ]
    counts = published([finished(it, 120) for it in processes])

    web_and_sales = counts["eventos_web"] + counts["transacoes_vendas"]
    assert web_and_sales == pytest.approx(15_000, rel=0.02)
    check_against_books(environment, counts)


def test_a_broker_away_for_a_minute_loses_nothing_keeps_the_order_and_costs_no_memory(
    environment: dict[str, str], servers: StartedServers
) -> None:
    process = simulators({**environment, "VITRINE_SIMULATORS_BUFFER_EVENTS": "20000"}, "run", "--rate", "800")
    eventually(lambda: is_open(environment, 1))
    emulator = servers["emulator"].pid
    assert emulator is not None
    memory = psutil.Process(process.pid).memory_info
    os.kill(emulator, signal.SIGSTOP)
    away = time.monotonic()
    try:
        eventually(lambda: int(str(vitals(environment)["pendentes"])) > 10_000)
        half_full = memory().rss
        eventually(lambda: time.monotonic() - away > 60, 70)
        assert 20_000 <= int(str(vitals(environment)["pendentes"])) <= 20_500
        # Ten thousand waiting messages more, in structures that grow by doubling.
        assert memory().rss - half_full < 30_000_000
    finally:
        os.kill(emulator, signal.SIGCONT)
    eventually(lambda: int(str(vitals(environment)["pendentes"])) < 800)
    process.send_signal(signal.SIGTERM)

    found = check_against_books(environment, published([finished(process)]), by_content)
    # The emulator numbers messages as it accepts them; what was accepted twice counts once.
    sessions: dict[object, list[dt.datetime]] = defaultdict(list)
    told = set()
    for it in sorted(found[Source.WEB_EVENTS], key=lambda it: int(it.message_id)):
        event = events.decode(Source.WEB_EVENTS, it.payload, now=dt.datetime.now(dt.UTC), future_skew=dt.timedelta(60))
        assert isinstance(event, events.EventoWeb)
        if event.id_evento not in told:
            told.add(event.id_evento)
            sessions[event.id_sessao].append(event.timestamp_evento)
    assert len(sessions) > 5_000
    assert [it for it in sessions.values() if it != sorted(it)] == []


def test_what_ingest_keeps_is_what_the_books_say_whatever_befalls_the_events(environment: dict[str, str]) -> None:
    environment |= FAULTS | {"VITRINE_SIMULATORS_LATE_RATE": "0.01"}
    connection = database.connect(of_ours(environment), application="test")
    connection.cursor().execute(
        "truncate transacoes_vendas, eventos_web, eventos_rejeitados, catalogo_produtos, catalogo_produtos_versoes, "
        "dados_clientes, dados_clientes_versoes"
    )
    connection.commit()
    ingest = subprocess.Popen(
        [sys.executable, "-m", "jobs.ingest", "run"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        processes = [
            simulators(environment, "run", "--process", it, "--of", "2", "--rate", "800", "--duration", "20")
            for it in ("0", "1")
        ]
        sale = ("scenario", "flash-sale", "--for", "10m")
        eventually(lambda: is_open(environment, 2))
        assert scenario(environment, *sale).startswith("flash-sale from ")
        counts = published([finished(it, 120) for it in processes])
        totals = books(environment)

        def is_kept() -> bool:
            rejected = database.rows(connection, "select count(*) from eventos_rejeitados")[0][0]
            events_kept = database.rows(connection, "select count(*) from eventos_web")[0][0]
            sales_kept = database.rows(connection, "select count(*) from transacoes_vendas")[0][0]
            connection.rollback()
            web = sum(amount for key, amount in totals.items() if key.startswith("eventos:"))
            return bool(rejected >= totals["malformados"] and events_kept >= web and sales_kept >= totals["pedidos"])

        eventually(is_kept, 120)
        assert counts["eventos_web"] > 14_000
        assert totals["duplicados"] > 50
        assert totals["atrasados"] > 50
        assert check_tables_against_books(connection, environment) > 30
    finally:
        scenario(environment, "scenario", "normal")
        ingest.terminate()
        assert ingest.wait(60) == 0
        connection.close()


def scenario(environment: dict[str, str], *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "simulators", *arguments], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_a_scenario_is_switched_on_and_off_while_two_processes_run(environment: dict[str, str]) -> None:
    processes = [simulators(environment, "run", "--process", it, "--of", "2", "--rate", "300") for it in ("0", "1")]
    folder = Path(environment["VITRINE_SIMULATORS_FOLDER"])

    def booked(key: str) -> int:
        totals = ledger.totals(folder)["totais"]
        return int(str(totals.get(key, 0)))

    eventually(lambda: is_open(environment, 2))
    assert booked("eventos_de_robos") == 0
    said = scenario(environment, "scenario", "bots", "--for", "5m", "--strength", "2")
    assert said.startswith("bots from ")
    eventually(lambda: booked("eventos_de_robos") > 1_000)
    assert vitals(environment)["cenario"] == "bots"
    assert scenario(environment, "scenario", "payment-outage", "--for", "1h").startswith("payment-outage from ")
    eventually(lambda: booked("pagamentos_recusados") > 2)
    assert scenario(environment, "scenario", "normal").startswith("normal from ")
    for it in processes:
        it.send_signal(signal.SIGTERM)
    check_against_books(environment, published([finished(it) for it in processes]))

    log = msgspec.json.decode(scenario(environment, "scenario-log"))
    assert [it["cenario"] for it in log[-2:]] == ["bots", "payment-outage"]
    bots, outage = log[-2:]
    # The second one ended the first, and "normal" the second, long before their time.
    assert bots["fim"] == outage["inicio"]
    begun, ended = (dt.datetime.fromisoformat(outage[it]) for it in ("inicio", "fim"))
    assert dt.timedelta() < ended - begun < dt.timedelta(minutes=10)


def test_a_fast_shop_begins_when_it_is_told_to_and_sells_as_much_a_day_as_its_history(
    environment: dict[str, str],
) -> None:
    connection = database.connect(of_ours(environment), application="test")

    def forget_clock() -> None:
        connection.cursor().execute("delete from operacao.relogio")
        connection.commit()

    forget_clock()
    try:
        arguments = ("--speed", "1440", "--start", "2026-03-02T03:00:00", "--rate", "200", "--duration", "25")
        counts = published([finished(simulators(environment, "run", *arguments))])
    finally:
        forget_clock()
        connection.close()

    # Twenty-five seconds, of which sixty are a day, for which the history has 600 orders: 250, give or take
    # 16 by chance, and less the statuses of orders from before that this shop has not.
    totals = books(environment)
    assert totals["pedidos"] == pytest.approx(250, rel=0.25)
    web = [
        msgspec.json.decode(it.payload)["timestamp_evento"]
        for it in drained(environment, Source.WEB_EVENTS, counts["eventos_web"])
    ]
    first, last = (dt.datetime.fromisoformat(it) for it in (min(web), max(web)))
    opening = dt.datetime(2026, 3, 2, 3, tzinfo=dt.UTC)
    # Starting up takes seconds, each of which is 24 minutes.
    assert opening <= first < opening + dt.timedelta(days=2)
    assert dt.timedelta(hours=9) < last - first <= dt.timedelta(hours=10)


def test_after_sigkill_the_next_run_publishes_what_was_written_down(environment: dict[str, str]) -> None:
    process = simulators(environment, "run", "--rate", "1000")
    eventually(lambda: is_open(environment, 1))
    with database.connect(of_ours(environment), application="test") as connection:
        control.request(connection, control.PAUSE_SIMULATORS, True, seconds=600)
    eventually(lambda: vitals(environment)["pausado"] is True and int(str(vitals(environment)["pendentes"])) > 2_000)
    before = vitals(environment)["publicados"]
    assert isinstance(before, dict)
    process.kill()
    process.communicate(timeout=30)
    with database.connect(of_ours(environment), application="test") as connection:
        control.withdraw(connection, control.PAUSE_SIMULATORS)

    after = published([finished(simulators(environment, "run", "--rate", "1000", "--duration", "2"), 60)])
    check_against_books(environment, Counter(before) + after)


def test_sigterm_publishes_the_rest_and_ends_with_0(environment: dict[str, str]) -> None:
    process = simulators(environment, "run", "--rate", "200")
    eventually(lambda: is_open(environment, 1))
    process.send_signal(signal.SIGTERM)

    assert "the shop is closed" in finished(process, 30)
    assert books(environment)["eventos:visualizacao_produto"] > 0


def test_a_run_whose_parent_dies_closes_the_shop(environment: dict[str, str]) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time; "
            "p = subprocess.Popen([sys.executable, '-m', 'simulators', 'run', '--rate', '200']); "
            "sys.stdout.write(f'{p.pid}\\n'); sys.stdout.flush(); time.sleep(600)",
        ],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    eventually(lambda: is_open(environment, 1))
    parent.kill()
    parent.wait(30)

    # Where nobody collects orphans the child stays as a zombie: its state says that it has ended.
    def has_ended() -> bool:
        try:
            return psutil.Process(child).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    eventually(has_ended, 30)
    assert books(environment)["eventos:visualizacao_produto"] > 0


@pytest.mark.parametrize(
    ("arguments", "changes", "code", "said"),
    [
        (["run", "--process", "2", "--of", "2"], {}, 2, "--process=2: must be between 0 and 1"),
        (["run", "--of", "65"], {}, 2, "--of=65: must be between 1 and 64"),
        (["run", "--rate", "0"], {}, 2, "--rate=0: must be above 0"),
        (["run", "--speed", "0"], {}, 2, "--speed=0: must be above 0 and at most 100000"),
        (["scenario", "bots", "--for", "ten minutes"], {}, 2, "--for=ten minutes: must be a time"),
        (["scenario", "quiet", "--strength", "3"], {}, 2, "--strength=3: must be between 0.001 and 1 for quiet"),
        (["run"], {"VITRINE_SIMULATORS_PIX_SHARE": "0.95"}, 2, "must be at most 1 together: cards pay the rest"),
        (["run"], {"VITRINE_SIMULATORS_LATE_RATE": "1.5"}, 2, "VITRINE_SIMULATORS_LATE_RATE='1.5'"),
        (["run"], {"VITRINE_POSTGRES_PASSWORD": "wrong"}, 1, "password authentication failed"),
        (["run"], {"VITRINE_POSTGRES_PORT": "1"}, 1, "127.0.0.1:1"),
        (["history"], {"VITRINE_SIMULATORS_CUSTOMERS": "7"}, 2, "VITRINE_SIMULATORS_CUSTOMERS='7'"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(
    environment: dict[str, str], arguments: list[str], changes: dict[str, str], code: int, said: str
) -> None:
    process = simulators({**environment, **changes}, *arguments)
    _output, errors = process.communicate(timeout=60)

    assert process.returncode == code
    assert said in errors.strip().splitlines()[-1]
    assert "Traceback" not in errors
