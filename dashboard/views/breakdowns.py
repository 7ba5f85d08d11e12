"""What the live page breaks down: products, categories, payment, states, segments, funnel, stock."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from contracts.live import LowStock, Window
from contracts.panes import UNKNOWN, Measures
from dashboard.data import states
from dashboard.formats import NONE, Formats
from dashboard.texts import Texts
from dashboard.views.comparable import Comparable
from dashboard.views.parts import Tone, share_text

TOP_PRODUCTS = 10
TOP_CATEGORIES = 7
LOW_STOCK = 8


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
    """A part of a total: a payment method, a category, a segment."""

    label: str
    value: str
    share: float
    share_text: str


class State(Struct, frozen=True, kw_only=True):
    """A federative unit; ``heat`` is its share of the first one's sales, for the map."""

    uf: str
    name: str
    value: str
    share_text: str
    heat: float


class Step(Struct, frozen=True, kw_only=True):
    """A step of a purchase. ``share`` is of the first step, ``of_previous`` says that of the one before."""

    label: str
    value: str
    share: float
    of_previous: str


class Stock(Struct, frozen=True, kw_only=True):
    """A product of which little is left."""

    name: str
    left: str
    is_out: bool


def products(
    window: Window, names: Mapping[str, str], comparable: Comparable, formats: Formats, texts: Texts
) -> list[Product]:
    """The best-sellers with their movement against the window before."""
    top = window.best_sellers(TOP_PRODUCTS)
    why_not = comparable.why_not(window.previous_dimensions_span)
    rows = []
    for it in top:
        movement, label, tone = _movement(it.rank, it.previous_rank, why_not, texts)
        rows.append(
            Product(
                rank=str(it.rank),
                name=names.get(it.product) or texts.product_unknown.format(id=it.product[:8]),
                units=formats.integer(it.measures.unidades),
                revenue=formats.money(it.measures.bruta),
                movement=movement,
                movement_label=label,
                tone=tone,
                share=_rounded(it.measures.unidades / top[0].measures.unidades),
            )
        )
    return rows


def _movement(rank: int, before: int | None, why_not: str, texts: Texts) -> tuple[str, str, Tone]:
    if why_not:
        return NONE, why_not, "none"
    if before is None:
        return texts.movement_new, texts.movement_new, "none"
    if before == rank:
        return "=", texts.movement_same, "flat"
    places = abs(before - rank)
    if before > rank:
        return f"▲ {places}", texts.movement_up.format(places=places), "up"
    return f"▼ {places}", texts.movement_down.format(places=places), "down"


def named(measures: Mapping[str, Measures], names: Mapping[str, str], formats: Formats) -> list[Part]:
    """Gross sales of a few known keys, always in the order of ``names``: a row that moves is hard to follow."""
    known = list(names)
    keys = known + sorted(measures.keys() - set(known))
    total = sum(it.bruta for it in measures.values())
    return [_part(names.get(it, it), measures.get(it, Measures()).bruta, total, formats) for it in keys]


def categories(measures: Mapping[str, Measures], formats: Formats, texts: Texts) -> list[Part]:
    """The largest ones, and the rest as one: together the total."""
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


def regions(measures: Mapping[str, Measures], formats: Formats, texts: Texts) -> list[State]:
    """Every federative unit that bought, most first."""
    total = sum(it.bruta for it in measures.values())
    ordered = sorted(
        ((key, it.bruta) for key, it in measures.items() if it.bruta > 0), key=lambda item: (-item[1], item[0])
    )
    names = states.names()
    return [
        State(
            uf=NONE if key == UNKNOWN else key,
            name=texts.state_unknown if key == UNKNOWN else names.get(key, key),
            value=formats.money(value),
            share_text=share_text(value, total, formats),
            heat=_rounded(value / ordered[0][1]),
        )
        for key, value in ordered
    ]


def funnel(window: Window, formats: Formats, texts: Texts) -> list[Step]:
    """Events of each step of a purchase."""
    steps = window.funil
    first = steps[0][1]
    return [
        Step(
            label=texts.funnel_names[kind.value],
            value=formats.integer(count),
            # Carts may be bought that were filled before the window: a step may be larger than the first.
            share=_rounded(min(1.0, count / first)) if first else 0.0,
            of_previous=share_text(count, steps[at - 1][1], formats) if at else "",
        )
        for at, (kind, count) in enumerate(steps)
    ]


def low_stock(found: Sequence[LowStock], formats: Formats, texts: Texts) -> list[Stock]:
    """The products of which least is left."""
    return [
        Stock(
            name=it.name,
            left=texts.stock_left.format(count=formats.integer(it.stock)) if it.stock > 0 else texts.stock_out,
            is_out=it.stock <= 0,
        )
        for it in found[:LOW_STOCK]
    ]


def _part(label: str, value: int, total: int, formats: Formats) -> Part:
    return Part(
        label=label,
        value=formats.money(value),
        share=_rounded(value / total) if total > 0 else 0.0,
        share_text=share_text(value, total, formats),
    )


def _rounded(share: float) -> float:
    """To what a bar can show: a frame goes to every viewer every second."""
    return round(share, 4)
