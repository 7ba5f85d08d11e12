"""The history page as plain values."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from typing import Literal, get_args

from msgspec import Struct

from contracts import metrics
from dashboard.data.history import Granularity, Period, Run, Sales
from dashboard.formats import NONE, Formats
from dashboard.texts import Texts
from dashboard.views.parts import Chart, Delta, Series, Tick, Tile, growth, x_ticks, y_ticks

Range = Literal["7d", "30d", "90d", "12m", "tudo"]
RANGES: tuple[Range, ...] = get_args(Range)
GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
_DAYS: dict[Range, int] = {"7d": 7, "30d": 30, "90d": 90}
_MOST_X_TICKS = 8
_YEAR_MONTHS = 12


class Table(Struct, frozen=True):
    """A table of finished texts; the first cell of a row is its heading."""

    title: str
    columns: list[str]
    rows: list[list[str]]


class HistoryView(Struct, frozen=True, kw_only=True):
    """The page: three tiles over complete periods, three charts and a table of all periods, newest first."""

    tiles: list[Tile]
    charts: list[Chart]
    table: Table
    provenance: str


def first_day(last: dt.date, chosen: Range) -> dt.date | None:
    """The first day of a range that ends with the day ``last``; None for all of history."""
    if chosen in _DAYS:
        return last - dt.timedelta(days=_DAYS[chosen] - 1)
    if chosen == "12m":
        months = last.year * _YEAR_MONTHS + last.month - 1 - (_YEAR_MONTHS - 1)
        return dt.date(months // _YEAR_MONTHS, months % _YEAR_MONTHS + 1, 1)
    return None


def period_start(day: dt.date, granularity: Granularity) -> dt.date:
    """The first day of the period that holds ``day``; weeks begin on Monday."""
    if granularity == "semana":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "mes" else day


def within(sales: Sales, chosen: Range, granularity: Granularity, formats: Formats) -> list[Period]:
    """The periods that the range touches; it ends on the day of the run's instant."""
    # The instant is the first moment left out: at midnight sharp the day before is the last one.
    last = (sales.run.instant - dt.timedelta(microseconds=1)).astimezone(formats.zone).date()
    first = first_day(last, chosen)
    if first is None:
        return list(sales.periods)
    start = period_start(first, granularity)
    return [it for it in sales.periods if it.start >= start]


def view(sales: Sales, granularity: Granularity, chosen: Range, formats: Formats, texts: Texts) -> HistoryView:
    """The page of one range of a run."""
    shown = within(sales, chosen, granularity, formats)
    return HistoryView(
        tiles=_tiles(sales.periods, shown, granularity, formats, texts),
        charts=_charts(shown, granularity, formats, texts),
        table=_table(shown, granularity, formats, texts),
        provenance=provenance(sales.run, formats, texts),
    )


def provenance(run: Run, formats: Formats, texts: Texts) -> str:
    """When the run was made, and over what."""
    parts = [
        texts.history_run.format(finished=formats.moment(run.finished), run=run.id),
        texts.history_snapshot.format(instant=formats.moment(run.instant)),
    ]
    if run.findings is not None:
        parts.append(texts.history_findings.format(count=formats.integer(run.findings)))
    return " · ".join(parts)


def label(start: dt.date, granularity: Granularity, formats: Formats, texts: Texts) -> str:
    """The name of a period."""
    if granularity == "mes":
        return formats.month(start)
    day = formats.date(start)
    return texts.week_of.format(day=day) if granularity == "semana" else day


def _short_label(start: dt.date, granularity: Granularity, formats: Formats) -> str:
    return formats.month(start) if granularity == "mes" else formats.day_short(start)


def _tiles(
    everything: Sequence[Period], shown: Sequence[Period], granularity: Granularity, formats: Formats, texts: Texts
) -> list[Tile]:
    """Sums of the complete periods shown against as many just before: an open period would look like a fall."""
    complete = [it for it in shown if it.is_complete]
    before: list[Period] = []
    span = texts.history_no_complete
    if complete:
        earlier = [it for it in everything if it.start < complete[0].start]
        before = earlier[-len(complete) :] if len(earlier) >= len(complete) else []
        span = texts.history_tile_span.format(
            start=label(complete[0].start, granularity, formats, texts),
            end=label(complete[-1].start, granularity, formats, texts),
        )
    against = texts.history_against.format(count=len(complete))
    net, orders = sum(it.net for it in complete), sum(it.orders for it in complete)
    net_before, orders_before = sum(it.net for it in before), sum(it.orders for it in before)
    ticket = net / orders if orders else None
    ticket_before = net_before / orders_before if orders_before else None

    def tile(name: str, metric: str, value: str, delta: Delta, note: str) -> Tile:
        return Tile(
            id=name,
            label=getattr(texts, name),
            value=value if complete else NONE,
            delta=delta,
            against=against if delta.tone != "none" else "",
            note=f"{note} · {span}" if complete else span,
            definition=definition(metric, formats),
        )

    return [
        tile(
            "net_sales",
            "vendas_totais",
            formats.money(net),
            growth(net, net_before, formats, texts),
            texts.history_tile_net_note.format(
                gross=formats.money(sum(it.gross for it in complete)),
                cancelled=formats.money(sum(it.cancelled for it in complete)),
            ),
        ),
        tile(
            "orders",
            "numero_pedidos",
            formats.integer(orders),
            growth(orders, orders_before, formats, texts),
            texts.history_tile_orders_note.format(
                cancelled=formats.integer(sum(it.orders_cancelled for it in complete))
            ),
        ),
        tile(
            "ticket",
            "ticket_medio",
            formats.money(ticket),
            growth(ticket, ticket_before, formats, texts),
            texts.history_tile_ticket_note,
        ),
    ]


def definition(metric: str, formats: Formats) -> str:
    """A metric's historical definition, from the catalogue."""
    historical = metrics.BY_ID[metric].historical
    assert historical is not None, f"{metric} has no historical definition"
    return historical.definition.pt if formats.language == "pt" else historical.definition.en


def _charts(periods: Sequence[Period], granularity: Granularity, formats: Formats, texts: Texts) -> list[Chart]:
    x = [label(it.start, granularity, formats, texts) for it in periods]
    shorts = [_short_label(it.start, granularity, formats) for it in periods]
    open_from = next((at for at, it in enumerate(periods) if not it.is_complete), None)
    note = texts.history_open_note if open_from is not None else ""

    def chart(title: str, series: list[Series], ticks: list[Tick]) -> Chart:
        return Chart(
            title=title,
            note=note,
            summary=texts.history_chart_summary.format(title=title),
            x_name=texts.history_period,
            x=x,
            x_ticks=x_ticks(shorts, _MOST_X_TICKS),
            y_ticks=ticks,
            series=series,
        )

    net = Series(
        name=texts.history_net,
        kind="bar",
        tone="main",
        values=[it.net for it in periods],
        texts=[formats.money(it.net) for it in periods],
        open_from=open_from,
    )
    cancelled = Series(
        name=texts.history_cancelled,
        kind="bar",
        tone="second",
        values=[it.cancelled for it in periods],
        texts=[formats.money(it.cancelled) for it in periods],
        open_from=open_from,
    )
    orders = Series(
        name=texts.history_orders,
        kind="bar",
        tone="main",
        values=[it.orders for it in periods],
        texts=[formats.integer(it.orders) for it in periods],
        open_from=open_from,
    )
    ticket = Series(
        name=texts.history_ticket,
        kind="line",
        tone="main",
        values=[it.ticket for it in periods],
        texts=[formats.money(it.ticket) for it in periods],
        open_from=open_from,
    )
    lowest_net = min((it.net for it in periods), default=0)
    highest_gross = max((it.gross for it in periods), default=0)
    highest_orders = max((it.orders for it in periods), default=0)
    highest_ticket = max((it.ticket for it in periods if it.ticket is not None), default=0)
    return [
        chart(
            texts.history_sales_title,
            [net, cancelled],
            y_ticks(highest_gross, formats.money_short, lowest=lowest_net, least_step=100),
        ),
        chart(texts.history_orders_title, [orders], y_ticks(highest_orders, formats.short)),
        chart(texts.history_ticket_title, [ticket], y_ticks(highest_ticket, formats.money_short, least_step=100)),
    ]


def _columns(texts: Texts) -> list[str]:
    return [
        texts.history_period,
        texts.history_net,
        texts.history_gross,
        texts.history_cancelled,
        texts.history_orders,
        texts.history_orders_cancelled,
        texts.history_ticket,
    ]


def _table(periods: Sequence[Period], granularity: Granularity, formats: Formats, texts: Texts) -> Table:
    rows = []
    for it in reversed(periods):
        name = label(it.start, granularity, formats, texts)
        rows.append(
            [
                name if it.is_complete else texts.history_open_period.format(period=name),
                formats.money(it.net),
                formats.money(it.gross),
                formats.money(it.cancelled),
                formats.integer(it.orders),
                formats.integer(it.orders_cancelled),
                formats.money(it.ticket),
            ]
        )
    return Table(texts.history_table_title, _columns(texts), rows)


def to_csv(periods: Sequence[Period], formats: Formats, texts: Texts) -> bytes:
    """All periods, oldest first, as spreadsheets of the language read them; money in reais, dates ISO 8601."""
    out = io.StringIO()
    comma = formats.language == "pt"
    writer = csv.writer(out, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([*_columns(texts), texts.history_complete_column])

    def money(centavos: int | None) -> str:
        if centavos is None:
            return ""
        whole, cents = divmod(abs(centavos), 100)
        return f"{'-' if centavos < 0 else ''}{whole}{',' if comma else '.'}{cents:02d}"

    for it in periods:
        writer.writerow(
            [
                it.start.isoformat(),
                money(it.net),
                money(it.gross),
                money(it.cancelled),
                it.orders,
                it.orders_cancelled,
                money(it.ticket),
                texts.yes if it.is_complete else texts.no,
            ]
        )
    # Excel takes a file for UTF-8 only with the mark in front.
    return b"\xef\xbb\xbf" + out.getvalue().encode()
