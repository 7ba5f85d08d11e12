"""The live page in a real browser: its figures, and what a viewer does there."""

import datetime as dt
import re
import time

from playwright.sync_api import expect

from contracts.panes import Dimension, Measures
from tests.dashboard import shop
from tests.integration.dashboard.content import SAO_PAULO, fill
from tests.integration.dashboard.locators import NB, card, state, tile


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
    # The library of the charts comes after the figures: what it draws for the first time is new, not replaced.
    expect(page.locator(".chart canvas")).to_be_visible()
    expect(page.locator(".states canvas")).to_be_visible()
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
    # What becomes known later is added to what is there.
    series = page.locator(".chart .legend span")
    expect(series).to_have_count(1)
    series.first.evaluate("it => { it.dataset.kept = 'yes'; }")
    shop.write_pane(redis_client, 60, minute - 86_400, Dimension.TOTAL, {"": Measures(bruta=60_000)})
    expect(series).to_have_count(2)
    expect(series.first).to_have_attribute("data-kept", "yes")


def test_window_and_language_are_in_the_link_and_survive_a_refresh(redis_client, open_page):
    fill(redis_client)
    page = open_page()
    expect(state(page)).to_have_text("Ao vivo")
    page.get_by_role("radio", name="1 h").click()
    expect(tile(page, "orders").locator(".against, .delta span")).to_have_text("")
    page.get_by_role("radio", name="EN").click()
    expect(tile(page, "net_sales").locator("h2")).to_have_text("Net sales")
    shop.write_status(redis_client, newest_event=time.time())
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
    shop.write_status(redis_client, newest_event=time.time())
    page.get_by_role("button", name="Continuar").click()
    expect(value).to_have_text(f"R${NB}1.965,44")
    expect(state(page)).to_have_text("Ao vivo")


def test_a_pause_outlives_the_choice_of_another_window_and_language(redis_client, open_page):
    minute = fill(redis_client)
    page = open_page()
    value = tile(page, "net_sales").locator(".value")
    expect(value).to_have_text(f"R${NB}1.200,00")
    clicked = [page.get_by_role("radio", name="5 min", exact=True), page.get_by_role("button", name="Pausar")]
    # At once: what the choice of the window leads to comes after the pause.
    page.evaluate("it => it.forEach(button => button.click())", [it.element_handle() for it in clicked])
    expect(page).to_have_url(re.compile("janela=5min"))
    # The chosen window is shown, and stands still.
    expect(tile(page, "net_sales")).not_to_contain_text("vs. 15 min antes")
    expect(state(page)).to_have_text(re.compile(r"Pausado às \d\d:\d\d:\d\d"))
    expect(page.locator(".body > .tiles")).not_to_have_class(re.compile(r"\bold\b"))
    fill(redis_client, gross=200_000, now=minute)
    other = open_page("/?janela=5min")
    expect(tile(other, "net_sales").locator(".value")).to_have_text(f"R${NB}1.965,44")
    expect(value).to_have_text(f"R${NB}1.200,00")
    page.get_by_role("radio", name="EN").click()
    expect(value).to_have_text("R$1,965.44")
    expect(state(page)).to_have_text(re.compile("Paused at"))
    fill(redis_client, gross=300_000, now=minute)
    expect(tile(other, "net_sales").locator(".value")).to_have_text(f"R${NB}2.965,44")
    expect(value).to_have_text("R$1,965.44")
    page.get_by_role("button", name="Resume").click()
    expect(value).to_have_text("R$2,965.44")
    expect(page.locator(".status")).to_have_attribute("data-state", re.compile("live|stale"))


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
    expect(page.get_by_role("button", name="Sair da tela cheia")).to_be_visible()
    assert page.evaluate("document.fullscreenElement.tagName") == "HTML"
    page.get_by_role("button", name="Sair da tela cheia").click()
    expect(page.get_by_role("button", name="Tela cheia", exact=True)).to_be_visible()
    assert page.evaluate("document.fullscreenElement") is None


def test_sales_are_compared_with_yesterday_or_with_a_week_ago(dashboard, redis_client, order, open_page):
    # A week ago is read once, five minutes ahead: a server that has drawn other pages has read it already.
    assert dashboard.stop() == 0
    now = fill(redis_client)
    order(dt.datetime.fromtimestamp(now - 7 * 86_400 - 30, dt.UTC), total="300.00")
    dashboard.start()
    page = open_page()
    sales = card(page, "Vendas brutas a cada 10 s")
    legend = sales.locator(".legend")
    expect(legend).to_contain_text("Há uma semana nesta hora (média de 5 min)")
    sales.get_by_role("button", name="Tabela").click()
    # 300 reais in five minutes are 10 in each of the thirty intervals around.
    row = sales.locator("tbody tr", has_text=dt.datetime.fromtimestamp(now, SAO_PAULO).strftime("%H:%M:%S"))
    expect(row.locator("td").nth(1)).to_have_text(f"R${NB}10,00")
    compare = sales.get_by_role("button", name="comparar com")
    expect(compare).to_have_count(0)
    shop.write_pane(redis_client, 60, now - 86_400, Dimension.TOTAL, {"": Measures(bruta=60_000)})
    expect(legend).to_contain_text("Ontem nesta hora (média de 5 min)")
    expect(row.locator("td").nth(1)).to_have_text(f"R${NB}20,00")
    compare.click()
    expect(legend).to_contain_text("Há uma semana nesta hora")
    page.reload()
    expect(legend).to_contain_text("Há uma semana nesta hora")
    expect(compare).to_have_text("comparar com ontem")


def test_a_window_before_the_first_live_order_is_compared_with_nothing(dashboard, redis_client, order, open_page):
    # Whether it is so is looked up when the server starts, and now and then.
    assert dashboard.stop() == 0
    minute = fill(redis_client)
    loaded = dt.datetime.fromtimestamp(minute - 900, dt.UTC)
    order(loaded - dt.timedelta(days=30), written=loaded)
    order(loaded + dt.timedelta(minutes=10))
    dashboard.start()
    page = open_page()
    change = tile(page, "net_sales").locator(".delta")
    expect(change).to_have_text("sem comparação")
    since = (loaded + dt.timedelta(minutes=10)).astimezone(SAO_PAULO).strftime("%d/%m %H:%M")
    expect(change).to_have_attribute("title", re.compile(f"começa antes de {since}, a hora do primeiro pedido ao vivo"))
    expect(page.locator(".products .movement").nth(1)).to_have_text("–")
    page.get_by_role("button", name="Definições").click()
    expect(page.get_by_text("antes do primeiro pedido ao vivo")).to_be_visible()
