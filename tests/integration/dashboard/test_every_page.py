"""What holds on every page, in every language, theme and width."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.formats import LANGUAGES
from dashboard.questions import BY_PATH
from dashboard.texts import CATALOGUES, HEALTH
from dashboard.texts.history import HISTORY
from tests.dashboard.browser import Watch
from tests.integration.dashboard.conftest import ARTIFACTS
from tests.integration.dashboard.content import fill, write_history
from tests.integration.dashboard.locators import is_narrow, verdict

PAGES = ("", *BY_PATH, "saude")
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 1000}}


@pytest.fixture(scope="module")
def run(configuration, migrated):
    """A run of history, once for all looks at it."""
    write_history(configuration)


def expect_drawn(page, path):
    """Until the page shows what it is for."""
    if path == "saude":
        expect(verdict(page)).to_have_attribute("data-kind", re.compile("good|warn|bad"))
    else:
        expect(page.locator(".tile .value").first).not_to_have_text(re.compile("^–?$"))
    if path in BY_PATH:
        expect(page.locator(".blocks > *").last).to_be_visible()
        expect(page.get_by_role("combobox")).to_have_count(2 if BY_PATH[path].has_range else 0)
    # The switches are drawn after the page's own elements.
    expect(page.get_by_role("radio", name="EN", exact=True)).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_over_empty_stores_a_page_says_so_and_shows_no_figure(redis_client, shop_connection, open_page, path, language):
    nothing = {"": CATALOGUES[language].orders_none, "saude": HEALTH[language].why_batch_none}
    page = open_page(f"/{path}?idioma={language}")
    expect(page.get_by_text(nothing.get(path, HISTORY[language].common.no_run)).first).to_be_visible()
    # How large the servers are is known.
    figures = page.locator(".tile:not([data-id=redis], [data-id=postgres]) .value")
    assert set(figures.all_inner_texts()) <= {"–"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_in_either_language_and_theme(browser, dashboard, redis_client, run, language, scheme, size):
    fill(redis_client)
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme, locale="pt-BR", reduced_motion="reduce")
    page = context.new_page()
    watch = Watch(page, dashboard.address)
    page.goto(f"{dashboard.address}/?idioma={language}")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for path in PAGES:
        if path:
            # By its link, as a viewer does; on a phone it is in the folded menu.
            page.locator(".vitrine").first.evaluate("it => { it.dataset.page = 'before'; }")
            page.locator(f"a[href$='/{path}']").first.dispatch_event("click")
            expect(page.locator(".vitrine[data-page=before]")).to_have_count(0)
        expect_drawn(page, path)
        page.screenshot(path=ARTIFACTS / f"every-{path or 'live'}-{language}-{scheme}-{size}.png")
        assert page.locator("html").get_attribute("lang") == CATALOGUES[language].html_language
        ground = page.locator("[data-testid=stApp]").evaluate("it => getComputedStyle(it).backgroundColor")
        brightness = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
        assert brightness > 200 if scheme == "light" else brightness < 55, ground
        assert is_narrow(page), path
        assert watch.complaints == [], path
    context.close()
