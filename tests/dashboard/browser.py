"""A real Chromium for tests: found, started, and watched for errors and requests to other hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import find

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Raises ``FileNotFoundError`` where there is none."""
    program = find()
    if program is None:
        raise FileNotFoundError("there is no Chromium: `python -m tests.browser` installs one or says how")
    with sync_playwright() as playwright:
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

        def see(url: str) -> None:
            parts = urlsplit(url)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != own:
                self.complaints.append(f"outside: {url}")

        page.on("request", lambda request: see(request.url))
        page.on("websocket", lambda socket: see(socket.url))
