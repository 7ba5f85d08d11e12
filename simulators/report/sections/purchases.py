"""From the visit to the delivered order."""

import numpy as np

from simulators.report import curves, formats, people
from simulators.report.bars import Bar, Stage, bars, funnel
from simulators.report.charts import Axis, Box, Plot, axis
from simulators.report.figures import MEAN_ORDER, MEDIAN_ORDER
from simulators.report.markup import Markup, joined
from simulators.report.observed import Observed
from simulators.report.people import Share
from simulators.report.sections import Card, Section, key

_DURATIONS = ((60, "1 min"), (3_600, "1 h"), (21_600, "6 h"), (86_400, "1 d"), (259_200, "3 d"), (777_600, "9 d"))
_KINDS = ("main", "second", "third", "fourth")
_REAIS = (10, 30, 100, 300, 1_000, 3_000, 10_000)


def section(seen: Observed) -> Section:
    """The funnel, the orders' values, their course, payments and cancellations."""
    return Section(
        "pedidos",
        "Da visita à entrega",
        (
            (
                _funnel(seen),
                _shares(
                    "Formas de pagamento", "Parte dos pedidos paga de cada forma.", people.payments(seen), "dos pedidos"
                ),
            ),
            (
                _values(seen),
                _shares(
                    "Cancelamentos por forma de pagamento",
                    "Dos pedidos pagos assim, os que são cancelados.",
                    people.cancellations(seen),
                    "cancelados",
                    places=2,
                ),
            ),
            (
                _courses(seen),
                _shares(
                    "Produtos por pedido",
                    "Parte dos pedidos com tantos produtos diferentes.",
                    people.products(seen),
                    "dos pedidos",
                ),
            ),
        ),
    )


def _funnel(seen: Observed) -> Card:
    sample, behaviour = seen.sample, seen.world.behaviour
    carts = max(sample.carts, 1)
    bought = sample.paid + sample.recovered

    def per_cart(count: int) -> str:
        return f"{formats.percent(count / carts)} dos carrinhos"

    stages = (
        Stage(
            "Carrinho",
            sample.carts / sample.visits,
            0.0,
            behaviour.cart,
            f"{formats.number(sample.carts)}, {formats.percent(sample.carts / sample.visits)} das visitas",
        ),
        Stage(
            "Checkout na mesma visita",
            sample.checkouts / carts,
            0.0,
            behaviour.checkout,
            per_cart(sample.checkouts),
        ),
        Stage(
            "Pedido",
            sample.paid / carts,
            sample.recovered / carts,
            behaviour.converted,
            f"{per_cart(bought)}; {formats.percent(sample.recovered / carts)} depois",
        ),
    )
    whole = f"Visitas: {formats.number(sample.visits)} sorteadas"
    caption = (
        f"De cada 1.000 visitas, {formats.number(1_000 * sample.carts / sample.visits)} criam carrinho e "
        f"{formats.number(1_000 * bought / sample.visits, 1)} viram pedido."
    )
    body = joined(
        key((("main", "na hora"), ("second", "carrinho retomado depois"), ("documented", "documentado"))),
        funnel("Funil da visita ao pedido", caption, whole, stages),
    )
    return Card("Funil", caption, body)


def _values(seen: Observed) -> Card:
    reais = seen.orders.total / 100
    median, mean = float(np.median(reais)), float(reais.mean())
    bins = curves.order_values(seen)
    most = 100 * max(it.share for it in bins)
    horizontal = Axis(
        min(bins[0].low, 10),
        max(bins[-1].high, 10_000),
        [(it, formats.money_short(it)) for it in _REAIS[::2]],
        log=True,
    )
    plot = Plot(horizontal, axis(most, lambda it: f"{formats.trimmed(it)}{formats.NO_BREAK}%"), Box(height=226, top=34))
    top = plot.y.high
    plot.columns(
        (
            (
                it.low,
                it.high,
                100 * it.share,
                f"{formats.money(it.low, 0)} a {formats.money(it.high, 0)}: {formats.percent(it.share)} dos pedidos",
            )
            for it in bins
        ),
        "main",
        gap=1,
    )
    plot.upright(median, "ink")
    plot.upright(mean, "ink dashed")
    plot.text(median, top, f"mediana {formats.money(median, 0)}", kind="label", anchor="end", up=6, right=4)
    plot.text(mean, top, f"média {formats.money(mean, 0)}", kind="label", anchor="start", up=19, right=-4)
    caption = (
        f"Eixo logarítmico. Documentado: mediana de {formats.number(MEDIAN_ORDER[0])} a "
        f"{formats.money(MEDIAN_ORDER[1], 0)}, média de {formats.number(MEAN_ORDER[0])} a "
        f"{formats.money(MEAN_ORDER[1], 0)}."
    )
    return Card("Valor dos pedidos", caption, plot.svg("Valor dos pedidos", caption))


def _courses(seen: Observed) -> Card:
    found = curves.courses(seen)
    plot = Plot(
        Axis(60, 1_000_000, _DURATIONS, log=True),
        Axis(0, 100, [(it, f"{it} %") for it in (0, 25, 50, 75, 100)]),
        Box(height=206),
    )
    for kind, it in zip(_KINDS, found, strict=False):
        plot.line(((max(seconds, 60), per_cent) for per_cent, seconds in enumerate(it.seconds)), kind, it.name)
        last = len(it.documented) - 1
        plot.dots(
            (
                (
                    seconds,
                    100 * at / last,
                    f"{it.name}: documentado {100 * at // last} % em {formats.duration(seconds)}",
                )
                for at, seconds in enumerate(it.documented)
                if seconds >= 60
            ),
            f"{kind} open",
        )
    medians = "; ".join(f"{it.name.lower()}, {formats.duration(it.median)}" for it in found[:2])
    caption = f"Parte que já aconteceu depois de tanto tempo. Metade: {medians}. Círculos: documentado."
    body = joined(
        key([(kind, it.name) for kind, it in zip(_KINDS, found, strict=False)], lines=True),
        plot.svg("Tempo até o envio, a entrega e o cancelamento", caption),
    )
    return Card("Quanto demora", caption, body)


def _shares(title: str, caption: str, shares: list[Share], what: str, *, places: int = 1) -> Card:
    # Few rows may be as tall as many.
    row = max(22.0, 110.0 / len(shares))
    return Card(title, caption, share_bars(title, caption, shares, what, places=places, row=row))


def share_bars(
    title: str,
    description: str,
    shares: list[Share],
    what: str,
    *,
    places: int = 1,
    left: float = 60,
    row: float = 22,
    kind: str = "main",
) -> Markup:
    """Shares beside the documented ones, as rows."""

    def differing(it: Share) -> str:
        apart = it.measured - it.documented
        return formats.signed(formats.number(100 * apart, places), apart)

    entries = [
        Bar(
            it.name,
            it.measured,
            it.documented,
            f"{formats.percent(it.measured, places)} ({differing(it)})",
            f"{it.name}: {formats.percent(it.measured, 2)} {what}, documentado {formats.percent(it.documented, 2)}, "
            f"tolerância ± {formats.number(100 * it.tolerance, 2)} p.p.",
            kind,
        )
        for it in shares
    ]
    return bars(title, description, entries, left=left, right=112 if places > 1 else 96, row=row)
