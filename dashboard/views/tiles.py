"""The tiles of the live page: one number each, its change, what belongs beside it, and how it came about."""

from collections.abc import Callable, Sequence

from contracts import metrics
from contracts.live import Totals, Window
from contracts.panes import SKETCH_STANDARD_ERROR
from dashboard.formats import NONE, Formats
from dashboard.texts import Texts
from dashboard.views.comparable import Comparable
from dashboard.views.parts import Delta, Tile, growth, points

# The tiles, each with the metric of the catalogue that defines it.
_METRICS = {
    "net_sales": "vendas_totais",
    "orders": "numero_pedidos",
    "ticket": "ticket_medio",
    "conversion": "conversao_carrinho",
    "revenue_per_user": "receita_media_usuario",
    "visitors": "visitantes_agora",
}
# What each tile's small chart shows of a step.
_TRENDS: dict[str, Callable[[Totals], float | None]] = {
    "net_sales": lambda it: it.liquida,
    "orders": lambda it: it.measures.pedidos,
    "ticket": lambda it: it.ticket_medio,
    "conversion": lambda it: it.conversao_carrinho,
    "revenue_per_user": lambda it: it.receita_por_usuario,
    "visitors": lambda it: it.visitantes,
}


def empty(formats: Formats, texts: Texts) -> list[Tile]:
    """The tiles before the first frame: names, no numbers."""
    nothing = Delta("", "none")
    return [
        Tile(
            id=name,
            label=getattr(texts, name),
            value=NONE,
            delta=nothing,
            against="",
            note="",
            definition=definition(metric, formats),
        )
        for name, metric in _METRICS.items()
    ]


def tiles(
    window: Window, recent: Window, trend: Sequence[Totals], comparable: Comparable, formats: Formats, texts: Texts
) -> list[Tile]:
    """The tiles of one reading; visitors are those of ``recent``, whatever the window is."""
    now, before = window.totals, window.previous_totals
    visitors = recent.totals
    error = formats.percent(2 * SKETCH_STANDARD_ERROR, 0)

    def tile(name: str, value: str, change: Delta, note: str, of: Window = window) -> Tile:
        why_not = comparable.why_not(of.previous_totals.span)
        delta = comparable.delta if why_not else change
        return Tile(
            id=name,
            label=getattr(texts, name),
            value=value,
            delta=delta,
            against=texts.delta_against[of.name] if delta.tone != "none" else "",
            note=note,
            definition=definition(_METRICS[name], formats),
            spark=heights([_TRENDS[name](it) for it in trend]),
            reason=why_not,
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
            recent,
        ),
    ]


def heights(values: Sequence[float | None]) -> list[int | None]:
    """Values as heights from 25 (the lowest) to 100 (the highest): a shape, not sizes. None is a gap.

    Values that are all the same lie flat at 25.
    """
    known = [it for it in values if it is not None]
    lowest, highest = min(known, default=0.0), max(known, default=0.0)
    extent = (highest - lowest) or 1.0
    return [None if it is None else round(25 + 75 * (it - lowest) / extent) for it in values]


def definition(metric: str, formats: Formats) -> str:
    """A metric's live definition, from the catalogue."""
    live = metrics.BY_ID[metric].live
    assert live is not None, f"{metric} has no live definition"
    return live.pt if formats.language == "pt" else live.en
