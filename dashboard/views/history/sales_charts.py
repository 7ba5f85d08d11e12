"""Sales over time: the charts of the page of sales, and the sums that it is made of."""

from collections.abc import Callable, Sequence

from dashboard.data.history.sold import Day
from dashboard.selection import Request
from dashboard.views.history import periods as naming
from dashboard.views.history.page import Block, Say
from dashboard.views.history.periods import Periods, before_line, line
from dashboard.views.history.tables import Kind
from dashboard.views.parts import Series, SeriesKind, y_ticks

_Measure = Callable[[Sequence[Day]], float | None]


def sum_of(days: Sequence[Day], value: Callable[[Day], int | None]) -> int | None:
    """The sum; None where a day's is not known."""
    values = [value(it) for it in days]
    return None if any(it is None for it in values) else sum(it for it in values if it is not None)


def quotient(over: int | None, under: int | None) -> float | None:
    """None of what is not known, and of nothing."""
    return over / under if over is not None and under else None


def net(days: Sequence[Day]) -> float | None:
    """Net sales."""
    return sum_of(days, lambda it: it.net)


def charts(
    now: list[list[Day]], before: list[list[Day]] | None, request: Request, periods: Periods, say: Say
) -> list[Block]:
    """Net and cancelled sales; orders where they can be counted; the order value, or units of chosen categories."""
    words = say.words.sales
    sales = _Chart("vendas", words.sales_title, words.net, "liquida", "bar", "money", net, now, before, periods, say)
    cancelled = [sum_of(it, lambda day: day.cancelled) for it in now]
    sales.add(line(words.cancelled, cancelled, say.formats.money, periods, kind="bar", tone="second"), "canceladas")
    sales.reach([sum_of(it, lambda day: day.gross) for it in now])
    found = [sales]

    def small(name: str, title: str, kind: SeriesKind, unit: Kind, measure: _Measure) -> None:
        column = name if name != "ticket" else "ticket_medio"
        found.append(_Chart(name, title, title, column, kind, unit, measure, now, before, periods, say))

    if len(request.filters.categoria) < 2:
        small("pedidos", words.valid_orders, "bar", "integer", lambda it: sum_of(it, lambda day: day.orders))
    if request.filters.categoria:
        small("unidades", words.units_title, "bar", "integer", lambda it: sum_of(it, lambda day: day.units))
    else:
        small(
            "ticket",
            say.texts.ticket,
            "line",
            "money",
            lambda it: quotient(sum_of(it, lambda day: day.net), sum_of(it, lambda day: day.orders)),
        )
    halves = len(found) > 2
    return [it.block(halves and at > 0) for at, it in enumerate(found)]


class _Chart:
    """One measure over the periods, beside what it is compared with."""

    def __init__(
        self,
        block: str,
        title: str,
        name: str,
        column: str,
        kind: SeriesKind,
        unit: Kind,
        measure: _Measure,
        now: list[list[Day]],
        before: list[list[Day]] | None,
        periods: Periods,
        say: Say,
    ) -> None:
        self._id, self._title, self._unit, self._periods, self._say = block, title, unit, periods, say
        write = say.formats.money if unit == "money" else say.formats.integer
        values = [measure(it) for it in now]
        self._values = list(values)
        self._series: list[Series] = [line(name, values, write, periods, kind=kind)]
        self._columns = [column]
        self._before: Series | None = None
        if before is not None:
            # A period that the days before do not reach has no value, not none sold.
            old = [measure(it) if it else None for it in before]
            self._values += old
            self._before = before_line(say.words.common.before_series.format(name=name), old, write)
        self._before_column = f"{column}_antes"

    def add(self, series: Series, column: str) -> None:
        """Another series, stacked on the first."""
        self._series.append(series)
        self._columns.append(column)

    def reach(self, values: Sequence[float | None]) -> None:
        """Let the axis hold these as well."""
        self._values += values

    def block(self, is_half: bool) -> Block:
        """The card."""
        series, columns = list(self._series), list(self._columns)
        if self._before is not None:
            series.append(self._before)
            columns.append(self._before_column)
        known = [it for it in self._values if it is not None]
        money = self._unit == "money"
        ticks = y_ticks(
            max(known, default=0),
            self._say.formats.money_short if money else self._say.formats.short,
            lowest=min(known, default=0),
            least_step=100 if money else 1,
        )
        chart = naming.chart(self._title, series, ticks, self._periods, self._say)
        return Block(
            id=self._id,
            span=6 if is_half else 12,
            title=self._title,
            chart=chart,
            table=naming.table_of(chart, columns, self._periods, self._say, self._unit),
        )
