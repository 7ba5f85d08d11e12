"""A login in front of the dashboard, as IAP, Cloud Run or a reverse proxy is one: who has the cookie may pass."""

import asyncio

from tests.integration.proxy import Proxy

COOKIE = {"name": "login", "value": "ana"}
_REFUSED = b"\r\n".join(
    (
        b"HTTP/1.1 401 Unauthorized",
        b"Content-Type: text/plain",
        b"Content-Length: 10",
        b"Connection: close",
        b"",
        b"log in now",
    )
)


class Gate(Proxy):
    """Passes on requests that carry the cookie; all others are answered 401 and never reach the dashboard.

    ``passed`` and ``refused`` are the paths that were asked for, with their queries.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.passed: set[str] = set()
        self.refused: set[str] = set()

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None  # a browser opens connections that it may never need
        request, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (it.partition(":") for it in lines)}
        path = request.split(" ")[1]
        if f"{COOKIE['name']}={COOKIE['value']}" not in headers.get("cookie", "").split("; "):
            self.refused.add(path)
            writer.write(_REFUSED)
            await writer.drain()
            return None
        self.passed.add(path)
        if "upgrade" not in headers:
            # A connection carries one request, so that none slips through behind another.
            lines = [*(it for it in lines if not it.lower().startswith("connection:")), "Connection: close"]
        return "\r\n".join([request, *lines, "", ""]).encode("latin-1")
