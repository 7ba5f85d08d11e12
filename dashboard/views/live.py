"""The live page as plain values: what the browser draws, already in words and figures."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from contracts.live import Point, Span, Status
from contracts.panes import HOUR, MINUTE, TEN_SECONDS, Dimension
from dashboard.data.live import LiveReading
from dashboard.data.orders import Orders
from dashboard.formats import NONE, Formats
from dashboard.texts import Texts
from dashboard.views import breakdowns, orders, sales, tiles
from dashboard.views.breakdowns import Part, Product, Step, Stock
from dashboard.views.comparable import Comparable
from dashboard.views.orders import OrdersPanel
from dashboard.views.parts import Chart, Tile

# An event or a batch of the stream every second is usual; nothing for this long is worth saying.
STALE_SECONDS = 15.0
_RATE_PANES = 6

StateKind = Literal["starting", "empty", "live", "stale", "away", "off"]


class State(Struct, frozen=True):
    """What to think of the page: its kind, its name and, where something is wrong, what it means."""

    kind: StateKind
    label: str
    detail: str = ""


class Fact(Struct, frozen=True):
    """One entry of the status line; ``note`` says more to who points at it."""

    id: str
    label: str
    value: str
    note: str = ""


class Body(Struct, frozen=True, kw_only=True):
    """Everything below the status line that the live store tells."""

    span: str
    dimensions_span: str
    tiles: list[Tile]
    sales: Chart
    products: list[Product]
    payments: list[Part]
    categories: list[Part]
    segments: list[Part]
    states: list[breakdowns.State]
    funnel: list[Step]
    low_stock: list[Stock]


class Shared(Struct, frozen=True):
    """What all windows show alike, made once for each language, and what each is held to."""

    sales: Chart
    orders: OrdersPanel
    comparable: Comparable


class Skeleton(Struct, frozen=True):
    """What stands in the places before the first frame: names, no numbers."""

    tiles: list[Tile]
    sales: Chart


class Frame(Struct, frozen=True, kw_only=True):
    """What one push carries; ``at`` is its time of day, ``newest`` the newest event's in epoch seconds.

    Without a body the browser keeps, dimmed, what it showed last. ``orders`` come from Postgres and stand
    on their own; None where there is no live shop.
    """

    at: str
    newest: float | None = None
    state: State
    facts: list[Fact]
    body: Body | None
    orders: OrdersPanel | None


def state_of(status: Status | None, now: dt.datetime, formats: Formats, texts: Texts) -> State:
    """What the streaming job's last word says about the page."""
    if status is None:
        return State("starting", texts.state_starting, texts.state_starting_detail)
    if status.newest_event is None:
        return State("empty", texts.state_empty, texts.state_empty_detail)
    age = now.timestamp() - status.newest_event
    if age > STALE_SECONDS:
        return State("stale", texts.state_stale.format(age=formats.age(age)), texts.state_stale_detail)
    return State("live", texts.state_live)


def away(since: dt.datetime, now: dt.datetime, latest: Orders, formats: Formats, texts: Texts) -> Frame:
    """The page while the live store does not answer."""
    detail = texts.state_away_detail.format(since=formats.time(since))
    return Frame(
        at=formats.time(now),
        state=State("away", texts.state_away, detail),
        facts=_facts(None, None, None, formats, texts),
        body=None,
        orders=orders.panel(latest, formats, texts),
    )


def off(speed: float, now: dt.datetime, formats: Formats, texts: Texts) -> Frame:
    """The page of a shop whose clock is not the wall's."""
    detail = texts.state_off_detail.format(speed=formats.decimal(speed, 0 if speed.is_integer() else 1))
    return Frame(
        at=formats.time(now),
        state=State("off", texts.state_off, detail),
        facts=_facts(None, None, None, formats, texts),
        body=None,
        orders=None,
    )


def waiting(status: Status | None, now: dt.datetime, latest: Orders, formats: Formats, texts: Texts) -> Frame:
    """The page before the first event: no numbers, because zeros would claim to know."""
    return Frame(
        at=formats.time(now),
        state=state_of(status, now, formats, texts),
        facts=_facts(status, now, None, formats, texts),
        body=None,
        orders=orders.panel(latest, formats, texts),
    )


def skeleton(formats: Formats, texts: Texts) -> Skeleton:
    """The page before its first frame."""
    return Skeleton(tiles.empty(formats, texts), sales.chart([], None, None, formats, texts))


def shared(
    reading: LiveReading,
    last_week: Mapping[int, int] | None,
    latest: Orders,
    live_since: float | None,
    formats: Formats,
    texts: Texts,
) -> Shared:
    """What all windows of one reading show alike.

    ``last_week`` are gross sales by minute, seven days before; ``live_since`` is the first live order's time, epoch
    seconds, None where it is not known.
    """
    return Shared(
        sales.chart(reading.series, reading.yesterday, last_week, formats, texts),
        orders.panel(latest, formats, texts),
        Comparable.since(live_since, formats, texts),
    )


def frame(reading: LiveReading, alike: Shared, formats: Formats, texts: Texts) -> Frame:
    """The page of one window's reading."""
    return Frame(
        at=formats.time(reading.now),
        newest=reading.status.newest_event,
        state=state_of(reading.status, reading.now, formats, texts),
        facts=_facts(reading.status, reading.now, _events_per_second(reading.series), formats, texts),
        body=_body(reading, alike, formats, texts),
        orders=alike.orders,
    )


def _facts(
    status: Status | None, now: dt.datetime | None, rate: float | None, formats: Formats, texts: Texts
) -> list[Fact]:
    newest = NONE
    if status is not None and now is not None and status.newest_event is not None:
        newest = texts.fact_newest_value.format(age=formats.age(now.timestamp() - status.newest_event))
    latency = status.latency_p95 if status is not None else None
    pace = NONE if rate is None else texts.fact_rate_value.format(rate=_rate(rate, formats))
    return [
        Fact("newest", texts.fact_newest, newest),
        Fact("latency", texts.fact_latency, NONE if latency is None else formats.seconds(latency)),
        Fact("rate", texts.fact_rate, pace),
        *(
            Fact(name, label, formats.integer(getattr(status, name) if status else None), texts.fact_since_spool)
            for name, label in (
                ("rejected", texts.fact_rejected),
                ("late", texts.fact_late),
                ("duplicates", texts.fact_duplicates),
            )
        ),
    ]


def _rate(rate: float, formats: Formats) -> str:
    return formats.decimal(rate, 0 if rate >= 10 else 1)


def _events_per_second(series: Sequence[Point]) -> float | None:
    """Rows per second over the last minute of finished panes."""
    finished = [it for it in series if not it.is_open][-_RATE_PANES:]
    if not finished:
        return None
    rows = sum(it.measures.eventos + it.measures.pedidos + it.measures.pedidos_cancelados for it in finished)
    return rows / (len(finished) * TEN_SECONDS)


def _body(reading: LiveReading, alike: Shared, formats: Formats, texts: Texts) -> Body:
    window = reading.window
    broken_down = window.dimensions
    return Body(
        span=_span(window.totals.span, formats, texts.span),
        dimensions_span=_span(
            window.dimensions_span,
            formats,
            texts.dimensions_span_hours if window.dimensions_span.pane_seconds == HOUR else texts.dimensions_span,
        ),
        tiles=tiles.tiles(window, reading.recent, reading.trend, alike.comparable, formats, texts),
        sales=alike.sales,
        products=breakdowns.products(window, reading.names, alike.comparable, formats, texts),
        payments=breakdowns.named(broken_down[Dimension.PAYMENT], texts.payment_names, formats),
        categories=breakdowns.categories(broken_down[Dimension.CATEGORY], formats, texts),
        segments=breakdowns.named(broken_down[Dimension.SEGMENT], texts.segment_names, formats),
        states=breakdowns.regions(broken_down[Dimension.UF], formats, texts),
        funnel=breakdowns.funnel(window, formats, texts),
        low_stock=breakdowns.low_stock(window.low_stock, formats, texts),
    )


def _span(span: Span, formats: Formats, pattern: str) -> str:
    show = formats.time if span.pane_seconds < MINUTE else formats.minute
    # A day's window would otherwise seem to begin when it ends.
    start = formats.day_and_minute(span.start) if span.end - span.start > 12 * HOUR else show(span.start)
    return pattern.format(start=start, end=show(span.end))
