"""The customers: where they live, what they become, how often they come."""

import itertools
from collections.abc import Sequence

from simulators.customers import SEGMENTS
from simulators.report import formats, people
from simulators.report.bars import Bar, bars
from simulators.report.charts import Axis, Box, Plot, axis
from simulators.report.figures import SEGMENT_NAMES
from simulators.report.markup import joined
from simulators.report.observed import Observed
from simulators.report.people import Period, Registered, Share
from simulators.report.sections import Card, Section, key
from simulators.report.sections.purchases import share_bars

_KINDS = ("third", "second", "main")


def section(seen: Observed) -> Section:
    """All about customers."""
    return Section(
        "clientes",
        "Clientes",
        (
            _states(people.states(seen)),
            (_segments(people.segments(seen)), _orders(seen)),
            (_registrations(seen, people.registrations(seen)), _classes(seen)),
        ),
    )


def _states(shares: list[Share]) -> Card:
    met = people.met(shares)
    caption = (
        f"Parte dos pedidos de cada UF. {met} de {len(shares)} dentro da tolerância de quatro erros-padrão "
        "(compradores, não pedidos, são sorteados)."
    )
    return Card(
        "Pedidos por UF",
        caption,
        share_bars("Pedidos por UF", caption, shares, "dos pedidos", places=2, left=28, row=18.5),
    )


def _segments(periods: Sequence[Period]) -> Card:
    last = len(periods)
    months = [(at + 0.5, f"{periods[at].first:%d/%m/%y}") for at in sorted({0, (last - 1) // 2, last - 1})]
    plot = Plot(
        Axis(0, max(last, 1), months),
        Axis(0, 1, [(it / 4, f"{25 * it} %") for it in range(5)]),
        Box(height=190),
    )
    names = [SEGMENT_NAMES[it] for it in SEGMENTS]
    for number, kind in enumerate(_KINDS):
        band: list[tuple[float, float, float]] = []
        for at, it in enumerate(periods):
            low = sum(it.shares[:number])
            band += [(at, low, low + it.shares[number]), (at + 1, low, low + it.shares[number])]
        plot.band(band, f"{kind} layer")
        middle = periods[last // 2]
        here = sum(middle.shares[:number]) + middle.shares[number] / 2
        plot.text(last / 2, here, names[number], kind="on-layer", up=-4)
    plot.hits(
        (
            at,
            at + 1,
            f"desde {formats.date(it.first)}: "
            + ", ".join(f"{name} {formats.percent(share)}" for name, share in zip(names, it.shares, strict=True)),
        )
        for at, it in enumerate(periods)
    )
    first, end = periods[0].shares, periods[-1].shares
    caption = "Segmento do comprador no momento do pedido. " + "; ".join(
        f"{name}: {formats.percent(a, 0)} → {formats.percent(b, 0)}"
        for name, a, b in zip(names, first, end, strict=True)
    )
    return Card("Segmentos no tempo", f"{caption}.", plot.svg("Segmentos no tempo", caption))


def _registrations(seen: Observed, found: Sequence[Registered]) -> Card:
    first, last = found[0].day.toordinal(), found[-1].day.toordinal()
    years = range(found[0].day.year + 1, found[-1].day.year + 1)
    labels = [(float(found[0].day.replace(year=it, month=1, day=1).toordinal()), str(it)) for it in years]
    vertical = axis(found[-1].customers, formats.short)
    plot = Plot(Axis(first, last, labels), vertical, Box(height=176, top=16))
    points = [(it.day.toordinal(), it.customers) for it in found]
    plot.band([(x, 0, y) for x, y in points], "main faint")
    plot.line(points, "main")
    opening = seen.dates[0].toordinal()
    plot.upright(opening, "ink dashed")
    plot.text(opening, vertical.high, "começo do período", kind="label", anchor="end", up=-6, right=-4)
    plot.hits(
        (
            a.day.toordinal(),
            b.day.toordinal(),
            f"{formats.date(b.day)}: {formats.number(b.customers)} clientes, "
            f"{formats.number(b.per_day, 1)} novos por dia",
        )
        for a, b in itertools.pairwise(found)
    )
    before = [it.per_day for it in found if it.day.toordinal() <= opening][-1]
    caption = (
        f"{formats.number(len(seen.opening))} na abertura, {formats.number(len(seen.registered))} no período. "
        f"Novos por dia: {formats.number(before)} logo antes da abertura, {formats.number(found[-1].per_day)} no fim."
    )
    return Card("Clientes cadastrados", caption, plot.svg("Clientes cadastrados", caption))


def _orders(seen: Observed) -> Card:
    found = people.orders_per_customer(seen)
    names = [str(it.low) if it.low == it.high else f"{it.low}–{it.high}" for it in found]
    body = bars(
        "Pedidos por comprador",
        "",
        [
            Bar(
                name,
                it.customers,
                None,
                f"{formats.percent(it.customers)} · {formats.percent(it.orders)}",
                f"{name} pedidos: {formats.percent(it.customers)} dos compradores, "
                f"{formats.percent(it.orders)} dos pedidos",
            )
            for name, it in zip(names, found, strict=True)
        ],
        left=46,
        right=104,
        row=18,
    )
    caption = "Compradores com tantos pedidos no período. À direita: parte dos compradores · parte dos pedidos."
    return Card("Pedidos por comprador", caption, body)


def _classes(seen: Observed) -> Card:
    customers, orders = people.return_classes(seen)
    caption = "Quantas vezes cada classe volta em relação à primeira: parte dos clientes, depois parte dos pedidos."
    return Card(
        "Classes de retorno",
        caption,
        joined(
            key((("third", "dos clientes"), ("main", "dos pedidos"))),
            share_bars("Clientes por classe", caption, customers, "dos clientes", left=134, row=19, kind="third"),
            share_bars("Pedidos por classe", caption, orders, "dos pedidos", left=134, row=19),
        ),
    )
