"""The health page in a real browser."""

import datetime as dt
import re

from playwright.sync_api import expect

from tests.dashboard import parts, shop
from tests.integration.dashboard.conftest import stopped
from tests.integration.dashboard.content import fill, history_of
from tests.integration.dashboard.locators import NB, grid_rows, reason, verdict


def test_the_health_page_shows_what_postgres_and_redis_hold_and_judges_it(redis_client, shop_connection, open_page):
    minute = fill(redis_client)
    shop.write_run(shop_connection, dt.datetime.now(dt.UTC), history_of(123_456))
    parts.write_reconciliation(shop_connection)
    parts.write_healing(shop_connection)
    parts.write_all_beats(shop_connection, published=1_000_000, behind=17)
    page = open_page("/saude")
    expect(grid_rows(page, "runs")).to_have_count(1)
    # Who says nothing for 15 s is away: however long the page took to come, all of them are here now.
    fill(redis_client, now=minute)
    parts.write_all_beats(shop_connection, published=1_000_000, behind=17)
    expect(verdict(page)).to_have_attribute("data-kind", "good")
    expect(verdict(page).locator("strong")).to_have_text("Tudo em ordem")
    queue = grid_rows(page, "queues").filter(has_text="eventos_web-persistencia")
    expect(queue.locator("td").nth(0)).to_have_text("17")
    expect(page.locator(".stage[data-id=queue] .value")).to_have_text("17 na fila")
    expect(grid_rows(page, "stages").nth(4)).to_have_text(
        f"Lote do Spark0,22{NB}s49{NB}%do plano até os painéis calculados"
    )
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
    with stopped(servers["redis"]):
        expect(reason(page, "Redis has not answered since")).to_have_class("bad")
        expect(page.locator(".grid[data-id=latency] .problem")).to_contain_text("No answer since")
        # What it told last stays, dimmed; Postgres's panels have nothing to say about it.
        expect(grid_rows(page, "latency").nth(0)).to_contain_text(f"0.4{NB}s")
        expect(page.locator(".grid[data-id=parts] .problem")).to_have_text("")
    expect(reason(page, "Redis has not answered since")).to_have_count(0)
    with stopped(servers["postgres"]):
        expect(reason(page, "Postgres has not answered since")).to_have_class("bad")
        expect(page.get_by_text("The list comes back by itself.")).to_be_visible()
        expect(page.locator(".grid[data-id=parts] .problem")).to_contain_text("No answer since")
        expect(grid_rows(page, "parts")).to_have_count(3)
        expect(page.locator(".grid[data-id=live_state] tbody tr").filter(has_text="Redis: keys")).to_have_count(1)
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
