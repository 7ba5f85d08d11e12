"""The periods that a chart of history shows, and what they are called."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from msgspec import Struct

from dashboard.selection import Days, Granularity, Request, next_start, period_start
from dashboard.views.history.page import Say
from dashboard.views.history.tables import Field, Kind, Table, Value, rounded
from dashboard.views.parts import Chart, Series, SeriesKind, SeriesTone, Tick, x_ticks

MOST_X_TICKS = 8
_Row = TypeVar("_Row")


class Periods(Struct, frozen=True, kw_only=True):
    """The periods of a chart by their first shown day, oldest first.

    ``names`` say which are not whole; those before ``open_until`` and from ``open_from`` on are not: cut by the
    range, or not over yet.
    """

    starts: list[dt.date]
    names: list[str]
    shorts: list[str]
    is_whole: list[bool]

    @property
    def open_from(self) -> int | None:
        """The index of the first of the last periods that are not whole; None where the last one is."""
        at = len(self.starts)
        while at > 0 and not self.is_whole[at - 1]:
            at -= 1
        return at if at < len(self.starts) else None

    @property
    def open_until(self) -> int:
        """The index after the first periods that are not whole; 0 where the first one is, or where none is."""
        return next((at for at, it in enumerate(self.is_whole) if it), 0)

    def ticks(self) -> list[Tick]:
        """Marks for the x axis."""
        return x_ticks(self.shorts, MOST_X_TICKS)


def name(start: dt.date, granularity: Granularity, say: Say) -> str:
    """The name of a period."""
    if granularity == "mes":
        return say.formats.month(start)
    day = say.formats.date(start)
    return say.words.common.week_of.format(day=day) if granularity == "semana" else day


def short_name(start: dt.date, granularity: Granularity, say: Say) -> str:
    """The name of a period on an axis."""
    return say.formats.month(start) if granularity == "mes" else say.formats.day_short(start)


def span(days: Days, say: Say) -> str:
    """The name of a few days."""
    if days.first == days.last:
        return say.formats.date(days.first)
    return say.words.common.span.format(first=say.formats.date(days.first), last=say.formats.date(days.last))


def against(request: Request, say: Say) -> str:
    """What totals are compared with."""
    if request.before_complete is None:
        return ""
    return say.words.common.against.format(span=span(request.before_complete, say))


def total_note(request: Request, say: Say) -> str:
    """Which days a total counts, and that the open one is not among them."""
    if request.complete is None:
        return say.words.common.only_open.format(day=say.formats.date(request.days.last))
    if request.complete.last < request.days.last:
        return say.words.common.without_open.format(
            span=span(request.complete, say), day=say.formats.date(request.days.last)
        )
    return span(request.complete, say)


def of(request: Request, say: Say) -> Periods:
    """The periods that the days asked for are in, cut to them."""
    granularity, days = request.granularity, request.days
    starts, names, shorts, whole = [], [], [], []
    ended = request.complete.last if request.complete is not None else None
    start = period_start(days.first, granularity)
    while start <= days.last:
        end = next_start(start, granularity) - dt.timedelta(days=1)
        is_whole = start >= days.first and ended is not None and end <= ended
        starts.append(max(start, days.first))
        label = name(start, granularity, say)
        if not is_whole:
            is_open = ended is None or (end > ended and days.last > ended)
            marked = say.words.common.open_period if is_open else say.words.common.part_period
            label = marked.format(period=label)
        names.append(label)
        shorts.append(short_name(start, granularity, say))
        whole.append(is_whole)
        start = next_start(start, granularity)
    return Periods(starts=starts, names=names, shorts=shorts, is_whole=whole)


def gathered(
    rows: Iterable[_Row], day: Callable[[_Row], dt.date], periods: Periods, request: Request
) -> list[list[_Row]]:
    """Rows of days by the period they are in, in the order of ``periods``."""
    places = {it: at for at, it in enumerate(periods.starts)}
    found: list[list[_Row]] = [[] for _ in periods.starts]
    for row in rows:
        start = max(period_start(day(row), request.granularity), request.days.first)
        at = places.get(start)
        if at is not None:
            found[at].append(row)
    return found


def inside(rows: Iterable[_Row], day: Callable[[_Row], dt.date], days: Days | None) -> list[_Row]:
    """The rows of these days; none of none."""
    return [] if days is None else [it for it in rows if days.first <= day(it) <= days.last]


def chart(title: str, series: Sequence[Series], y_ticks: list[Tick], periods: Periods, say: Say) -> Chart:
    """A chart over the periods."""
    common = say.words.common
    return Chart(
        title=title,
        note=common.open_note if not all(periods.is_whole) else "",
        summary=common.chart_summary.format(title=title),
        x_name=common.period,
        x=periods.names,
        x_ticks=periods.ticks(),
        y_ticks=y_ticks,
        series=list(series),
    )


def line(
    label: str,
    values: Sequence[float | None],
    say_value: Callable[[float | None], str],
    periods: Periods,
    *,
    tone: SeriesTone = "main",
    kind: SeriesKind = "line",
) -> Series:
    """Values of the periods as a line, or as bars; what is not final is marked."""
    return Series(
        name=label,
        kind=kind,
        tone=tone,
        values=list(values),
        texts=[say_value(it) for it in values],
        open_from=periods.open_from,
        open_until=periods.open_until if kind == "bar" else 0,
    )


def before_line(label: str, values: Sequence[float | None], say_value: Callable[[float | None], str]) -> Series:
    """What the periods are compared with, as a faint line."""
    return Series(name=label, kind="before", tone="muted", values=list(values), texts=[say_value(it) for it in values])


def table_of(chart: Chart, ids: Sequence[str], periods: Periods, say: Say, kind: Kind) -> Table:
    """A chart's own values, newest first; ``ids`` are its series' names for programs."""
    fields = [Field("inicio", say.words.common.period, "period")]
    fields += [Field(name, it.name, kind) for name, it in zip(ids, chart.series, strict=True)]
    fields.append(Field("completo", say.words.common.complete, "flag"))
    rows: list[tuple[Value, ...]] = [
        (
            periods.starts[at],
            *(_value(it.values[at], kind) for it in chart.series),
            periods.is_whole[at],
        )
        for at in reversed(range(len(periods.starts)))
    ]
    return Table(fields=fields, rows=rows, labels=periods.names[::-1])


def _value(value: float | None, kind: Kind) -> float | None:
    return rounded(value) if value is not None and kind in ("money", "integer") else value
