"""``python -m tests.dashboard.pictures ADDRESS``: the README's pictures, taken from a running stack."""

from pathlib import Path
from typing import Annotated

import typer
from playwright.sync_api import expect

from tests.dashboard.browser import chromium

# Name, path, width, height, colour scheme.
PICTURES = (
    ("live", "/", 1440, 1080, "light"),
    ("live-dark-en", "/?idioma=en", 1440, 1080, "dark"),
    ("history", "/vendas", 1440, 1080, "light"),
    ("live-phone", "/", 390, 1600, "light"),
)


def take(address: str, folder: Annotated[Path, typer.Option()] = Path("docs/images")) -> None:
    """Take the pictures of the dashboard at ADDRESS (such as http://127.0.0.1:8501)."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name, path, width, height, scheme in PICTURES:
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
            )
            page.goto(address + path)
            expect(page.locator(".tile[data-id=net_sales] .value")).not_to_have_text("–", timeout=30_000)
            if name.startswith("live"):
                expect(page.locator(".orders li:not(.empty)").first).to_be_visible()
                expect(page.locator(".states canvas")).to_be_visible()
            # The switches are drawn after the page's own elements.
            expect(page.get_by_role("radio", name="EN", exact=True)).to_be_visible()
            page.screenshot(path=folder / f"{name}.png")
            page.close()


if __name__ == "__main__":
    typer.run(take)
