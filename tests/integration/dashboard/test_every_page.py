"""What holds on every page."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.questions import BY_PATH
from tests.integration.dashboard.content import fill, write_history
from tests.integration.dashboard.locators import is_narrow, verdict


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
