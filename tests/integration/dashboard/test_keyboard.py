"""The pages without a mouse: everything is reached by Tab in the order in which it is read, shows it, and works."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from tests.dashboard import parts
from tests.integration.dashboard.content import fill, write_history
from tests.integration.dashboard.keyboard import Keyboard
from tests.integration.dashboard.locators import NB, card, rows_of, state, tile

# Streamlit's own.
SKIP, HOME = ("link", "Ir para o conteúdo"), ("button", "Ir para a página inicial")
MENU = ("button", "Menu principal")
PAGES = ["Ao vivo", "Vendas", "Produtos", "Clientes", "Carrinhos", "Geografia", "Previsão", "Saúde"]
NAVIGATION = [("link", it) for it in PAGES]
LANGUAGE = ("radio", "PT")
SALES = "Vendas brutas a cada 10 s"


@pytest.fixture
def open_by_keyboard(open_page):
    """Opens a page whose mouse is not needed."""

    def open_it(path="/"):
        page = open_page("/_stcore/health")
        keyboard = Keyboard(page)
        page.goto(page.url.removesuffix("/_stcore/health") + path)
        # The switches are drawn after the page's own elements.
        expect(page.get_by_role("radio", name="EN", exact=True)).to_be_visible()
        return page, keyboard

    return open_it


def assert_walked(keyboard, expected):
    """Tab leads to all of that and nothing else, as it is read; each shows it; and it leads out again."""
    stops = keyboard.walk()
    assert [it.said for it in stops] == expected
    assert [it.said for it in stops if not it.marks] == []
    for before, after in itertools.pairwise(stops):
        # In the order in which one reads: further down, or further to the right.
        is_further = after.y + after.height > before.y + before.height / 2 or after.x > before.x
        assert is_further, f"{after} is before {before}"
    assert keyboard.missed() == []
    # And back again: no way in is a trap.
    assert [it.said for it in keyboard.walk("Shift+Tab")] == expected[::-1]


def test_the_live_page_is_walked_by_tab_alone(redis_client, open_by_keyboard):
    fill(redis_client)
    page, keyboard = open_by_keyboard()
    expect(tile(page, "net_sales").locator(".value")).to_have_text(f"R${NB}1.200,00")
    expect(card(page, "Vendas por estado").locator("canvas")).to_be_visible()
    assert_walked(
        keyboard,
        [
            SKIP,
            *NAVIGATION,
            MENU,
            ("main", "Ao vivo"),
            ("radio", "5 min"),
            ("button", "Definições"),
            LANGUAGE,
            ("button", "Pausar"),
            ("button", "Ocultar valores"),
            ("button", "Tela cheia"),
            ("button", f"Tabela: {SALES}"),
            (
                "image",
                "Vendas brutas por intervalo de 10 segundos nos últimos 15 minutos: "
                f"total R${NB}1.234,56, maior R${NB}1.234,56.",
            ),
            ("region", "Vendas por estado"),
        ],
    )


def files(title):
    """The links of a card to its files."""
    return [
        ("link", f"CSV de {title}: separado por ponto e vírgula, decimais com vírgula, UTF-8"),
        ("link", f"Parquet de {title}: com tipos, para programas"),
    ]


def chart(title):
    return [
        ("button", f"Tabela: {title}"),
        *files(title),
        ("image", f"{title}. Os mesmos valores estão na tabela deste quadro."),
    ]


def heat_map(title):
    return [("button", f"Tabela: {title}"), *table(title)]


def table(title):
    return [*files(title), ("region", title)]


def folded(title):
    return [*files(title), ("DisclosureTriangle", f"Ver tabela: {title}")]


def test_a_page_of_history_is_walked_by_tab_alone(configuration, open_by_keyboard):
    write_history(configuration)
    page, keyboard = open_by_keyboard("/vendas?intervalo=7d")
    expect(page.locator("[data-block=vendas] canvas")).to_be_visible()
    assert_walked(
        keyboard,
        [
            SKIP,
            HOME,
            *NAVIGATION,
            MENU,
            ("main", "Vendas"),
            ("combobox", "Intervalo"),
            ("radio", "Dia"),
            ("combobox", "Comparar com"),
            ("button", "Filtros"),
            ("button", "Definições"),
            LANGUAGE,
            ("DisclosureTriangle", "1 tipo de achado de qualidade"),
            *chart("Vendas: líquida + canceladas = bruta"),
            *chart("Pedidos válidos"),
            *chart("Ticket médio"),
            *heat_map("Vendas por dia da semana e hora"),
            *table("Receita por categoria"),
            *table("Vendas por estado"),
            *table("Métodos de pagamento"),
            *table("Segmentos de clientes"),
            *folded("Todos os períodos"),
            *folded("Crescimento, período a período"),
        ],
    )


def test_the_health_page_is_walked_by_tab_alone(redis_client, shop_connection, configuration, open_by_keyboard):
    fill(redis_client)
    write_history(configuration)
    parts.write_all_beats(shop_connection)
    parts.write_reconciliation(shop_connection)
    parts.write_healing(shop_connection)
    parts.write_rejected(shop_connection, "1", b"{}")
    page, keyboard = open_by_keyboard("/saude")
    expect(page.locator(".grid .scroll:visible")).to_have_count(12)
    event = page.locator(".rejected-list > li")
    expect(event).to_have_count(1)
    said = " ".join(event.locator("summary > *").all_inner_texts()).strip()
    assert_walked(
        keyboard,
        [
            SKIP,
            HOME,
            *NAVIGATION,
            MENU,
            ("main", "Saúde"),
            LANGUAGE,
            ("region", "Filas"),
            ("region", "Latência por etapa"),
            ("region", "Para onde vai o tempo"),
            ("region", "Partes"),
            ("region", "Versões"),
            ("region", "Execuções do batch"),
            ("region", "Ao vivo e histórico conferem?"),
            ("region", "Diferenças da reconciliação"),
            ("region", "Recomposições dos painéis ao vivo"),
            ("region", "Rejeitados na última hora"),
            ("region", "Tamanhos: caminho ao vivo"),
            ("region", "Tamanhos: banco de dados"),
            ("radio", "Todos"),
            ("combobox", "Motivo"),
            ("switch", "Mostrar dados pessoais"),
            ("button", "Ajuda: Mostrar dados pessoais"),
            ("DisclosureTriangle", said),
        ],
    )


def test_the_live_page_is_worked_by_keys(redis_client, open_by_keyboard):
    minute = fill(redis_client)
    page, keyboard = open_by_keyboard()
    net_sales = tile(page, "net_sales").locator(".value")
    expect(net_sales).to_have_text(f"R${NB}1.200,00")

    # Into the group by Tab, within it by the arrows.
    keyboard.press_on("radio", "5 min", "Space")
    expect(page).to_have_url(re.compile("janela=5min"))
    expect(tile(page, "net_sales")).not_to_contain_text("vs. 15 min antes")
    assert keyboard.said() == ("radio", "5 min")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("janela"))
    expect(tile(page, "net_sales")).to_contain_text("vs. 15 min antes")
    assert keyboard.said() == ("radio", "15 min")

    keyboard.press_on("button", "Pausar", "Enter")
    expect(state(page)).to_have_text(re.compile("Pausado às"))
    assert keyboard.said() == ("button", "Continuar")
    fill(redis_client, gross=200_000, now=minute)
    page.keyboard.press("Space")
    expect(net_sales).to_have_text(f"R${NB}1.965,44")

    keyboard.press_on("button", "Ocultar valores", "Space")
    expect(net_sales).to_have_text(f"R${NB}•••")
    page.keyboard.press("Enter")
    expect(net_sales).to_have_text(f"R${NB}1.965,44")

    keyboard.press_on("button", "Tela cheia", "Enter")
    expect(page.get_by_role("button", name="Sair da tela cheia")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Tela cheia", exact=True)).to_be_visible()

    keyboard.press_on("button", f"Tabela: {SALES}", "Enter")
    assert keyboard.said() == ("button", f"Gráfico: {SALES}")
    keyboard.press_on("region", SALES, "PageDown")
    page.wait_for_function("keyboard.focused().scrollTop > 0")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    keyboard.press_on("image", "Vendas brutas por intervalo", "ArrowLeft")
    expect(card(page, SALES).locator(".tip")).to_be_visible()
    page.keyboard.press("Escape")
    expect(card(page, SALES).locator(".tip")).not_to_be_visible()

    keyboard.press_on("radio", "PT", "ArrowRight", "Enter")
    expect(tile(page, "net_sales").locator("h2")).to_have_text("Net sales")
    assert keyboard.said() == ("radio", "EN")
    keyboard.press_on("link", "Sales", "Enter")
    expect(page).to_have_url(re.compile(r"/vendas\?"))


def test_a_page_of_history_is_worked_by_keys(configuration, open_by_keyboard):
    write_history(configuration)
    page, keyboard = open_by_keyboard("/geografia?intervalo=7d&comparar=nada")
    net_sales = tile(page, "net_sales").locator(".value")
    expect(net_sales).to_have_text(f"R${NB}1.234,56")

    keyboard.press_on("button", "Filtros", "Enter")
    keyboard.go_to("combobox", "UF")
    page.keyboard.type("RJ")
    page.keyboard.press("Enter")
    expect(net_sales).to_have_text(f"R${NB}234,56")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page).to_have_url(re.compile("uf=RJ"))
    assert keyboard.said() == ("button", "Filtros · 1")

    keyboard.press_on("button", "Definições", "Space")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    keyboard.go_to("link", "CSV de Vendas por cidade")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert "Niterói" in download.value.path().read_text("utf-8-sig")

    keyboard.press_on("combobox", "Intervalo", "ArrowDown", "ArrowDown", "Enter")
    expect(page).not_to_have_url(re.compile("intervalo=7d"))


def test_a_rejected_event_is_read_and_its_command_copied_by_keys(shop_connection, open_by_keyboard):
    parts.write_rejected(shop_connection, "17", b'{"cidade":"Campinas"}')
    page, keyboard = open_by_keyboard("/saude")
    event = page.locator(".rejected-list > li")
    expect(event).to_have_count(1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keyboard.press_on("DisclosureTriangle", event.locator(".when").inner_text(), "Enter")
    expect(event.locator(".payload")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("keyboard.focused().textContent") == '{"cidade":"Campinas"}'
    page.keyboard.press("Tab")
    assert keyboard.said() == ("button", "Copiar")
    page.keyboard.press("Space")
    expect(event.get_by_role("button", name="Copiado")).to_be_visible()
    assert "replay --topic dados_clientes" in page.evaluate("navigator.clipboard.readText()")
    keyboard.press_on("switch", "Mostrar dados pessoais", "Space")
    expect(page.get_by_role("switch", name="Mostrar dados pessoais")).to_be_checked()


@pytest.mark.parametrize(
    ("role", "name"),
    [("radio", "5 min"), ("button", "Pausar"), ("button", "Tabela"), ("image", "Vendas brutas"), ("region", SALES)],
)
def test_frames_of_the_live_page_take_the_focus_from_nobody(redis_client, open_by_keyboard, role, name):
    minute = fill(redis_client)
    page, keyboard = open_by_keyboard()
    net_sales = tile(page, "net_sales").locator(".value")
    expect(net_sales).to_have_text(f"R${NB}1.200,00")
    if role == "region":
        keyboard.press_on("button", "Tabela", "Enter")
    keyboard.go_to(role, name)
    keyboard.hold()
    for reais in range(2_000, 2_008):
        fill(redis_client, gross=reais * 100 + 3_456, now=minute)
        expect(net_sales).to_have_text(f"R${NB}2.{reais % 1000:03d},00")
        assert keyboard.holds(), f"{keyboard.said()} has the focus"


def test_a_new_run_takes_the_focus_from_nobody(configuration, open_by_keyboard):
    write_history(configuration)
    page, keyboard = open_by_keyboard("/vendas?intervalo=7d")
    net_sales = tile(page, "net_sales").locator(".value")
    expect(net_sales).to_have_text(f"R${NB}6.234,56")
    keyboard.press_on("DisclosureTriangle", "Ver tabela: Todos os períodos", "Enter")
    keyboard.go_to("region", "Todos os períodos")
    keyboard.hold()
    write_history(configuration, net_yesterday=222_222)
    expect(rows_of(page, "periodos").nth(1).locator("td").nth(0)).to_have_text(f"R${NB}2.222,22", timeout=20_000)
    assert keyboard.holds(), f"{keyboard.said()} has the focus"


def test_looks_of_the_health_page_take_the_focus_from_nobody(redis_client, shop_connection, open_by_keyboard):
    parts.write_all_beats(shop_connection)
    parts.write_rejected(shop_connection, "1", b"{}")
    page, keyboard = open_by_keyboard("/saude")
    events = page.locator(".rejected-list > li")
    expect(events).to_have_count(1)
    keyboard.go_to("DisclosureTriangle", "")
    keyboard.hold()
    for count in range(2, 5):
        parts.write_rejected(shop_connection, str(count), b"{}", code="campo_ausente", field="pais")
        expect(events).to_have_count(count)
        assert keyboard.holds(), f"{keyboard.said()} has the focus"
