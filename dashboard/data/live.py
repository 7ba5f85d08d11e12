"""What the live page needs, read from Redis in one go."""

import datetime as dt
from typing import cast

import redis
from msgspec import Struct

from contracts import dimensions
from contracts.live import LiveReader, Point, Status, Window, WindowName, read_status
from contracts.live_store import translated
from contracts.panes import UNKNOWN, Dimension

RECENT: WindowName = "5min"
SERIES_SECONDS = 15 * 60
# A product may be renamed by a later catalogue message.
_NAMES_KEPT_SECONDS = 60.0
_MOST_NAMES = 50_000


class LiveReading(Struct, frozen=True, kw_only=True):
    """One reading at ``now`` (the shop's).

    ``recent`` is the shortest window, whatever ``window`` is: visitors are "now". ``names`` are those
    of the window's products, where known.
    """

    now: dt.datetime
    status: Status
    window: Window
    recent: Window
    series: list[Point]
    names: dict[str, str]


class LiveSource:
    """Reads windows for one thread; every method raises the errors of ``contracts.live_store``."""

    def __init__(self, client: redis.Redis, *, zone: dt.tzinfo) -> None:
        """Days are those of ``zone``."""
        self._client = client
        self._reader = LiveReader(client, zone=zone)
        self._names: dict[str, str] = {}
        self._names_since = float("-inf")

    def status(self) -> Status | None:
        """The streaming job's last word, None before its first batch."""
        return read_status(self._client)

    def read(self, names: set[WindowName], status: Status, now: dt.datetime) -> dict[WindowName, LiveReading]:
        """The asked-for windows as of ``now``; what they share is read once."""
        wanted: set[WindowName] = names | {RECENT}
        windows = {name: self._reader.read_window(name, now) for name in sorted(wanted)}
        series = self._reader.read_series(now, seconds=SERIES_SECONDS)
        return {
            name: LiveReading(
                now=now,
                status=status,
                window=windows[name],
                recent=windows[RECENT],
                series=series,
                names=self._product_names(windows[name], now.timestamp()),
            )
            for name in names
        }

    def _product_names(self, window: Window, now: float) -> dict[str, str]:
        if now - self._names_since > _NAMES_KEPT_SECONDS or len(self._names) > _MOST_NAMES:
            self._names.clear()
            self._names_since = now
        products = window.dimensions[Dimension.PRODUCT]
        missing = [it for it in products if it not in self._names and it != UNKNOWN]
        if missing:
            with translated("reading product names"):
                found = cast("list[bytes | None]", self._client.hmget(dimensions.PRODUCTS, missing))
            for product, value in zip(missing, found, strict=True):
                versions = dimensions.decode_products(value) if value is not None else []
                if versions:
                    self._names[product] = versions[0].name
        return {it: self._names[it] for it in products if it in self._names}
