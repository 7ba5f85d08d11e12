"""Which pages may open a socket to this server: its own, and those that reached it through a proxy of the viewer's.

Streamlit refuses strangers as well, but asks a host on the internet for this server's address before it does, and
answers nobody while it waits.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

# A proxy on the viewer's own machine, such as `gcloud run services proxy`, asks by another name than the browser did.
_VIEWERS_OWN = {"localhost", "127.0.0.1"}
_POLICY_VIOLATION = 1008


class OwnOrigin:
    """Refuses sockets of other origins before they reach ``application``; an answer to HTTP they cannot read anyway."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "websocket" and not _is_own(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await self._application(scope, receive, send)


def _is_own(headers: Headers) -> bool:
    origin = headers.get("origin")
    # Browsers always send it; what is no browser has no viewer whose rights it could borrow.
    if origin is None:
        return True
    parts = urlsplit(origin)
    return parts.netloc == headers.get("host") or parts.hostname in _VIEWERS_OWN
