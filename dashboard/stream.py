"""The live page's frames over HTTP: a server-sent-events route, and single frames where that is blocked."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from contracts.live import WINDOWS
from dashboard.formats import Language
from dashboard.hub import Hub, Mailbox, Topic
from dashboard.poller import Poller

STREAM_PATH = "/vitrine/stream"
FRAME_PATH = "/vitrine/frame"

# Proxies close what is silent for long; a comment line keeps a stream open.
_KEEP_ALIVE_SECONDS = 15.0
_FRAME_TIMEOUT_SECONDS = 10.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
_MOST_VIEWERS = 2_000


class LiveRoutes:
    """The routes, over one hub and one poller."""

    def __init__(self, hub: Hub, poller: Poller) -> None:
        self._hub = hub
        self._poller = poller
        self._viewers = 0

    def routes(self) -> list[BaseRoute]:
        """To be handed to ``st.App``."""
        return [Route(STREAM_PATH, self._stream), Route(FRAME_PATH, self._frame)]

    async def _stream(self, request: Request) -> Response:
        topic = _topic(request)
        if topic is None:
            return _bad_request()
        if self._viewers >= _MOST_VIEWERS:
            return PlainTextResponse("too many viewers\n", status_code=503)
        return StreamingResponse(self._events(topic), media_type="text/event-stream", headers=_HEADERS)

    async def _events(self, topic: Topic) -> AsyncIterator[bytes]:
        self._viewers += 1
        try:
            with self._viewer(topic) as mailbox:
                yield b"retry: 1000\n\n"
                while not mailbox.is_closed:
                    frame = await mailbox.get(_KEEP_ALIVE_SECONDS)
                    # JSON in one line: a frame never holds a line break.
                    yield b": still here\n\n" if frame is None else b"data: " + frame + b"\n\n"
        finally:
            self._viewers -= 1

    async def _frame(self, request: Request) -> Response:
        topic = _topic(request)
        if topic is None:
            return _bad_request()
        with self._viewer(topic) as mailbox:
            frame = await mailbox.get(_FRAME_TIMEOUT_SECONDS)
        if frame is None:
            return PlainTextResponse("no frame yet\n", status_code=503, headers=_HEADERS)
        return Response(frame, media_type="application/json", headers=_HEADERS)

    @contextmanager
    def _viewer(self, topic: Topic) -> Iterator[Mailbox]:
        with self._hub.viewer(topic) as mailbox:
            if not self._hub.has_frame(topic):
                self._poller.wake()
            yield mailbox


def _topic(request: Request) -> Topic | None:
    window, language = request.query_params.get("window"), request.query_params.get("language")
    if window not in WINDOWS or language not in get_args(Language):
        return None
    return Topic(window, cast("Language", language))


def _bad_request() -> Response:
    allowed = f"window: one of {', '.join(WINDOWS)}; language: one of {', '.join(get_args(Language))}\n"
    return PlainTextResponse(allowed, status_code=400)
