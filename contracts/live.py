"""The live store's reader: windows and series, for the dashboard and whoever else wants to see them.

How the store is laid out is in ``contracts.live_layout``, what a window is in ``contracts.windows``; both
are offered here too.
"""

import datetime as dt
from collections.abc import Sequence
from typing import cast

import redis

from contracts import dimensions
from contracts.kept_panes import KeptPanes
from contracts.live_layout import (
    CHANGES,
    EDITION,
    FENCE,
    RECOMPUTATION,
    STATUS,
    VERSION,
    Status,
    decode_measures,
    encode_measures,
    pane_key,
    read_status,
    sketch_key,
)
from contracts.live_store import PREFIX, translated
from contracts.panes import TEN_SECONDS, Dimension, Measures
from contracts.windows import (
    LENGTHS,
    VISITORS_SECONDS,
    WINDOWS,
    BestSeller,
    Cover,
    LowStock,
    Point,
    Span,
    Totals,
    Window,
    WindowName,
    last_seconds,
    plan,
    ranked,
)

__all__ = [
    "CHANGES",
    "EDITION",
    "FENCE",
    "LENGTHS",
    "PREFIX",
    "RECOMPUTATION",
    "STATUS",
    "VERSION",
    "WINDOWS",
    "BestSeller",
    "LiveReader",
    "LowStock",
    "Point",
    "Span",
    "Status",
    "Totals",
    "Window",
    "WindowName",
    "decode_measures",
    "encode_measures",
    "pane_key",
    "ranked",
    "read_status",
    "sketch_key",
]

LOW_STOCK_PRODUCTS = 10
_BROKEN_DOWN = tuple(it for it in Dimension if it is not Dimension.TOTAL)


class LiveReader:
    """Reads windows and keeps panes decoded: a steady read fetches only what changed since the last one.

    One reader per thread; days are those of ``zone``. Every method raises the errors of ``live_store``.
    """

    def __init__(self, client: redis.Redis, *, zone: dt.tzinfo) -> None:
        self._client = client
        self._zone = zone
        self._kept = KeptPanes(client)

    def read_window(self, name: WindowName, now: dt.datetime) -> Window:
        """The window that ends now, with all live metrics; ``now`` is the shop's."""
        it = plan(name, now, self._zone)
        visitors = last_seconds(now, VISITORS_SECONDS, TEN_SECONDS)
        now_seen, seen_before = Cover.of(visitors).panes(), Cover.of(visitors.previous()).panes()
        totals, previous_totals = it.totals.panes(), it.previous_totals.panes()
        current, previous = it.dimensions.panes(), it.previous_dimensions.panes()
        self._kept.fetch(
            [
                *[(seconds, start, Dimension.TOTAL) for seconds, start in (*totals, *previous_totals)],
                *[(*pane, dimension) for pane in (*current, *previous) for dimension in _BROKEN_DOWN],
            ],
            {*totals, *previous_totals, *now_seen, *seen_before},
            now=now.timestamp(),
        )
        return Window(
            name=name,
            totals=self._totals(f"{name}/now", it.totals),
            previous_totals=self._totals(f"{name}/before", it.previous_totals),
            dimensions_span=it.dimensions.span,
            previous_dimensions_span=it.previous_dimensions.span,
            dimensions={d: self._kept.sums(f"{name}/now/{d}", d, current) for d in _BROKEN_DOWN},
            previous_dimensions={d: self._kept.sums(f"{name}/before/{d}", d, previous) for d in _BROKEN_DOWN},
            visitantes_agora=self._kept.distinct("visitors/now", "visitantes", now_seen),
            visitantes_antes=self._kept.distinct("visitors/before", "visitantes", seen_before),
            low_stock=self._low_stock(),
        )

    def read_series(self, now: dt.datetime, *, seconds: int) -> list[Point]:
        """Totals per ten-second pane over the last ``seconds`` (at most 1,800), empty panes included."""
        span = last_seconds(now, seconds, TEN_SECONDS)
        ids = [(TEN_SECONDS, start, Dimension.TOTAL) for start in span.starts()]
        self._kept.fetch(ids, (), now=now.timestamp())
        return [
            Point(it[1], self._kept.values(it).get("", Measures()), it[1] + span.pane_seconds >= span.end) for it in ids
        ]

    def read_totals(self, use: str, covers: Sequence[Cover], now: dt.datetime) -> list[Totals]:
        """The totals of each of several spans; ``use`` names what they are for, as in ``KeptPanes.sums``."""
        every = [pane for it in covers for pane in it.panes()]
        self._kept.fetch([(seconds, start, Dimension.TOTAL) for seconds, start in every], every, now=now.timestamp())
        return [self._totals(f"{use}/{at}", it) for at, it in enumerate(covers)]

    def _totals(self, use: str, cover: Cover) -> Totals:
        of = cover.panes()
        return Totals(
            span=cover.span,
            measures=self._kept.sums(use, Dimension.TOTAL, of).get("", Measures()),
            compradores=self._kept.distinct(f"{use}/buyers", "compradores", of),
            visitantes=self._kept.distinct(f"{use}/visitors", "visitantes", of),
        )

    def _low_stock(self) -> tuple[LowStock, ...]:
        with translated("reading low stock"):
            lowest = cast(
                "list[tuple[bytes, float]]",
                self._client.zrange(dimensions.STOCK, 0, LOW_STOCK_PRODUCTS - 1, withscores=True),
            )
            if not lowest:
                return ()
            found = cast("list[bytes | None]", self._client.hmget(dimensions.PRODUCTS, [it for it, _ in lowest]))
        return tuple(
            LowStock(product.decode(), dimensions.decode_products(value)[0].name, int(stock))
            for (product, stock), value in zip(lowest, found, strict=True)
            if value is not None
        )
