"""The shop in time: the year, the week, the day."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from simulators.report import curves, formats
from simulators.report.charts import COLUMN, WIDE, Axis, Box, Plot, axis, write
from simulators.report.curves import Curve, DayCount
from simulators.report.markup import Markup, joined
from simulators.report.observed import Observed
from simulators.report.sections import Card, Section, both, key

_HOURS = Axis(0, 24, [(it, f"{it} h") for it in (0, 6, 12, 18, 24)])


def section(seen: Observed) -> Section:
    """Orders per day, by weekday and by hour."""
    seasonal = seen.world.seasons is not None
    days, growth = curves.orders_per_day(seen)
    usual, friday = curves.by_hour(seen)
    cards = [
        _year(days, growth),
        _week(curves.by_weekday(days, seasonal=seasonal)),
        _day("Curva do dia", "dias comuns", usual),
    ]
    if friday is not None:
        cards.append(_day("Curva da Black Friday", "pico à 0 h, ao almoço e à noite", friday))
    return Section("calendario", "Calendário", tuple(cards))


def _year(days: Sequence[DayCount], growth: float) -> Card:
    best = max(days, key=lambda it: it.orders)
    mean = sum(it.orders for it in days) / len(days)
    caption = (
        f"Recorde: {formats.number(best.orders)} pedidos em {formats.day(best.date)}, "
        f"{formats.number(best.orders / mean, 1)} vezes a média de {formats.number(mean)}. "
        f"Do começo ao fim a loja {'cresce' if growth >= 0 else 'encolhe'} {formats.percent(abs(growth), 0)}, "
        "descontado o calendário."
    )
    body = joined(
        key((("main", "pedidos do dia"), ("documented", "calendário × tendência"), ("pay", "dias de pagamento"))),
        both(_timeline(days, WIDE, 264, caption), _timeline(days, COLUMN, 210, caption)),
    )
    return Card("Pedidos por dia", caption, body, span=3)


def _timeline(days: Sequence[DayCount], width: float, height: float, description: str) -> Markup:
    count = len(days)
    dates = [it.date for it in days]
    vertical = axis(max(max(it.orders, it.expected) for it in days), formats.short, steps=5)
    plot = Plot(
        Axis(0, count, _months(dates, width)),
        vertical,
        Box(width=width, height=height, left=40, top=30, bottom=34),
    )
    middles = [at + 0.5 for at in range(count)]
    plot.band([(x, 0, it.orders) for x, it in zip(middles, days, strict=True)], "main strong-area")
    _pay_days(plot, dates)
    reached = float("-inf")
    for day, name in curves.feasts(dates):
        at = (day - dates[0]).days
        plot.upright(at + 0.5, "mark")
        # On a narrow screen names that would run into each other are left to the lines.
        half = 3.1 * len(name)
        here = min(max(plot.px(at + 0.5), half), width - half)
        if here - half > reached or name == "Black Friday":
            plot.add(write(here, 20, name, kind="label", anchor="middle"))
            reached = here + half + 4
    plot.line(
        zip(middles, (it.expected for it in days), strict=True), f"documented {'thin' if width > COLUMN else 'hair'}"
    )
    names = dict(curves.feasts(dates))
    plot.hits(
        (at, at + 1, _told(it, names.get(it.date, "")))
        for at, it in enumerate(days)
        if width > COLUMN or it.date in names
    )
    return plot.svg("Pedidos por dia", description)


def _told(day: DayCount, name: str) -> str:
    expected = f"esperados {formats.number(day.expected)}"
    return f"{formats.day(day.date)}{f' · {name}' if name else ''}: {formats.number(day.orders)} pedidos, {expected}"


def _months(dates: Sequence[dt.date], width: float) -> list[tuple[float, str]]:
    """The first days of months, as many as find room."""
    firsts = [(float(at), formats.month(it)) for at, it in enumerate(dates) if it.day == 1]
    apart = -(-len(firsts) * 46 // int(width)) or 1
    return firsts[::apart]


def _pay_days(plot: Plot, dates: Sequence[dt.date]) -> None:
    """A strip under the axis."""
    ground = plot.box.height - plot.box.bottom
    paid = set(curves.pay_days(dates))
    at = 0
    for is_pay_day, run in groupby(dates, key=lambda it: it in paid):
        length = len(list(run))
        if is_pay_day:
            plot.strip(
                at, at + length, ground + 21, 5, "bar pay", "dias de pagamento: salário até o 5º dia útil e dia 20"
            )
        at += length


def _week(curve: Curve) -> Card:
    names = [(at + 0.5, name) for at, name in enumerate(formats.WEEKDAYS)]
    titles = [
        f"{name}: {formats.number(a, 1)} % dos pedidos, documentado {formats.number(b, 1)} %"
        for name, a, b in zip(formats.WEEKDAYS, *curve, strict=True)
    ]
    caption = f"Dia mediano de cada dia da semana, em % da semana. {_furthest(curve, formats.WEEKDAYS)}"
    return Card(
        "Curva da semana", caption, _columns(curve, Axis(0, 7, names), titles, "Curva da semana", caption, gap=6)
    )


def _day(title: str, what: str, curve: Curve) -> Card:
    hours = [f"{it} h" for it in range(24)]
    titles = [
        f"{name}: {formats.number(a, 1)} % dos pedidos, documentado {formats.number(b, 1)} %"
        for name, a, b in zip(hours, *curve, strict=True)
    ]
    caption = f"Pedidos por hora local, em % do dia ({what}). {_furthest(curve, hours)}"
    return Card(title, caption, _columns(curve, _HOURS, titles, title, caption, gap=2))


def _furthest(curve: Curve, names: Sequence[str]) -> str:
    """Where measured and documented are furthest apart."""
    apart = [a - b for a, b in zip(*curve, strict=True)]
    at = max(range(len(apart)), key=lambda it: abs(apart[it]))
    return f"Maior diferença: {names[at]}, {formats.signed(formats.number(apart[at], 1), apart[at])} p.p."


def _columns(curve: Curve, x: Axis, titles: Sequence[str], title: str, description: str, *, gap: float) -> Markup:
    vertical = axis(max(*curve.measured, *curve.documented), lambda it: f"{formats.trimmed(it)}{formats.NO_BREAK}%")
    plot = Plot(x, vertical, Box(height=190))
    plot.columns(((at, at + 1, value, titles[at]) for at, value in enumerate(curve.measured)), "main", gap)
    plot.levels((at + 0.06, at + 0.94, value) for at, value in enumerate(curve.documented))
    return plot.svg(title, description)
