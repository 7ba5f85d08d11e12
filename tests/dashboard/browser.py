"""A real Chromium for tests: found, started, and watched for errors and requests to other hosts."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium(playwrights_own: str) -> str:
    """The browser's program: VITRINE_CHROMIUM, then the usual names on PATH, then Playwright's own."""
    named = os.environ.get("VITRINE_CHROMIUM")
    places = [named] if named else [*map(shutil.which, _NAMES), playwrights_own]
    found = next((it for it in places if it and Path(it).is_file()), None)
    if found is None:
        raise FileNotFoundError(
            f"no Chromium for the dashboard's tests: looked at VITRINE_CHROMIUM ({named or 'not set'}), on PATH for "
            f"{', '.join(_NAMES)}, and for Playwright's own at {playwrights_own}. Install one with "
            "`apt install chromium`, or `python -m playwright install --with-deps chromium`"
        )
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        program = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """What a page must not do; ``complaints`` is empty when all is well."""

    def __init__(self, page: Page, address: str) -> None:
        self.complaints: list[str] = []
        own = urlsplit(address).netloc
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda said: self.complaints.append(f"console: {said.text}") if said.type == "error" else None,
        )
        page.on(
            "request",
            lambda request: (
                self.complaints.append(f"outside: {request.url}")
                if urlsplit(request.url).scheme in ("http", "https", "ws", "wss")
                and urlsplit(request.url).netloc != own
                else None
            ),
        )
