"""The live page as plain values: what the browser draws, already in words and figures."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from contracts import metrics
from contracts.live import Point, Span, Status, Window, WindowName
from contracts.panes import HOUR, MINUTE, SKETCH_STANDARD_ERROR, TEN_SECONDS, UNKNOWN, Dimension, Measures
from dashboard.data.live import LiveReading
from dashboard.formats import NONE, Formats
from dashboard.texts import Texts
from dashboard.views.parts import Chart, Delta, Series, Tick, Tile, Tone, growth, points, share_text, y_ticks

# An event or a batch of the stream every second is usual; nothing for this long is worth saying.
STALE_SECONDS = 15.0
TOP_PRODUCTS = 10
TOP_CATEGORIES = 7
_RATE_PANES = 6

StateKind = Literal["starting", "empty", "live", "stale", "away", "off"]


class State(Struct, frozen=True):
    """What to think of the page: its kind, its name and, where something is wrong, what it means."""

    kind: StateKind
    label: str
    detail: str = ""


class Fact(Struct, frozen=True):
    """One entry of the status line."""

    id: str
    label: str
    value: str


class Product(Struct, frozen=True, kw_only=True):
    """A row of the best-sellers. ``share`` is of the first one's units, for its bar."""

    rank: str
    name: str
    units: str
    revenue: str
    movement: str
    movement_label: str
    tone: Tone
    share: float


class Part(Struct, frozen=True, kw_only=True):
    """A part of a total: a payment method, a category."""

    label: str
    value: str
    share: float
    share_text: str


class Body(Struct, frozen=True, kw_only=True):
    """Everything below the status line."""

    span: str
    dimensions_span: str
    tiles: list[Tile]
    sales: Chart
    products: list[Product]
    payments: list[Part]
    categories: list[Part]


class Skeleton(Struct, frozen=True):
    """What stands in the places before the first frame: names, no numbers."""

    tiles: list[Tile]
    sales: Chart


class Frame(Struct, frozen=True, kw_only=True):
    """What one push carries. Without a body the browser keeps, dimmed, what it showed last."""

    state: State
    facts: list[Fact]
    body: Body | None


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


def away(since: dt.datetime, formats: Formats, texts: Texts) -> Frame:
    """The page while the live store does not answer."""
    detail = texts.state_away_detail.format(since=formats.time(since))
    return Frame(
        state=State("away", texts.state_away, detail), facts=_facts(None, None, None, formats, texts), body=None
    )


def off(speed: float, formats: Formats, texts: Texts) -> Frame:
    """The page of a shop whose clock is not the wall's."""
    detail = texts.state_off_detail.format(speed=formats.decimal(speed, 0 if speed.is_integer() else 1))
    return _without_body(State("off", texts.state_off, detail), None, None, formats, texts)


def waiting(status: Status | None, now: dt.datetime, formats: Formats, texts: Texts) -> Frame:
    """The page before the first event: no numbers, because zeros would claim to know."""
    return _without_body(state_of(status, now, formats, texts), status, now, formats, texts)


def _without_body(
    state: State, status: Status | None, now: dt.datetime | None, formats: Formats, texts: Texts
) -> Frame:
    return Frame(state=state, facts=_facts(status, now, None, formats, texts), body=None)


# The tiles, each with the metric of the catalogue that defines it.
_TILE_METRICS = {
    "net_sales": "vendas_totais",
    "orders": "numero_pedidos",
    "ticket": "ticket_medio",
    "conversion": "conversao_carrinho",
    "revenue_per_user": "receita_media_usuario",
    "visitors": "visitantes_agora",
}


def skeleton(formats: Formats, texts: Texts) -> Skeleton:
    """The page before its first frame."""
    nothing = Delta("", "none")
    tiles = [
        Tile(
            id=name,
            label=getattr(texts, name),
            value=NONE,
            delta=nothing,
            against="",
            note="",
            definition=definition(metric, formats),
        )
        for name, metric in _TILE_METRICS.items()
    ]
    return Skeleton(tiles, _sales([], formats, texts))


def frame(reading: LiveReading, formats: Formats, texts: Texts) -> Frame:
    """The page of one reading."""
    return Frame(
        state=state_of(reading.status, reading.now, formats, texts),
        facts=_facts(reading.status, reading.now, _events_per_second(reading.series), formats, texts),
        body=_body(reading, formats, texts),
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
        Fact("rejected", texts.fact_rejected, formats.integer(status.rejected if status else None)),
        Fact("late", texts.fact_late, formats.integer(status.late if status else None)),
        Fact("duplicates", texts.fact_duplicates, formats.integer(status.duplicates if status else None)),
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


def _body(reading: LiveReading, formats: Formats, texts: Texts) -> Body:
    window = reading.window
    broken_down = window.dimensions
    return Body(
        span=_span(window.totals.span, formats, texts.span),
        dimensions_span=_span(
            window.dimensions_span,
            formats,
            texts.dimensions_span_hours if window.dimensions_span.pane_seconds == HOUR else texts.dimensions_span,
        ),
        tiles=_tiles(window, reading.recent, formats, texts),
        sales=_sales(reading.series, formats, texts),
        products=_products(window, reading.names, formats, texts),
        payments=_payments(broken_down[Dimension.PAYMENT], formats, texts),
        categories=_categories(broken_down[Dimension.CATEGORY], formats, texts),
    )


def _span(span: Span, formats: Formats, pattern: str) -> str:
    show = formats.time if span.pane_seconds < MINUTE else formats.minute
    # A day's window would otherwise seem to begin when it ends.
    start = formats.day_and_minute(span.start) if span.end - span.start > 12 * HOUR else show(span.start)
    return pattern.format(start=start, end=show(span.end))


def _tiles(window: Window, recent: Window, formats: Formats, texts: Texts) -> list[Tile]:
    now, before = window.totals, window.previous_totals
    visitors = recent.totals
    error = formats.percent(2 * SKETCH_STANDARD_ERROR, 0)

    def tile(name: str, value: str, delta: Delta, note: str, of: WindowName = window.name) -> Tile:
        return Tile(
            id=name,
            label=getattr(texts, name),
            value=value,
            delta=delta,
            against=texts.delta_against[of] if delta.tone != "none" else "",
            note=note,
            definition=definition(_TILE_METRICS[name], formats),
        )

    return [
        tile(
            "net_sales",
            formats.money(now.liquida),
            growth(now.liquida, before.liquida, formats, texts),
            texts.net_sales_note.format(
                gross=formats.money(now.measures.bruta), cancelled=formats.money(now.measures.canceladas)
            ),
        ),
        tile(
            "orders",
            formats.integer(now.measures.pedidos),
            growth(now.measures.pedidos, before.measures.pedidos, formats, texts),
            texts.orders_note.format(cancelled=formats.integer(now.measures.pedidos_cancelados)),
        ),
        tile(
            "ticket",
            formats.money(now.ticket_medio),
            growth(now.ticket_medio, before.ticket_medio, formats, texts),
            texts.ticket_note,
        ),
        tile(
            "conversion",
            formats.percent(now.conversao_carrinho),
            points(now.conversao_carrinho, before.conversao_carrinho, formats, texts),
            texts.conversion_note.format(
                orders=formats.integer(now.measures.pedidos_com_carrinho), carts=formats.integer(now.carrinhos_criados)
            ),
        ),
        tile(
            "revenue_per_user",
            formats.money(now.receita_por_usuario),
            growth(now.receita_por_usuario, before.receita_por_usuario, formats, texts),
            texts.revenue_per_user_note.format(buyers=formats.integer(now.compradores), error=error),
        ),
        tile(
            "visitors",
            formats.integer(visitors.visitantes),
            growth(visitors.visitantes, recent.previous_totals.visitantes, formats, texts),
            texts.visitors_note.format(error=error),
            recent.name,
        ),
    ]


def definition(metric: str, formats: Formats) -> str:
    """A metric's live definition, from the catalogue."""
    live = metrics.BY_ID[metric].live
    assert live is not None, f"{metric} has no live definition"
    return live.pt if formats.language == "pt" else live.en


def _sales(series: Sequence[Point], formats: Formats, texts: Texts) -> Chart:
    values: list[float | None] = [it.measures.bruta for it in series]
    highest = max((it.measures.bruta for it in series), default=0)
    return Chart(
        title=texts.sales_title,
        note=texts.sales_note,
        summary=texts.sales_summary.format(
            total=formats.money(sum(it.measures.bruta for it in series)), highest=formats.money(highest)
        ),
        x=[formats.time(it.start) for it in series],
        # Every third whole minute: the marks move with the line and keep their distance.
        x_ticks=[Tick(at, formats.minute(it.start)) for at, it in enumerate(series) if it.start % 180 == 0],
        y_ticks=y_ticks(highest, formats.money_short, least_step=100),
        series=[
            Series(
                name=texts.sales_series,
                kind="area",
                tone="main",
                values=values,
                texts=[formats.money(it.measures.bruta) for it in series],
                open_from=next((at for at, it in enumerate(series) if it.is_open), None),
            )
        ],
    )


def _products(window: Window, names: Mapping[str, str], formats: Formats, texts: Texts) -> list[Product]:
    top = window.best_sellers(TOP_PRODUCTS)
    rows = []
    for it in top:
        movement, label, tone = _movement(it.rank, it.previous_rank, texts)
        rows.append(
            Product(
                rank=str(it.rank),
                name=names.get(it.product) or texts.product_unknown.format(id=it.product[:8]),
                units=formats.integer(it.measures.unidades),
                revenue=formats.money(it.measures.bruta),
                movement=movement,
                movement_label=label,
                tone=tone,
                share=it.measures.unidades / top[0].measures.unidades,
            )
        )
    return rows


def _movement(rank: int, before: int | None, texts: Texts) -> tuple[str, str, Tone]:
    if before is None:
        return texts.movement_new, texts.movement_new, "none"
    if before == rank:
        return "=", texts.movement_same, "flat"
    places = abs(before - rank)
    if before > rank:
        return f"▲ {places}", texts.movement_up.format(places=places), "up"
    return f"▼ {places}", texts.movement_down.format(places=places), "down"


def _payments(measures: Mapping[str, Measures], formats: Formats, texts: Texts) -> list[Part]:
    """Always the same methods in the same order: a row that changes its place is hard to follow."""
    known = list(texts.payment_names)
    keys = known + sorted(measures.keys() - set(known))
    total = sum(it.bruta for it in measures.values())
    return [_part(texts.payment_names.get(it, it), measures.get(it, Measures()).bruta, total, formats) for it in keys]


def _categories(measures: Mapping[str, Measures], formats: Formats, texts: Texts) -> list[Part]:
    total = sum(it.bruta for it in measures.values())
    ordered = sorted(((key, it.bruta) for key, it in measures.items()), key=lambda item: (-item[1], item[0]))
    parts = [
        _part(texts.category_unknown if key == UNKNOWN else key, value, total, formats)
        for key, value in ordered[:TOP_CATEGORIES]
    ]
    rest = ordered[TOP_CATEGORIES:]
    if rest:
        parts.append(_part(texts.categories_other, sum(value for _, value in rest), total, formats))
    return parts


def _part(label: str, value: int, total: int, formats: Formats) -> Part:
    return Part(
        label=label,
        value=formats.money(value),
        share=value / total if total > 0 else 0.0,
        share_text=share_text(value, total, formats),
    )
