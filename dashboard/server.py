"""The dashboard's server: Streamlit's pages and the live stream on one port."""

import asyncio
import datetime as dt
import logging
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from streamlit import config

from contracts import live_store, log
from contracts.errors import UsageError
from contracts.settings import PREFIX, Settings
from dashboard import context, document, static, theme
from dashboard.data.last_week import LastWeekWatch
from dashboard.data.live import LiveSource
from dashboard.data.orders import OrdersWatch
from dashboard.data.shop import ShopWatch
from dashboard.downloads import TableRoutes
from dashboard.formats import LANGUAGES, Formats
from dashboard.hub import Hub, Topic
from dashboard.origins import OwnOrigin
from dashboard.poller import Poller
from dashboard.questions import QUESTIONS
from dashboard.screens import HEALTH_PATH, HISTORY_PATH
from dashboard.stream import LiveRoutes

_SCRIPT = Path(__file__).with_name("app.py")
# A slow Redis must show as away before a viewer gives up on the page.
_REDIS_TIMEOUT_SECONDS = 3.0
_DRAIN_SECONDS = 5

_OPTIONS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.showSidebarNavigation": False,
    "client.toolbarMode": "viewer",
    "global.developmentMode": False,
    "server.enableAgentApi": False,
    "server.enableXsrfProtection": True,
    "server.enableCORS": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.maxUploadSize": 1,
    "server.runOnSave": False,
}


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises ``UsageError`` when the port is not to be had."""
    listening = _listen(settings.dashboard_address, settings.dashboard_port)
    for option, value in {**_OPTIONS, **theme.options()}.items():
        config.set_option(option, value)
    config.set_option("server.address", settings.dashboard_address)
    config.set_option("server.port", settings.dashboard_port)
    hub = Hub()
    application = _application(settings, hub)
    server = _Server(
        uvicorn.Config(
            application,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
            ws_max_size=16 * 1024 * 1024,
        ),
        hub,
    )
    # Both install handlers of their own; their warnings go where all others go.
    for name in ("streamlit", "uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger(name).propagate = True
    log.get(__name__).info("dashboard is up", address=settings.dashboard_address, port=settings.dashboard_port)
    server.run(sockets=[listening])
    log.get(__name__).info("dashboard has stopped")


def _listen(address: str, port: int) -> socket.socket:
    """Take the port before anything else starts, so that a clash is one clear line."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"cannot listen on {address}:{port}: {error.strerror or error}; "
            f"choose others with {PREFIX}DASHBOARD_ADDRESS and {PREFIX}DASHBOARD_PORT"
        ) from None
    listening.listen(1024)
    listening.setblocking(False)
    return listening


def _application(settings: Settings, hub: Hub) -> st.App:
    watch = ShopWatch(settings)

    def shop_now() -> dt.datetime:
        # Of the clock that is known then: it is another one once Postgres was asked.
        return watch.clock.now()

    orders = OrdersWatch(settings, wanted=hub.is_watched, now=shop_now)
    last_week = LastWeekWatch(settings, wanted=hub.is_watched, now=shop_now)
    loops: list[asyncio.AbstractEventLoop] = []

    def publish(frames: Mapping[Topic, bytes]) -> None:
        loop = loops[0]
        if not loop.is_closed():
            loop.call_soon_threadsafe(hub.publish, frames)

    poller = Poller(
        LiveSource(live_store.connect(settings, timeout_seconds=_REDIS_TIMEOUT_SECONDS), zone=settings.zone),
        {it: Formats(it, settings.zone) for it in LANGUAGES},
        clock=lambda: watch.clock,
        live_since=lambda: watch.live_since,
        orders=lambda: orders.orders,
        last_week=lambda: last_week.minutes,
        wanted=hub.wanted,
        publish=publish,
        interval_seconds=settings.dashboard_refresh_seconds,
    )

    @asynccontextmanager
    async def lifespan(_application: st.App) -> AsyncIterator[None]:
        loops.append(asyncio.get_running_loop())
        watch.start()
        orders.start()
        last_week.start()
        poller.start()
        try:
            yield
        finally:
            watch.stop()
            orders.stop()
            last_week.stop()
            await asyncio.to_thread(poller.stop)

    pages = document.routes(["/", *(f"/{it.path}" for it in QUESTIONS), f"/{HEALTH_PATH}"])
    tables = TableRoutes(context.history, {it: context.formats(it) for it in LANGUAGES})
    routes = [*LiveRoutes(hub, poller).routes(), *tables.routes(), *static.routes(), _moved(), *pages]
    return st.App(_SCRIPT, routes=routes, middleware=[Middleware(OwnOrigin)], lifespan=lifespan)


def _moved() -> Route:
    """The old page of history: its links lead to that of sales, with what they say."""

    async def answer(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{QUESTIONS[0].path}{query}", status_code=308)

    return Route(f"/{HISTORY_PATH}", answer)


class _Server(uvicorn.Server):
    """Ends the open streams when told to stop, and then ends with code 0."""

    def __init__(self, configuration: uvicorn.Config, hub: Hub) -> None:
        super().__init__(configuration)
        self._hub = hub

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop gracefully; uvicorn's own handler would raise the signal once more at the end."""
        self._hub.close()
        self.should_exit = True
