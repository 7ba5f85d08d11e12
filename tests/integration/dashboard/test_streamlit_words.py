"""What Streamlit says around the pages, in the page's language."""

import re

from playwright.sync_api import expect

from tests.integration.dashboard.content import fill, write_history
from tests.integration.dashboard.locators import state


def test_the_menu_is_in_the_language_of_the_page(redis_client, open_page):
    fill(redis_client)
    page = open_page()
    opener, menu = page.get_by_test_id("stMainMenuButton"), page.get_by_role("menu")
    expect(opener).to_have_attribute("aria-label", "Menu principal")
    expect(page.get_by_test_id("stSkipToContent")).to_have_text("Ir para o conteúdo")
    opener.click()
    for said in ("Imprimir", "Como o sistema", "Claro", "Escuro"):
        expect(menu).to_contain_text(said)
    expect(page.get_by_text("Feito com Streamlit")).to_be_visible()
    # Nothing else is in it: no recording of the screen.
    expect(menu.locator("[role^=menuitem]")).to_have_count(4)
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="EN").click()
    expect(opener).to_have_attribute("aria-label", "Main menu")
    expect(page.get_by_test_id("stSkipToContent")).to_have_text("Skip to main content")
    opener.click()
    expect(menu).to_contain_text("Print")
    expect(menu).to_contain_text("Light")


def test_a_filter_is_in_the_language_of_the_page_and_its_values_as_they_are(configuration, open_page):
    write_history(configuration)
    page = open_page("/produtos")
    page.get_by_role("button", name="Filtros").click()
    category = page.get_by_role("combobox", name="Categoria")
    category.click()
    # The first one is a category: none of them chosen means all.
    expect(page.get_by_role("option")).to_have_text(["Casa", "Moda"])
    page.get_by_role("option", name="Casa").click()
    expect(page.get_by_role("button", name="Tirar Casa")).to_be_visible()
    category.fill("nada que exista")
    expect(page.get_by_text("Nada encontrado")).to_be_visible()


def test_an_unknown_page_and_a_lost_server_are_said_in_portuguese(redis_client, dashboard, open_page):
    fill(redis_client)
    # The browser itself reports what it does not find, and the refused connections.
    page = open_page("/nada", watched=False)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Não há essa página. Esta é a inicial.")
    dialog.get_by_role("button", name="Fechar").click()
    expect(state(page)).to_have_text("Ao vivo")
    assert dashboard.stop() == 0
    try:
        expect(dialog).to_contain_text(re.compile("O servidor não responde"), timeout=60_000)
        assert "streamlit" not in dialog.inner_text().lower()
    finally:
        dashboard.start()
