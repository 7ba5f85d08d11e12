"""The dashboard in a real browser, over a real Redis and a real Postgres."""

import datetime as dt
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect
from pyarrow import parquet

from contracts import database, dimensions, live_store, migrate, settings
from contracts.panes import Dimension, Measures
from dashboard.data.live import LiveSource
from dashboard.data.orders import Orders
from dashboard.formats import Formats
from dashboard.hub import Topic
from dashboard.poller import Poller
from dashboard.questions import BY_PATH, QUESTIONS
from local.servers import start_all
from tests.dashboard import parts, shop
from tests.dashboard.browser import Watch, chromium

NB = "\N{NO-BREAK SPACE}"
ARTIFACTS = Path(__file__).parents[1] / "artifacts" / "dashboard"
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
COPO, VASO = "c" * 32, "d" * 32

expect.set_options(timeout=15_000)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Dashboard:
    """The server as a process of its own."""

    def __init__(self, environment, *program):
        """``program`` is what Python runs, where it is not the dashboard as it is."""
        port = free_port()
        self._program = program or ("-m", "dashboard")
        self.address = f"http://127.0.0.1:{port}"
        self._environment = environment | {"VITRINE_DASHBOARD_PORT": str(port), "VITRINE_LOG_FORMAT": "json"}
        self.process = None

    def start(self):
        self.process = subprocess.Popen([sys.executable, *self._program], env=self._environment)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=2) as answer:
                    assert answer.read() == b"ok"
                    return
            except OSError:
                assert self.process.poll() is None, "the dashboard ended while starting"
                assert time.monotonic() < deadline, "the dashboard did not answer within 60 s"
                time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with start_all(tmp_path_factory.mktemp("servers"), only={"postgres", "redis"}) as started:
        yield started


@pytest.fixture(scope="module")
def configuration(servers):
    return settings.load(servers.environment)


@pytest.fixture(scope="module")
def migrated(configuration):
    """The schema, once."""
    opened = database.connect(configuration, application="test")
    migrate.migrate(opened)
    opened.close()


@pytest.fixture
def connection(configuration, migrated):
    """A connection of the test's own: its server is stopped and started by some of the tests."""
    opened = database.connect(configuration, application="test")
    yield opened
    database.close(opened)


@pytest.fixture
def redis_client(configuration):
    client = live_store.connect(configuration)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="module")
def dashboard(servers, migrated):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    server = Dashboard(inherited | servers.environment)
    server.start()
    yield server
    assert server.stop() == 0


@pytest.fixture
def broken_dashboard(servers, migrated):
    """A server in whose pages something raises that nobody expects."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    code = (
        "from contracts import settings\n"
        "from dashboard import context, server\n"
        "from dashboard.screens import history\n"
        "def broken(*_):\n"
        "    raise RuntimeError('password=hunter2')\n"
        "history.render = context.health = context.rejected = broken\n"
        "server.run(settings.load())\n"
    )
    server = Dashboard(inherited | servers.environment, "-c", code)
    server.start()
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_page(browser, dashboard, request):
    """Opens pages and holds them to what no page may do; keeps a picture of each at the end."""
    opened = []

    def open_it(path="/", *, watched=True, **options):
        context = browser.new_context(
            **{"viewport": {"width": 1440, "height": 1000}, "locale": "pt-BR", "reduced_motion": "reduce"} | options
        )
        page = context.new_page()
        opened.append((page, Watch(page, dashboard.address) if watched else None))
        page.goto(dashboard.address + path)
        return page

    yield open_it
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for at, (page, watch) in enumerate(opened):
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        page.screenshot(path=ARTIFACTS / f"{name}-{at}.png")
        page.context.close()
        assert watch is None or watch.complaints == []


def fill(client, *, gross=123_456, now=None):
    """Ten orders in the minute ``now`` and eight 15 minutes before; all that a page shows follows.

    ``now`` is about two minutes ago, far from the windows' edges for the length of a test. It is
    returned, to be given when the same minute is filled again.
    """
    now = now or int(time.time()) // 60 * 60 - 120
    before = now - 15 * 60
    shop.write_total(
        client,
        now,
        Measures(
            bruta=gross,
            pedidos=10,
            unidades=15,
            canceladas=3_456,
            pedidos_cancelados=1,
            pedidos_com_carrinho=8,
            eventos=500,
            carrinhos_criados=80,
        ),
    )
    shop.write_total(client, before, Measures(bruta=100_000, pedidos=8, pedidos_com_carrinho=8))
    shop.write_sketches(client, 10, now, {"compradores": "abcdefghi", "visitantes": "abcdefghijklmnop"})
    shop.write_pane(
        client,
        60,
        now,
        Dimension.PRODUCT,
        {COPO: Measures(bruta=90_000, unidades=9), VASO: Measures(bruta=33_456, unidades=6)},
    )
    shop.write_pane(client, 60, before, Dimension.PRODUCT, {VASO: Measures(bruta=9, unidades=9)})
    shop.write_pane(
        client,
        60,
        now,
        Dimension.PAYMENT,
        {"pix": Measures(bruta=100_000, pedidos=6), "boleto": Measures(bruta=23_456, pedidos=4)},
    )
    shop.write_pane(client, 60, now, Dimension.CATEGORY, {"Casa": Measures(bruta=123_456)})
    shop.write_pane(client, 60, now, Dimension.UF, {"SP": Measures(bruta=100_000), "RJ": Measures(bruta=23_456)})
    shop.write_pane(client, 60, now, Dimension.SEGMENT, {"VIP": Measures(bruta=123_456)})
    shop.write_pane(
        client,
        60,
        now,
        Dimension.EVENT_TYPE,
        {"visualizacao_produto": Measures(eventos=400), "adicionar_carrinho": Measures(eventos=100)},
    )
    shop.write_products(client, {COPO: "Copo <img src=x onerror=alert(1)>", VASO: "Vaso"})
    client.zadd(dimensions.STOCK, {VASO: 2})
    shop.write_status(client, newest_event=time.time(), rejected=5, late=3, duplicates=12)
    return now


def tile(page, name):
    return page.locator(f".tile[data-id={name}]")


def card(page, title):
    return page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))


def state(page):
    return page.locator(".status .state strong")


def test_the_live_page_shows_to_the_centavo_what_redis_holds(redis_client, open_page):
    fill(redis_client)
    page = open_page()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")
    expect(tile(page, "net_sales").locator(".delta b")).to_have_text(f"▲ 20,0{NB}%")
    expect(tile(page, "net_sales").locator(".note")).to_have_text(f"bruta R${NB}1.234,56 · canceladas R${NB}34,56")
    expect(tile(page, "orders").locator(".value")).to_have_text("10")
    expect(tile(page, "ticket").locator(".value")).to_have_text(f"R${NB}123,46")
    expect(tile(page, "conversion").locator(".value")).to_have_text(f"10,0{NB}%")
    expect(tile(page, "revenue_per_user").locator(".value")).to_have_text(f"R${NB}137,17")
    expect(tile(page, "visitors").locator(".value")).to_have_text("16")
    expect(page.locator(".facts [data-id=rejected] dd")).to_have_text("5")
    expect(page.locator(".facts [data-id=late] dd")).to_have_text("3")
    expect(page.locator(".facts [data-id=duplicates] dd")).to_have_text("12")
    rows = page.locator(".products tbody tr:not(.empty)")
    expect(rows).to_have_count(2)
    # What data says is text, never markup.
    expect(rows.nth(0).locator(".name span")).to_have_text("Copo <img src=x onerror=alert(1)>")
    expect(rows.nth(0).locator(".units")).to_have_text("9")
    expect(rows.nth(0).locator(".revenue")).to_have_text(f"R${NB}900,00")
    expect(rows.nth(0).locator(".movement")).to_have_text("novo")
    expect(rows.nth(1).locator(".movement")).to_have_text("▼ 1")
    payments = card(page, "Métodos de pagamento").locator("li")
    expect(payments.nth(0).locator("b")).to_have_text(f"R${NB}1.000,00")
    expect(payments.nth(2).locator(".quiet")).to_have_text(f"19{NB}%")
    expect(card(page, "Vendas por estado").locator("tbody tr").nth(1)).to_have_text(
        f"Rio de JaneiroR${NB}234,5619{NB}%"
    )
    expect(card(page, "Vendas por estado").locator("canvas")).to_be_visible()
    expect(card(page, "Segmentos de clientes").locator("li").nth(2)).to_contain_text(f"R${NB}1.234,56")
    expect(card(page, "Funil").locator("li").nth(1)).to_contain_text(f"25{NB}%")
    expect(card(page, "Estoque baixo").locator("li").nth(0)).to_contain_text("2 un.")
    sales = card(page, "Vendas brutas a cada 10 s")
    expect(sales.locator("canvas")).to_be_visible()
    sales.get_by_role("button", name="Tabela").click()
    expect(sales.locator("tbody tr", has_text=f"R${NB}1.234,56")).to_have_count(1)
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")


def test_a_new_value_is_on_the_screen_within_three_seconds_and_moves_nothing_else(redis_client, open_page):
    minute = fill(redis_client)
    page = open_page()
    value = tile(page, "net_sales").locator(".value")
    expect(value).to_have_text(f"R${NB}1.200,00")
    page.evaluate(
        "() => { window.jumps = []; new PerformanceObserver(list => window.jumps.push(...list.getEntries()"
        ".map(it => it.value))).observe({ type: 'layout-shift', buffered: false }); }"
    )
    # An element that is replaced rather than changed flickers: none may come or go, in the whole page.
    page.evaluate(
        "() => { window.replaced = []; const root = document.querySelector('.vitrine') ?? [...document"
        ".querySelectorAll('*')].map(it => it.shadowRoot?.querySelector('.vitrine')).find(it => it);"
        "new MutationObserver(list => window.replaced.push(...list.flatMap(it => [...it.addedNodes, "
        "...it.removedNodes]).filter(it => it.nodeType === Node.ELEMENT_NODE).map(it => it.outerHTML)))"
        ".observe(root, { childList: true, subtree: true }); }"
    )
    boxes = [page.locator(".card").nth(it).bounding_box() for it in range(page.locator(".card").count())]
    fill(redis_client, gross=12_345_678, now=minute)
    expect(value).to_have_text(f"R${NB}123.422,22", timeout=3_000)
    assert [page.locator(".card").nth(it).bounding_box() for it in range(len(boxes))] == boxes
    # A figure set to the right begins further left when it gets longer: nothing else may move.
    assert sum(page.evaluate("window.jumps")) < 0.001
    assert page.evaluate("window.replaced") == []


def test_window_and_language_are_in_the_link_and_survive_a_refresh(redis_client, open_page):
    fill(redis_client)
    page = open_page()
    expect(state(page)).to_have_text("Ao vivo")
    page.get_by_role("radio", name="1 h").click()
    expect(tile(page, "orders").locator(".against, .delta span")).to_have_text("")
    page.get_by_role("radio", name="EN").click()
    expect(tile(page, "net_sales").locator("h2")).to_have_text("Net sales")
    expect(state(page)).to_have_text("Live")
    expect(page).to_have_url(re.compile(r"janela=60min"))
    expect(page).to_have_url(re.compile(r"idioma=en"))
    page.reload()
    expect(tile(page, "net_sales").locator("h2")).to_have_text("Net sales")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Sales").click()
    expect(page).to_have_url(re.compile(r"/vendas\?.*idioma=en"))
    expect(page.get_by_role("radio", name="EN")).to_be_checked()
    page.get_by_role("link", name="Live").click()
    expect(page.get_by_role("radio", name="1 h")).to_be_checked()
    expect(tile(page, "net_sales").locator("h2")).to_have_text("Net sales")


def test_before_the_first_batch_there_are_no_numbers(redis_client, open_page):
    page = open_page()
    expect(state(page)).to_have_text("Iniciando")
    expect(tile(page, "net_sales").locator(".value")).to_have_text("–")
    shop.write_status(redis_client, newest_event=None)
    expect(state(page)).to_have_text("Sem dados ainda")
    expect(tile(page, "orders").locator(".value")).to_have_text("–")


def test_a_stream_that_stands_still_says_for_how_long(redis_client, open_page):
    fill(redis_client)
    shop.write_status(redis_client, newest_event=time.time() - 42)
    page = open_page()
    expect(state(page)).to_have_text(re.compile(rf"Parado há 4\d{NB}s"))
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")


def test_a_stopped_redis_is_said_and_the_page_recovers_by_itself(servers, redis_client, open_page):
    minute = fill(redis_client)
    page = open_page()
    expect(state(page)).to_have_text("Ao vivo")
    servers["redis"].stop(20)
    expect(state(page)).to_have_text("Fora do ar")
    expect(page.locator(".message")).to_contain_text("O Redis não responde desde")
    # The last numbers stay, dimmed.
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")
    expect(page.locator(".body > .tiles")).to_have_class(re.compile(r"\bold\b"))
    servers["redis"].start()
    servers["redis"].ready(30)
    fill(redis_client, gross=200_000, now=minute)
    expect(state(page)).to_have_text("Ao vivo")
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.965,44")


def test_a_pause_keeps_the_figures_and_its_end_brings_the_newest(redis_client, open_page):
    minute = fill(redis_client)
    page = open_page()
    value = tile(page, "net_sales").locator(".value")
    expect(value).to_have_text(f"R${NB}1.200,00")
    page.get_by_role("button", name="Pausar").click()
    expect(state(page)).to_have_text(re.compile(r"Pausado às \d\d:\d\d:\d\d"))
    fill(redis_client, gross=200_000, now=minute)
    # Another viewer has the new figure: so the server has sent it.
    other = open_page()
    expect(tile(other, "net_sales").locator(".value")).to_have_text(f"R${NB}1.965,44")
    expect(value).to_have_text(f"R${NB}1.200,00")
    page.get_by_role("button", name="Continuar").click()
    expect(value).to_have_text(f"R${NB}1.965,44")
    expect(state(page)).to_have_text("Ao vivo")


def test_hidden_figures_stay_hidden_after_a_refresh(redis_client, open_page):
    fill(redis_client)
    page = open_page()
    expect(tile(page, "orders").locator(".value")).to_have_text("10")
    page.get_by_role("button", name="Ocultar valores").click()
    expect(tile(page, "orders").locator(".value")).to_have_text("•••")
    page.reload()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}•••")
    expect(page.locator(".products .revenue").nth(1)).to_have_text(f"R${NB}•••")
    expect(page.locator(".facts [data-id=rejected] dd")).to_have_text("5")
    page.get_by_role("button", name="Mostrar valores").click()
    expect(tile(page, "orders").locator(".value")).to_have_text("10")


def test_full_screen_is_one_click_away_and_one_click_back(redis_client, open_page):
    fill(redis_client)
    page = open_page()
    page.get_by_role("button", name="Tela cheia").click()
    expect(page.get_by_role("button", name="Sair da tela cheia")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Sair da tela cheia").click()
    expect(page.get_by_role("button", name="Tela cheia")).to_have_attribute("aria-pressed", "false")


def test_a_restarted_server_is_said_and_the_page_recovers_by_itself(redis_client, dashboard, open_page):
    fill(redis_client)
    # The browser itself reports the refused connections.
    page = open_page(watched=False)
    expect(state(page)).to_have_text("Ao vivo")
    assert dashboard.stop() == 0
    expect(page.locator(".message")).to_have_text("Sem conexão com o servidor. Reconectando…", timeout=20_000)
    dashboard.start()
    shop.write_status(redis_client, newest_event=time.time())
    expect(page.locator(".status")).to_have_attribute("data-state", "live", timeout=30_000)


def test_frames_come_one_by_one_where_streams_are_blocked(redis_client, browser, dashboard):
    fill(redis_client)
    context = browser.new_context(locale="pt-BR")
    page = context.new_page()
    page.route("**/vitrine/stream*", lambda route: route.abort())
    page.goto(dashboard.address)
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00", timeout=20_000)
    context.close()


def test_frames_come_one_by_one_where_a_stream_stays_open_and_silent(redis_client, browser, dashboard):
    minute = fill(redis_client)
    context = browser.new_context(locale="pt-BR")
    page = context.new_page()
    # As a proxy that keeps everything back until the end: never an answer, never an error.
    page.route("**/vitrine/stream*", lambda route: None)
    page.goto(dashboard.address)
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00", timeout=30_000)
    fill(redis_client, gross=200_000, now=minute)
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.965,44")
    expect(page.locator(".status")).to_have_attribute("title", "Conexão restrita: atualização mais lenta.")
    context.close()


class SetClock:
    """The wall's clock as far as anybody can tell, but it shows what it is set to."""

    is_live, speed = True, 1.0

    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


def test_a_page_left_open_over_midnight_in_sao_paulo_counts_the_new_day_from_nothing(redis_client):
    midnight = dt.datetime.combine(TODAY, dt.time(), SAO_PAULO)
    start = int(midnight.timestamp())
    clock = SetClock(midnight - dt.timedelta(seconds=20))
    shop.write_status(redis_client, newest_event=start - 21.0)
    shop.write_pane(redis_client, 60, start - 120, Dimension.TOTAL, {"": Measures(bruta=100_000, pedidos=1)})
    # Yesterday's first minute, which today's first minute is compared with; in its hour's pane there is nothing.
    shop.write_pane(redis_client, 60, start - 86_400, Dimension.TOTAL, {"": Measures(bruta=4_000, pedidos=1)})
    poller = Poller(
        LiveSource(redis_client, zone=SAO_PAULO),
        {"pt": Formats("pt", SAO_PAULO)},
        clock=lambda: clock,
        orders=Orders,
        last_week=lambda: None,
        wanted=dict,
        publish=lambda frames: None,
        interval_seconds=1,
    )
    topic = Topic("today", "pt")

    def net_sales():
        body = json.loads(poller.frames([topic])[topic])["body"]
        shown = body["tiles"][0]
        return shown["value"], shown["delta"]["text"], body["span"]

    before = dt.datetime.strftime(midnight - dt.timedelta(days=1), "%d/%m")
    assert net_sales() == (f"R${NB}1.000,00", "sem base de comparação", f"{before} 00:00 – 00:00")
    clock.moment = midnight + dt.timedelta(seconds=20)
    assert net_sales() == (f"R${NB}0,00", f"▼ 100,0{NB}%", "00:00 – 00:01")
    shop.write_pane(redis_client, 60, start, Dimension.TOTAL, {"": Measures(bruta=5_000, pedidos=1)})
    clock.moment += dt.timedelta(seconds=10)
    assert net_sales() == (f"R${NB}50,00", f"▲ 25,0{NB}%", "00:00 – 00:01")


def test_sales_are_compared_with_yesterday_or_with_a_week_ago(dashboard, redis_client, shop_connection, open_page):
    # A week ago is read once, five minutes ahead: a server that has drawn other pages has read it already.
    assert dashboard.stop() == 0
    now = fill(redis_client)
    shop_connection.cursor().execute(
        "insert into transacoes_vendas values (%s, %s, %s, array[%s::uuid], array[1], 300.00, %s, 'pix', "
        "'cancelado', now(), null)",
        (
            *(uuid.uuid4() for _ in range(4)),
            dt.datetime.fromtimestamp(now - 7 * 86_400 - 30, dt.UTC),
        ),
    )
    shop_connection.commit()
    dashboard.start()
    page = open_page()
    sales = card(page, "Vendas brutas a cada 10 s")
    legend = sales.locator(".legend")
    expect(legend).to_contain_text("Há uma semana nesta hora (média de 5 min)")
    sales.get_by_role("button", name="Tabela").click()
    # 300 reais in five minutes are 10 in each of the thirty intervals around.
    expect(sales.locator("tbody tr").nth(13).locator("td").nth(1)).to_have_text(f"R${NB}10,00")
    compare = sales.get_by_role("button", name="comparar com")
    expect(compare).to_have_count(0)
    shop.write_pane(redis_client, 60, now - 86_400, Dimension.TOTAL, {"": Measures(bruta=60_000)})
    expect(legend).to_contain_text("Ontem nesta hora (média de 5 min)")
    expect(sales.locator("tbody tr").nth(13).locator("td").nth(1)).to_have_text(f"R${NB}20,00")
    compare.click()
    expect(legend).to_contain_text("Há uma semana nesta hora")
    page.reload()
    expect(legend).to_contain_text("Há uma semana nesta hora")
    expect(compare).to_have_text("comparar com ontem")
    shop_connection.cursor().execute("delete from transacoes_vendas")
    shop_connection.commit()


def test_what_raises_unexpectedly_shows_no_trace_and_none_of_its_words(broken_dashboard, browser):
    page = browser.new_page(locale="pt-BR")
    for path in (QUESTIONS[0].path, "saude"):
        page.goto(f"{broken_dashboard.address}/{path}")
        expect(page.get_by_text("Algo inesperado aconteceu ao montar esta página.").first).to_be_visible()
        for told in ("hunter2", "Traceback", "RuntimeError", ".py"):
            assert told not in page.locator("body").inner_text()
    page.close()


def test_what_changes_anything_needs_the_token_that_only_a_page_of_ours_has(dashboard):
    upload = urllib.request.Request(
        f"{dashboard.address}/_stcore/upload_file/session/file",
        method="PUT",
        data=b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\nx\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(upload, timeout=5)
    assert refused.value.code == 403


@pytest.mark.parametrize("query", ["window=2min&language=pt", "window=15min&language=fr", ""])
def test_the_stream_refuses_what_it_does_not_know(dashboard, query):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{dashboard.address}/vitrine/stream?{query}", timeout=5)
    assert refused.value.code == 400
    assert b"window: one of 5min, 15min, 60min, today, 24h" in refused.value.read()


@pytest.fixture
def shop_connection(configuration, connection):
    """A connection of the test's own, to tables that are as after a migration."""
    opened = database.connect(configuration, application="test")
    opened.cursor().execute(
        "truncate operacao.batimentos, eventos_rejeitados, operacao.recomposicoes, operacao.reconciliacoes, "
        "metricas.execucoes, metricas.execucao_atual cascade"
    )
    opened.commit()
    yield opened
    database.close(opened)


def reason(page, text):
    return page.locator(".reasons li", has_text=text)


def grid_rows(page, name):
    return page.locator(f".grid[data-id={name}] tbody tr")


def verdict(page):
    return page.locator(".verdict")


def test_the_health_page_shows_what_postgres_and_redis_hold_and_judges_it(redis_client, shop_connection, open_page):
    fill(redis_client)
    shop.write_run(shop_connection, dt.datetime.now(dt.UTC), history_of(123_456))
    parts.write_all_beats(shop_connection, published=1_000_000, behind=17)
    parts.write_reconciliation(shop_connection)
    parts.write_healing(shop_connection)
    page = open_page("/saude")
    expect(verdict(page)).to_have_attribute("data-kind", "good")
    expect(verdict(page).locator("strong")).to_have_text("Tudo em ordem")
    queue = grid_rows(page, "queues").filter(has_text="eventos_web-persistencia")
    expect(queue.locator("td").nth(0)).to_have_text("17")
    expect(page.locator(".stage[data-id=queue] .value")).to_have_text("17 na fila")
    expect(grid_rows(page, "runs").nth(0)).to_contain_text("concluída · mostrada")
    expect(grid_rows(page, "reconciled")).to_contain_text(f"R${NB}1.234,56")
    # What data says is text, never markup.
    expect(grid_rows(page, "differences").locator("td").nth(0)).to_have_text(
        "categoria: Casa <img src=x onerror=alert(1)>"
    )
    expect(grid_rows(page, "differences")).to_contain_text("produto mudado perto do pedido")
    expect(grid_rows(page, "healings")).to_contain_text("de hora em hora")
    keys = grid_rows(page, "live_state").filter(has_text="Redis: chaves").locator("td").nth(1)
    expect(keys).to_have_text(str(redis_client.dbsize()))
    expect(grid_rows(page, "versions").filter(has_text="Esquema do banco")).to_contain_text(".sql")
    assert page.locator("html").get_attribute("lang") == "pt-BR"

    # Rows stay and change: nothing is drawn anew.
    page.evaluate("() => { window.kept = document.createElement('i'); }")
    queue.evaluate("it => { it.dataset.kept = 'yes'; }")
    parts.write_all_beats(shop_connection, published=1_000_500, behind=19)
    expect(queue.locator("td").nth(0)).to_have_text("19")
    expect(queue).to_have_attribute("data-kept", "yes")

    # That a part of the page looks again is not shown; that the server is gone would be.
    shown = page.evaluate(
        "() => ['stStatusWidgetRunningIcon', 'other'].map(it => { const widget = document.createElement('div');"
        "widget.dataset.testid = 'stStatusWidget'; widget.innerHTML = `<i data-testid=\"${it}\"></i>`;"
        "document.body.append(widget); const seen = getComputedStyle(widget).visibility; widget.remove();"
        "return seen; })"
    )
    assert shown == ["hidden", "visible"]

    # Streaming stands still, ingest has a backlog: both are said, the worse first.
    parts.write_beat(shop_connection, "streaming", {"recebidos": {}}, seconds_ago=90)
    parts.write_beat(shop_connection, "ingest", {"recebidos": {"eventos_web-persistencia": 900_000}})
    expect(reason(page, "Tempo real não dá sinal há")).to_have_class("bad")
    expect(reason(page, "100.500 mensagens esperam em eventos_web-persistencia.")).to_have_class("warn")
    expect(verdict(page)).to_have_attribute("data-kind", "bad")


def test_rejected_events_are_browsed_by_reason_and_topic_and_hide_who_it_was(redis_client, shop_connection, open_page):
    parts.write_rejected(
        shop_connection,
        "17",
        b'{"nome_usuario":"Ana Segredo","email_usuario":"ana@segredo.example","cidade":"<img src=x onerror=alert(1)>"}',
        seconds_ago=10,
    )
    parts.write_rejected(
        shop_connection, "18", b"\xff\x00", topic="eventos_web", code="json_invalido", field="", value="b'\\xff'"
    )
    page = open_page("/saude")
    events = page.locator(".rejected-list > li")
    expect(events).to_have_count(2)
    expect(events.nth(0)).to_contain_text("Não é JSON")
    events.nth(0).locator("summary").click()
    expect(events.nth(0).locator(".payload")).to_have_text("\\xff\\u{0}")
    # A new one does not push away what is being read.
    parts.write_rejected(shop_connection, "19", b"{}", code="campo_ausente", field="pais")
    expect(page.locator(".held")).to_have_text("parada enquanto um evento está aberto")
    expect(events).to_have_count(2)
    events.nth(0).locator("summary").click()
    expect(events).to_have_count(3)

    page.get_by_role("radio", name="Clientes").click()
    expect(events).to_have_count(2)
    page.locator("[data-testid=stSelectbox] input").click()
    page.get_by_role("option", name="Valor inválido").click()
    expect(events).to_have_count(1)
    expect(page).to_have_url(re.compile(r"topico=dados_clientes.*motivo=valor_invalido"))
    page.reload()
    expect(events).to_have_count(1)
    events.locator("summary").click()
    payload = events.locator(".payload")
    expect(payload).to_contain_text('"nome_usuario":"•••"')
    expect(payload).to_contain_text("<img src=x onerror=alert(1)>")
    expect(events.locator(".step").nth(1)).to_contain_text("replay --topic dados_clientes --message-id 17 --since")
    assert "egredo" not in page.content()
    page.get_by_text("Mostrar dados pessoais").click()
    events.locator("summary").click()
    expect(payload).to_contain_text("Ana Segredo")
    assert "Segredo" not in page.url


def test_health_says_which_server_is_away_and_the_rest_goes_on(
    servers, configuration, redis_client, shop_connection, open_page
):
    fill(redis_client)
    parts.write_all_beats(shop_connection)
    page = open_page("/saude?idioma=en", color_scheme="dark")
    expect(grid_rows(page, "parts")).to_have_count(3)
    expect(grid_rows(page, "latency").nth(0)).to_contain_text(f"0.4{NB}s")
    servers["redis"].stop(20)
    expect(reason(page, "Redis has not answered since")).to_have_class("bad")
    expect(page.locator(".grid[data-id=latency] .problem")).to_contain_text("No answer since")
    # What it told last stays, dimmed; Postgres's panels have nothing to say about it.
    expect(grid_rows(page, "latency").nth(0)).to_contain_text(f"0.4{NB}s")
    expect(page.locator(".grid[data-id=parts] .problem")).to_have_text("")
    servers["redis"].start()
    servers["redis"].ready(30)
    expect(reason(page, "Redis has not answered since")).to_have_count(0)
    servers["postgres"].stop(30)
    expect(reason(page, "Postgres has not answered since")).to_have_class("bad")
    expect(page.get_by_text("The list comes back by itself.")).to_be_visible()
    expect(page.locator(".grid[data-id=parts] .problem")).to_contain_text("No answer since")
    expect(grid_rows(page, "parts")).to_have_count(3)
    expect(page.locator(".grid[data-id=live_state] tbody tr").filter(has_text="Redis: keys")).to_have_count(1)
    servers["postgres"].start()
    servers["postgres"].ready(60)
    expect(reason(page, "Postgres has not answered since")).to_have_count(0, timeout=30_000)
    expect(page.get_by_text("No rejected event with this filter.")).to_be_visible(timeout=30_000)


def test_a_slow_query_costs_its_own_panel_only(redis_client, shop_connection, open_page):
    shop.write_run(shop_connection, dt.datetime.now(dt.UTC), history_of(123_456))
    parts.write_all_beats(shop_connection)
    # Whoever reads the runs waits for this lock, until the statement's time is over.
    shop_connection.cursor().execute("lock table metricas.execucoes in access exclusive mode")
    page = open_page("/saude")
    expect(page.locator(".grid[data-id=runs] .problem")).to_contain_text("Sem resposta desde")
    expect(grid_rows(page, "parts")).to_have_count(3)
    expect(page.locator(".grid[data-id=parts] .problem")).to_have_text("")
    shop_connection.rollback()
    expect(grid_rows(page, "runs")).to_have_count(1)
    expect(page.locator(".grid[data-id=runs] .problem")).to_have_text("")


TODAY = dt.datetime.now(SAO_PAULO).date()


def day(ago):
    return TODAY - dt.timedelta(days=ago)


MONTH = TODAY.replace(day=1)


def history_of(net_yesterday):
    """Fourteen days and today; the last complete one is ``net_yesterday``."""
    return [
        *(("dia", day(it), True, 100_000, 0, 10, 0) for it in range(14, 1, -1)),
        ("dia", day(1), True, net_yesterday + 500, 500, 4, 1),
        ("dia", TODAY, False, 7_000, 0, 2, 0),
    ]


def by_day(*rows, months=()):
    """Rows of yesterday and, with ``months``, of this month: (values after the three columns of a period)."""
    return [("dia", day(1), True, *it) for it in rows] + [("mes", MONTH, False, *it) for it in months]


# What the other metrics say of yesterday. A month's row says which keys there are.
OTHERS = {
    "vendas_por_uf": by_day(
        ("SP", 3, 100_500, 500, 100_000),
        ("RJ", 1, 23_456, 0, 23_456),
        months=[("RJ", 0, 0, 0, 0), ("SP", 0, 0, 0, 0)],
    ),
    "vendas_por_cidade": by_day(
        ("SP", "Campinas", 2, 60_000, 0, 60_000),
        ("SP", "Santos", 1, 40_500, 500, 40_000),
        ("RJ", "Niterói <i>", 1, 23_456, 0, 23_456),
    ),
    "vendas_por_pagamento": by_day(("pix", 4, 123_956, 500, 123_456), months=[("pix", 0, 0, 0, 0)]),
    "vendas_por_segmento": by_day(("VIP", 4, 123_956, 500, 123_456), months=[("VIP", 0, 0, 0, 0)]),
    "receita_por_categoria": by_day(("Casa", 5, 100_000), ("Moda", 2, 23_456), months=[("Casa", 0, 0), ("Moda", 0, 0)]),
    "produtos_mais_vendidos": by_day((uuid.UUID(COPO), 1, None, 5, 100_000), (uuid.UUID(VASO), 2, None, 2, 23_456)),
    "mapa_semana_hora": [("mes", day(1).replace(day=1), False, 1, 9, 2, 4, 123_456)],
    "vendas_diarias": [
        (day(1), "SP", "pix", "VIP", 3, 1, 100_500, 500),
        (day(1), "RJ", "pix", "VIP", 1, 0, 23_456, 0),
    ],
    "vendas_diarias_por_categoria": [
        (day(1), "Casa", "SP", "pix", "VIP", 3, 4, 80_500, 500),
        (day(1), "Moda", "SP", "pix", "VIP", 1, 1, 20_000, 0),
        (day(1), "Casa", "RJ", "pix", "VIP", 1, 1, 20_000, 0),
        (day(1), "Moda", "RJ", "pix", "VIP", 1, 1, 3_456, 0),
    ],
    "crescimento_receita": by_day((123_456, 100_000, None)),
    "variacao_ticket_medio": by_day((123_456, 4, 100_000, 10, None, None)),
    "receita_media_usuario": by_day((123_456, 4, 40, 30_864, 3_086)),
    "pedidos_por_cliente": [*by_day((4, 4)), ("total", day(14), False, 134, 67)],
    "distribuicao_pedidos": [("total", day(14), False, 1, 40), ("total", day(14), False, 2, 27)],
    "retencao_mensal": [("mes", MONTH, False, 0, 67, 67)],
    "rfm": [("total", day(14), False, 5, 5, 5, "campeoes", 67, 134, 1_423_456, 67)],
    "conversao_carrinho": [("dia", day(8), True, True, 100, 10, 20, 30, 30)],
    "abandono_carrinho": [("dia", day(8), True, 100, 4, 0, 66, 30, 6)],
    "funil": [
        ("dia", day(1), True, at, step, 1_000 // (at + 1))
        for at, step in enumerate(
            ("visita", "visualizacao_produto", "adicionar_carrinho", "checkout_iniciado", "checkout_concluido")
        )
    ],
    "previsao_receita": [("dia", TODAY + dt.timedelta(days=it), False, 100_000, 80_000, 130_000) for it in range(30)],
    "erro_previsao": [
        ("dia", day(14), True, "ets", 6, 180, 1_000_000, 170_000, 148),
        ("dia", day(14), True, "semana_anterior", 6, 180, 1_000_000, 200_000, None),
    ],
}


def write_history(configuration, net_yesterday=123_456):
    """A run with something on every page, through a connection of its own."""
    opened = database.connect(configuration, application="test")
    shop.write_run(opened, dt.datetime.now(dt.UTC), history_of(net_yesterday), OTHERS)
    opened.close()


def rows_of(page, block):
    return page.locator(f"[data-block={block}] tbody tr")


def open_fold(page, block):
    page.locator(f"[data-block={block}] summary").click()


def saved(page, block, kind, folder):
    """The file that a card's link gives."""
    with page.expect_download() as download:
        page.locator(f"[data-block={block}]").get_by_role("link", name=kind, exact=False).first.click()
    download.value.save_as(folder / download.value.suggested_filename)
    return folder / download.value.suggested_filename


def test_history_shows_the_current_run_and_the_next_one_by_itself(configuration, connection, open_page, tmp_path):
    write_history(configuration)
    page = open_page("/vendas?intervalo=7d")
    # Six complete days beside the same six of the week before: 5 × 1,000.00 + 1,234.56 against 6,000.00.
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}6.234,56")
    expect(tile(page, "net_sales").locator(".delta b")).to_have_text(f"▲ 3,9{NB}%")
    expect(tile(page, "orders").locator(".value")).to_have_text("54")
    open_fold(page, "periodos")
    rows = rows_of(page, "periodos")
    expect(rows).to_have_count(7)
    expect(rows.nth(0)).to_contain_text("(em curso)")
    expect(rows.nth(1).locator("td")).to_have_text(
        [f"R${NB}1.234,56", f"R${NB}1.239,56", f"R${NB}5,00", "4", "1", f"R${NB}308,64", f"R${NB}1.000,00", "sim"]
    )
    expect(rows_of(page, "ufs").nth(1)).to_have_text(f"Rio de JaneiroR${NB}234,5619,0{NB}%–1")
    expect(page.locator("[data-block=semana-hora] .level-5")).to_have_text("617")
    expect(page.locator("[data-block=vendas] canvas")).to_be_visible()
    page.get_by_text("1 tipo de achado de qualidade").click()
    expect(page.locator(".provenance li").nth(0)).to_have_text("Vendas de valor zero: 2")

    lines = saved(page, "periodos", "CSV", tmp_path).read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Período;Líquida;Bruta;Canceladas;Pedidos válidos;Cancelados;Ticket médio;")
    assert f"{day(1)};1234,56;1239,56;5,00;4;1;308,64;1000,00;sim" in lines
    taken = parquet.read_table(saved(page, "periodos", "Parquet", tmp_path)).to_pylist()
    in_postgres = database.rows(
        connection, "select inicio, liquida from metricas.vendas_totais where periodo = 'dia' order by 1 desc limit 7"
    )
    connection.rollback()
    assert [(it["inicio"], it["liquida"]) for it in taken] == in_postgres

    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("radio", name="Semana").click()
    expect(page).to_have_url(re.compile(r"periodo=semana"))
    expect(rows).not_to_have_count(7)
    page.get_by_role("radio", name="Dia", exact=True).click()
    expect(rows).to_have_count(7)
    write_history(configuration, net_yesterday=222_222)
    expect(rows.nth(1).locator("td").nth(0)).to_have_text(f"R${NB}2.222,22", timeout=20_000)


def test_filters_and_comparison_are_in_the_link_and_in_the_numbers(configuration, connection, open_page, tmp_path):
    write_history(configuration)
    page = open_page("/geografia?intervalo=7d&comparar=nada")
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.234,56")
    expect(rows_of(page, "cidades")).to_have_count(3)
    # What data says is text, never markup.
    expect(rows_of(page, "cidades").nth(2)).to_contain_text("Niterói <i>")
    expect(page.locator("[data-block=mapa] canvas")).to_be_visible()
    page.get_by_role("button", name="Filtros").click()
    page.get_by_role("combobox", name="UF").click()
    page.get_by_role("option", name="RJ · Rio de Janeiro").click()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}234,56")
    expect(rows_of(page, "cidades")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"uf=RJ"))
    expect(page.get_by_role("dialog", name="Filtros · 1")).to_be_visible()
    # The file is what the page shows.
    expect(page.locator("[data-block=cidades] a.file").first).to_have_attribute("href", re.compile("uf=RJ"))
    file = page.locator("[data-block=cidades] a.file").first.evaluate("it => it.href")
    with urllib.request.urlopen(file) as answer:
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="vitrine-geografia-cidades-')
        lines = answer.read().decode("utf-8-sig").splitlines()
    assert lines[1:] == ["Niterói <i>;RJ;234,56;;1;234,56;0,00"]
    page.reload()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}234,56")
    page.get_by_role("link", name="Produtos").click()
    expect(page).to_have_url(re.compile(r"/produtos\?.*comparar=nada"))
    expect(tile(page, "units").locator(".value")).to_have_text("7")


def test_sales_are_filtered_by_everything_at_once(configuration, connection, open_page):
    write_history(configuration)
    page = open_page("/vendas?intervalo=7d&comparar=nada&uf=SP&pagamento=pix")
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.000,00")
    expect(tile(page, "orders").locator(".value")).to_have_text("3")
    expect(tile(page, "ticket").locator(".value")).to_have_text(f"R${NB}333,33")
    expect(rows_of(page, "categorias").nth(0)).to_have_text(f"CasaR${NB}800,0080,0{NB}%" + "34")
    expect(page.locator("[data-block=semana-hora]")).to_contain_text("tire os filtros para ver")
    in_postgres = database.rows(
        connection,
        "select sum(liquida), sum(pedidos)::int from metricas.vendas_diarias "
        "where uf = 'SP' and metodo_pagamento = 'pix'",
    )
    connection.rollback()
    assert in_postgres == [(Decimal("1000.00"), 3)]
    page.get_by_role("button", name="Filtros · 2").click()
    page.get_by_role("combobox", name="Categoria").click()
    page.get_by_role("option", name="Casa").click()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}800,00")
    expect(tile(page, "orders").locator(".value")).to_have_text("3")
    expect(tile(page, "units").locator(".value")).to_have_text("4")
    page.get_by_role("option", name="Moda").click()
    # An order may hold both: it would be counted twice.
    expect(tile(page, "orders").locator(".value")).to_have_text("–")
    expect(tile(page, "orders").locator(".note")).to_contain_text("contaria mais de uma vez")
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.000,00")
    expect(tile(page, "units").locator(".value")).to_have_text("5")
    expect(page).to_have_url(re.compile(r"categoria=Casa&categoria=Moda"))
    page.reload()
    expect(tile(page, "units").locator(".value")).to_have_text("5")


def test_a_link_to_the_old_page_of_history_leads_to_that_of_sales(configuration, open_page):
    write_history(configuration)
    page = open_page("/historico?intervalo=7d&idioma=en")
    expect(page).to_have_url(re.compile(r"/vendas\?intervalo=7d&idioma=en"))
    expect(tile(page, "orders").locator("h2")).to_have_text("Valid orders")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("vendas/periodos.csv?intervalo=99d", 200),
        ("vendas/periodos.exe", 404),
        ("vendas/nada.csv", 404),
        ("tudo/periodos.csv", 404),
        ("vendas/periodos.csv?intervalo=livre&de=2001-01-01&ate=2001-02-01", 404),
    ],
)
def test_a_table_is_had_by_its_name_only(configuration, dashboard, path, status):
    write_history(configuration)
    refused = pytest.raises(urllib.error.HTTPError, match=str(status)) if status != 200 else nullcontext()
    with refused, urllib.request.urlopen(f"{dashboard.address}/vitrine/tabela/{path}", timeout=10) as answer:
        assert answer.status == status


def test_a_stopped_postgres_is_said_and_history_recovers_by_itself(servers, configuration, open_page):
    write_history(configuration)
    page = open_page("/vendas?intervalo=7d")
    value = tile(page, "net_sales").locator(".value")
    expect(value).to_have_text(f"R${NB}6.234,56")
    servers["postgres"].stop(30)
    expect(page.get_by_text("O banco de dados não responde.")).to_be_visible(timeout=30_000)
    servers["postgres"].start()
    servers["postgres"].ready(60)
    expect(value).to_have_text(f"R${NB}6.234,56", timeout=30_000)


def is_narrow(page):
    """Nothing on the page has to be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth") and page.evaluate(
        "() => [...document.querySelectorAll('[data-testid^=stBidiComponent]')]"
        ".every(it => it.scrollWidth <= it.clientWidth)"
    )


@pytest.mark.parametrize("path", ["/", *(f"/{it}" for it in BY_PATH), "/saude"])
def test_every_page_fits_a_phone_and_a_desk_in_both_themes(redis_client, configuration, open_page, path):
    fill(redis_client)
    write_history(configuration)
    for viewport, scheme in (((390, 844), "dark"), ((1440, 1000), "light")):
        width, height = viewport
        page = open_page(path, viewport={"width": width, "height": height}, color_scheme=scheme)
        if path == "/saude":
            expect(verdict(page)).to_have_attribute("data-kind", re.compile("good|warn|bad"))
        else:
            expect(page.locator(".tile .value").first).not_to_have_text("–")
        if path.strip("/") in BY_PATH:
            expect(page.locator(".blocks > *").last).to_be_visible()
        assert is_narrow(page)
        page.get_by_role("radio", name="EN", exact=True).click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        assert is_narrow(page)


def test_the_latest_orders_come_from_postgres_and_fail_alone(
    servers, configuration, connection, redis_client, open_page
):
    fill(redis_client)
    buyer = uuid.uuid4()
    opened = database.connect(configuration, application="test")
    cursor = opened.cursor()
    cursor.execute(
        "insert into dados_clientes values (%s, 'Ana Segredo', 'ana@segredo.example', now(), 'VIP', 'Campinas', 'SP', "
        "'Brasil', now())",
        (buyer,),
    )
    cursor.execute(
        "insert into transacoes_vendas values (%s, %s, %s, array[%s::uuid], array[1], 129.90, now(), 'pix', "
        "'processando', now(), null)",
        (uuid.uuid4(), uuid.uuid4(), buyer, uuid.uuid4()),
    )
    opened.commit()
    opened.close()
    page = open_page()
    order = card(page, "Últimos pedidos").locator("li:not(.empty)")
    expect(order).to_have_count(1)
    expect(order.locator(".place")).to_have_text("Campinas, SP · Pix")
    expect(order.locator("b")).to_have_text(f"R${NB}129,90")
    with urllib.request.urlopen(page.url + "vitrine/frame?window=15min&language=pt", timeout=10) as frame:
        assert b"egredo" not in frame.read()
    servers["postgres"].stop(30)
    expect(card(page, "Últimos pedidos").locator(".problem")).to_contain_text("O Postgres não responde desde")
    expect(order).to_have_count(1)
    expect(state(page)).to_have_text("Ao vivo")
    servers["postgres"].start()
    servers["postgres"].ready(60)
    expect(card(page, "Últimos pedidos").locator(".problem")).to_have_text("")
