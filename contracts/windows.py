"""The windows that can be asked for: which panes each is made of, and what a reading of one says.

Everything here computes from values; ``contracts.live`` reads.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from contracts import panes
from contracts.events import TipoEvento
from contracts.panes import HOUR, MINUTE, TEN_SECONDS, Dimension, Measures

WindowName = Literal["5min", "15min", "60min", "today", "24h"]
WINDOWS: tuple[WindowName, ...] = get_args(WindowName)
# Seconds of the windows that always have the same length.
LENGTHS: dict[WindowName, int] = {"5min": 300, "15min": 900, "60min": 3600, "24h": 86_400}

# The visitors of "now" are those of this many seconds.
VISITORS_SECONDS = 300
# The steps of a purchase, in their order.
FUNNEL = (
    TipoEvento.VISUALIZACAO_PRODUTO,
    TipoEvento.ADICIONAR_CARRINHO,
    TipoEvento.CHECKOUT_INICIADO,
    TipoEvento.CHECKOUT_CONCLUIDO,
)


class Span(msgspec.Struct, frozen=True):
    """From ``start`` (inclusive) to ``end`` (exclusive), epoch seconds.

    ``pane_seconds`` is the length of the panes that it is made of, where they differ that of the ones at
    its start: the step by which the start moves.
    """

    start: int
    end: int
    pane_seconds: int

    def starts(self) -> range:
        """The starts of its panes, where all are of one length."""
        return range(self.start, self.end, self.pane_seconds)

    def previous(self) -> "Span":
        """The span of equal length just before."""
        return Span(self.start - (self.end - self.start), self.start, self.pane_seconds)


class Cover(msgspec.Struct, frozen=True):
    """What a part of a reading covers: ``span``, made of ``parts``, each with panes of one length."""

    span: Span
    parts: tuple[Span, ...]

    @classmethod
    def of(cls, *parts: Span) -> "Cover":
        """Adjacent parts, the empty ones left out; at least the first one counts for the span."""
        kept = tuple(it for it in parts if it.end > it.start) or parts[:1]
        return cls(Span(kept[0].start, kept[-1].end, kept[0].pane_seconds), kept)

    def panes(self) -> list[tuple[int, int]]:
        """(length, start) of every pane, in order."""
        return [(part.pane_seconds, start) for part in self.parts for start in part.starts()]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Which panes a window reads."""

    totals: Cover
    previous_totals: Cover
    dimensions: Cover
    previous_dimensions: Cover


def last_seconds(now: dt.datetime, seconds: int, step: int) -> Span:
    """The last ``seconds`` in panes of ``step``, the one that holds ``now`` included."""
    end = panes.start_of(now, step) + step
    return Span(end - seconds, end, step)


def plan(name: WindowName, now: dt.datetime, zone: dt.tzinfo) -> Plan:
    """The panes of the window that ends now, and of the one before.

    The windows up to an hour are made of panes of one length. *Today* begins at midnight in ``zone`` and
    is compared with yesterday up to the same point; *24h* with the 24 hours before. Both take whole hours
    where they can, and in the dimensions where they must: minutes of those are kept for three hours.
    """
    if name in ("today", "24h"):
        end = panes.start_of(now, MINUTE) + MINUTE
        if name == "24h":
            start = end - LENGTHS[name]
            before = Span(start - LENGTHS[name], start, MINUTE)
        else:
            start, yesterday = _midnight(now, zone, 0), _midnight(now, zone, 1)
            # A day with a shifted clock may be shorter than today already is.
            before = Span(yesterday, min(yesterday + end - start, start), MINUTE)
        current = Span(start, end, MINUTE)
        return Plan(
            totals=_mixed(current, settled_until=int(now.timestamp()) - panes.HOUR_SETTLES_SECONDS),
            previous_totals=_mixed(before, settled_until=before.end),
            dimensions=_broken_down(current, now),
            previous_dimensions=_whole_hours(before),
        )
    seconds = LENGTHS[name]
    # Ten-second panes are kept for half an hour: enough for 15 minutes and the 15 before.
    totals = last_seconds(now, seconds, TEN_SECONDS if seconds <= 15 * 60 else MINUTE)
    broken_down = last_seconds(now, seconds, MINUTE)
    return Plan(
        totals=Cover.of(totals),
        previous_totals=Cover.of(totals.previous()),
        dimensions=Cover.of(broken_down),
        previous_dimensions=Cover.of(broken_down.previous()),
    )


# Steps of a window's small charts: (seconds of one, how many).
_TRENDS: dict[WindowName, tuple[int, int]] = {
    "5min": (10, 30),
    "15min": (30, 30),
    "60min": (120, 30),
    "today": (HOUR, 24),
    "24h": (HOUR, 24),
}


def trend_steps(name: WindowName, now: dt.datetime) -> list[Cover]:
    """The finished steps that lead up to ``now``, oldest first: 30 within the window, or the last 24 hours."""
    step, count = _TRENDS[name]
    end = panes.start_of(now, step)
    starts = range(end - count * step, end, step)
    if step == HOUR:
        settled_until = int(now.timestamp()) - panes.HOUR_SETTLES_SECONDS
        return [_mixed(Span(it, it + HOUR, MINUTE), settled_until=settled_until) for it in starts]
    return [Cover.of(Span(it, it + step, TEN_SECONDS if step < MINUTE else MINUTE)) for it in starts]


def minutes_between(start: int, end: int) -> list[Cover]:
    """The minutes from the one that holds ``start`` to the one before ``end`` (epoch seconds)."""
    return [Cover.of(Span(it, it + MINUTE, MINUTE)) for it in range(start // MINUTE * MINUTE, end, MINUTE)]


def _midnight(now: dt.datetime, zone: dt.tzinfo, days_ago: int) -> int:
    day = now.astimezone(zone).date() - dt.timedelta(days=days_ago)
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def _mixed(span: Span, *, settled_until: int) -> Cover:
    """Exactly the span: whole hours that ended by ``settled_until``, minutes around them."""
    first = min(_hour_after(span.start), span.end)
    last = max(first, min(span.end, settled_until) // HOUR * HOUR)
    return Cover.of(Span(span.start, first, MINUTE), Span(first, last, HOUR), Span(last, span.end, MINUTE))


def _broken_down(span: Span, now: dt.datetime) -> Cover:
    """The span from the first moment on that the kept panes can tell."""
    oldest_minute = int(now.timestamp()) - panes.life(MINUTE, Dimension.PRODUCT) + HOUR
    start = span.start if span.start >= oldest_minute else _hour_after(span.start)
    return _mixed(Span(start, span.end, MINUTE), settled_until=int(now.timestamp()) - panes.HOUR_SETTLES_SECONDS)


def _whole_hours(span: Span) -> Cover:
    return Cover.of(Span(_hour_after(span.start), _hour_after(span.end), HOUR))


def _hour_after(second: int) -> int:
    return -(-second // HOUR) * HOUR


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of one span. Distinct counts are estimates (standard error ``panes.SKETCH_STANDARD_ERROR``)."""

    span: Span
    measures: Measures
    compradores: float
    visitantes: float

    @property
    def liquida(self) -> int:
        """Gross less cancelled, centavos. Cancellations may be of earlier orders: it can be negative."""
        return self.measures.bruta - self.measures.canceladas

    @property
    def carrinhos_criados(self) -> int:
        """Carts created."""
        return self.measures.carrinhos_criados

    @property
    def ticket_medio(self) -> float | None:
        """Centavos of gross sales per order entered; None without orders."""
        return self.measures.bruta / self.measures.pedidos if self.measures.pedidos else None

    @property
    def conversao_carrinho(self) -> float | None:
        """Orders with a cart per cart created (a flow: carts of earlier windows count); None without carts."""
        return self.measures.pedidos_com_carrinho / self.carrinhos_criados if self.carrinhos_criados else None

    @property
    def receita_por_usuario(self) -> float | None:
        """Centavos of gross sales per distinct buyer; None without buyers."""
        return self.measures.bruta / self.compradores if self.compradores else None


class BestSeller(msgspec.Struct, frozen=True, kw_only=True):
    """A product's place in a window. ``previous_rank`` is None where it sold nothing in the window before."""

    rank: int
    product: str
    measures: Measures
    previous_rank: int | None


class LowStock(msgspec.Struct, frozen=True):
    """A product and its stock by its latest catalogue message."""

    product: str
    name: str
    stock: int


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a window and of the equally long one before it.

    Totals of up to 15 minutes move in steps of 10 seconds, everything else by whole minutes; the
    dimensions of a day begin at a whole hour. Each part says its own span. ``visitantes_agora`` are the
    distinct sessions of the last five minutes whatever the window is, ``visitantes_antes`` those of the
    five minutes before.
    """

    name: WindowName
    totals: Totals
    previous_totals: Totals
    dimensions_span: Span
    previous_dimensions_span: Span
    dimensions: dict[Dimension, dict[str, Measures]]
    previous_dimensions: dict[Dimension, dict[str, Measures]]
    visitantes_agora: float
    visitantes_antes: float
    low_stock: tuple[LowStock, ...]

    @property
    def funil(self) -> list[tuple[TipoEvento, int]]:
        """Events of each step of a purchase, in their order."""
        events = self.dimensions[Dimension.EVENT_TYPE]
        return [(step, events.get(step.value, Measures()).eventos) for step in FUNNEL]

    def best_sellers(self, count: int) -> list[BestSeller]:
        """The first ``count`` products, with their ranks in the window before."""
        products = self.dimensions[Dimension.PRODUCT]
        before = {key: rank for rank, key in enumerate(ranked(self.previous_dimensions[Dimension.PRODUCT]), start=1)}
        return [
            BestSeller(rank=rank, product=key, measures=products[key], previous_rank=before.get(key))
            for rank, key in enumerate(ranked(products)[:count], start=1)
        ]


class Point(msgspec.Struct, frozen=True):
    """One pane of a time series; ``is_open`` while it may still grow at the live edge."""

    start: int
    measures: Measures
    is_open: bool


def ranked(products: Mapping[str, Measures]) -> list[str]:
    """Products that sold, best first: by units, then revenue, then id."""
    sold = [(key, it) for key, it in products.items() if it.unidades > 0]
    return [key for key, it in sorted(sold, key=lambda item: (-item[1].unidades, -item[1].bruta, item[0]))]
