"""What the live page says where something is missing, old or away, and how it comes back."""

import datetime as dt
import json
import os
import re
import time
import urllib.request
import uuid

import pytest
from playwright.sync_api import expect

from contracts.panes import Dimension, Measures
from dashboard.data.live import LiveSource
from dashboard.data.orders import Orders
from dashboard.formats import Formats
from dashboard.hub import Topic
from dashboard.poller import Poller
from tests.dashboard import shop
from tests.integration.dashboard.conftest import Dashboard, stopped
from tests.integration.dashboard.content import SAO_PAULO, TODAY, fill
from tests.integration.dashboard.locators import NB, card, state, tile
from tests.integration.proxy import Proxy


def test_before_the_first_batch_there_are_no_numbers(redis_client, open_page):
    page = open_page()
    expect(state(page)).to_have_text("Iniciando")
    expect(tile(page, "net_sales").locator(".value")).to_have_text("–")
    shop.write_status(redis_client, newest_event=None)
    expect(state(page)).to_have_text("Sem dados ainda")
    expect(tile(page, "orders").locator(".value")).to_have_text("–")


def test_a_stream_that_stands_still_says_for_how_long(redis_client, open_page):
    fill(redis_client)
    page = open_page()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")
    shop.write_status(redis_client, newest_event=time.time() - 42)
    expect(state(page)).to_have_text(re.compile(rf"Parado há 4\d{NB}s"))
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")


def test_a_stopped_redis_is_said_and_the_page_recovers_by_itself(servers, redis_client, open_page):
    minute = fill(redis_client)
    page = open_page()
    expect(state(page)).to_have_text("Ao vivo")
    with stopped(servers["redis"]):
        expect(state(page)).to_have_text("Fora do ar")
        expect(page.locator(".message")).to_contain_text("O Redis não responde desde")
        # The last numbers stay, dimmed.
        expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")
        expect(page.locator(".body > .tiles")).to_have_class(re.compile(r"\bold\b"))
    fill(redis_client, gross=200_000, now=minute)
    expect(state(page)).to_have_text("Ao vivo")
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.965,44")


def test_a_restarted_server_is_said_and_the_page_recovers_by_itself(redis_client, dashboard, open_page):
    fill(redis_client)
    # The browser itself reports the refused connections.
    page = open_page(watched=False)
    expect(state(page)).to_have_text("Ao vivo")
    assert dashboard.stop() == 0
    try:
        expect(page.locator(".message")).to_have_text("Sem conexão com o servidor. Reconectando…", timeout=20_000)
    finally:
        dashboard.start()
    # By now the newest event may be so old that the page says that first.
    expect(page.locator(".status")).to_have_attribute("data-state", re.compile("live|stale"), timeout=30_000)
    shop.write_status(redis_client, newest_event=time.time())
    expect(page.locator(".status")).to_have_attribute("data-state", "live")


def test_frames_come_one_by_one_to_a_browser_without_streams(redis_client, open_page, dashboard):
    minute = fill(redis_client)
    page = open_page("/_stcore/health")
    page.add_init_script("delete window.EventSource")
    page.goto(dashboard.address)
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")
    fill(redis_client, gross=200_000, now=minute)
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.965,44")
    expect(page.locator(".status")).to_have_attribute("title", "Conexão restrita: atualização mais lenta.")


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


@pytest.fixture
def behind_proxies(servers, migrated):
    """A server whose Redis and Postgres can be made slow."""
    with Proxy(servers["redis"].address) as redis, Proxy(servers["postgres"].address) as postgres:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
        moved = {
            f"VITRINE_{name}_{what}": value
            for name, it in (("REDIS", redis), ("POSTGRES", postgres))
            for what, value in zip(("HOST", "PORT"), it.address.split(":"), strict=True)
        }
        server = Dashboard(inherited | servers.environment | moved)
        server.start()
        yield server, redis, postgres
        redis.away()
        postgres.away()
        assert server.stop() == 0


def test_a_slow_server_costs_its_own_panels_only(behind_proxies, redis_client, order, browser):
    server, redis, postgres = behind_proxies
    fill(redis_client)
    order(dt.datetime.now(dt.UTC), total="129.90")
    page = browser.new_page(locale="pt-BR")
    page.goto(server.address)
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")
    orders = card(page, "Últimos pedidos")
    expect(orders.locator("li:not(.empty)")).to_have_count(1)

    # Longer than the dashboard waits for an answer.
    redis.slow(8)
    expect(state(page)).to_have_text("Fora do ar")
    order(dt.datetime.now(dt.UTC), total="55.00")
    expect(orders.locator("li:not(.empty)")).to_have_count(2)
    expect(orders.locator(".problem")).to_have_text("")
    redis.slow(0)
    shop.write_status(redis_client, newest_event=time.time())
    expect(page.locator(".status")).to_have_attribute("data-state", re.compile("live|stale"), timeout=30_000)

    postgres.slow(8)
    expect(orders.locator(".problem")).to_contain_text("O Postgres não responde desde")
    expect(orders.locator("li:not(.empty)")).to_have_count(2)
    shop.write_status(redis_client, newest_event=time.time())
    expect(state(page)).to_have_text("Ao vivo")
    postgres.slow(0)
    expect(orders.locator(".problem")).to_have_text("", timeout=30_000)
    page.close()


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
        live_since=lambda: None,
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


def test_the_latest_orders_come_from_postgres_and_fail_alone(servers, connection, order, redis_client, open_page):
    fill(redis_client)
    buyer = uuid.uuid4()
    connection.cursor().execute(
        "insert into dados_clientes values (%s, 'Ana Segredo', 'ana@segredo.example', now(), 'VIP', 'Campinas', 'SP', "
        "'Brasil', now())",
        (buyer,),
    )
    connection.commit()
    order(dt.datetime.now(dt.UTC), buyer=buyer)
    page = open_page()
    latest = card(page, "Últimos pedidos").locator("li:not(.empty)")
    expect(latest).to_have_count(1)
    expect(latest.locator(".place")).to_have_text("Campinas, SP · Pix")
    expect(latest.locator("b")).to_have_text(f"R${NB}129,90")
    with urllib.request.urlopen(page.url + "vitrine/frame?window=15min&language=pt", timeout=10) as frame:
        assert b"egredo" not in frame.read()
    with stopped(servers["postgres"]):
        expect(card(page, "Últimos pedidos").locator(".problem")).to_contain_text("O Postgres não responde desde")
        expect(latest).to_have_count(1)
        shop.write_status(redis_client, newest_event=time.time())
        expect(state(page)).to_have_text("Ao vivo")
    expect(card(page, "Últimos pedidos").locator(".problem")).to_have_text("")
