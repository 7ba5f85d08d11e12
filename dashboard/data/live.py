"""What the live page needs, read from Redis in one go."""

import datetime as dt
from typing import cast

import redis
from msgspec import Struct

from contracts import dimensions
from contracts.live import VERSION, LiveReader, Point, Status, Totals, Window, WindowName, read_status
from contracts.live_store import translated
from contracts.panes import UNKNOWN, Dimension, Measures
from contracts.windows import minutes_between, trend_steps

RECENT: WindowName = "5min"
SERIES_SECONDS = 15 * 60
# Yesterday's line is smoothed over this much to either side; so much more of it is read.
SMOOTHED_SECONDS = 150
_DAY = 86_400
# A product may be renamed by a later catalogue message.
_NAMES_KEPT_SECONDS = 60.0
_MOST_NAMES = 50_000


class LiveReading(Struct, frozen=True, kw_only=True):
    """One reading at ``now`` (the shop's).

    ``recent`` is the shortest window, whatever ``window`` is: visitors are "now". ``trend`` are the
    finished steps that lead up to now, oldest first. ``yesterday`` holds gross sales per minute of the
    day before (minute's start to centavos), wide enough to smooth ``series``' times; None where nothing is
    kept of then. ``names`` are those of the window's products, where known.
    """

    now: dt.datetime
    status: Status
    window: Window
    recent: Window
    series: list[Point]
    trend: list[Totals]
    yesterday: dict[int, int] | None
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

    def version(self) -> bytes | None:
        """What every batch changes; None before the first one."""
        with translated("reading the live version"):
            return cast("bytes | None", self._client.get(VERSION))

    def read(self, names: set[WindowName], status: Status, now: dt.datetime) -> dict[WindowName, LiveReading]:
        """The asked-for windows as of ``now``; what they share is read once."""
        wanted: set[WindowName] = names | {RECENT}
        windows = {name: self._reader.read_window(name, now) for name in sorted(wanted)}
        series = self._reader.read_series(now, seconds=SERIES_SECONDS)
        trends = {name: self._reader.read_totals(f"trend/{name}", trend_steps(name, now), now) for name in names}
        yesterday = self._yesterday(series, now)
        return {
            name: LiveReading(
                now=now,
                status=status,
                window=windows[name],
                recent=windows[RECENT],
                series=series,
                trend=trends[name],
                yesterday=yesterday,
                names=self._product_names(windows[name], now.timestamp()),
            )
            for name in names
        }

    def _yesterday(self, series: list[Point], now: dt.datetime) -> dict[int, int] | None:
        """Gross sales by minute, 24 hours before the series."""
        start = series[0].start - _DAY - SMOOTHED_SECONDS
        end = series[-1].start - _DAY + SMOOTHED_SECONDS
        minutes = self._reader.read_totals("yesterday", minutes_between(start, end), now)
        if all(it.measures == Measures() for it in minutes):
            return None
        return {it.span.start: it.measures.bruta for it in minutes}

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
