"""The HTML document that all pages begin with: Streamlit's own, with our name, language and address.

As it comes, it is English, called "Streamlit", looks for its server below the page's own path first, which on any
page but the first logs two errors in the browser's console, and offers to record the screen.
"""

import re
from importlib import resources

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute, Route

# What Streamlit 1.67's script reads to know where its server is.
_ADDRESS = '<script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin + "/" }</script>'
# Without that Streamlit's menu has no entry for it: its dialogs are English, and lead outside.
_NO_RECORDING = "<script>delete window.MediaDevices?.prototype.getDisplayMedia</script>"
_CHANGES = (
    ('<html lang="en">', '<html lang="pt-BR">'),
    ("<title>Streamlit</title>", f"<title>Vitrine</title>{_ADDRESS}{_NO_RECORDING}"),
)
_NO_SCRIPT = re.compile("<noscript>.*?</noscript>", re.DOTALL)
_NO_SCRIPT_WORDS = "<noscript>Este painel precisa de JavaScript. This dashboard needs JavaScript.</noscript>"


def document() -> str:
    """The document. Raises ``LookupError`` when another version of Streamlit has another one."""
    text = resources.files("streamlit").joinpath("static", "index.html").read_text("utf-8")
    for theirs, ours in _CHANGES:
        if text.count(theirs) != 1:
            raise LookupError(f"Streamlit's index.html has not exactly one {theirs!r}: adapt dashboard/document.py")
        text = text.replace(theirs, ours)
    if len(_NO_SCRIPT.findall(text)) != 1:
        raise LookupError("Streamlit's index.html has not exactly one <noscript>: adapt dashboard/document.py")
    return _NO_SCRIPT.sub(_NO_SCRIPT_WORDS, text)


def routes(paths: list[str]) -> list[BaseRoute]:
    """Routes that answer ``paths`` with the document."""
    content = document()

    async def answer(_request: Request) -> HTMLResponse:
        return HTMLResponse(content, headers={"Cache-Control": "no-cache"})

    return [Route(path, answer) for path in paths]
