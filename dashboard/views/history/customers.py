"""Clientes: who buys, how often, and who comes back."""

import datetime as dt
from collections.abc import Sequence

from dashboard.data.history.customers import Buyers, Customers, Frequency, Retention, Rfm
from dashboard.formats import NONE
from dashboard.selection import Request, earlier_start
from dashboard.views.history import periods as naming
from dashboard.views.history import tables
from dashboard.views.history.page import NO_DELTA, Block, Cell, Heat, HeatRow, Page, Say, heat_level, tile
from dashboard.views.history.periods import Periods, before_line, line
from dashboard.views.history.tables import Field, Table
from dashboard.views.parts import Chart, Series, Tick, Tile, growth, y_ticks

METRICS = ("receita_media_usuario", "pedidos_por_cliente", "distribuicao_pedidos", "retencao_mensal", "rfm")
SEGMENTS = (
    "campeoes",
    "fieis",
    "recentes",
    "promissores",
    "nao_perder",
    "em_risco",
    "adormecendo",
    "perdidos",
)
_MOST_MONTHS = 12
_WEEK_DAYS = 7
# So many orders have a bar of their own; the rest are one.
_OWN_BARS = 6


def page(found: Customers, request: Request, say: Say) -> Page:
    """The page of customers."""
    return Page(
        tiles=_tiles(found, request, say),
        blocks=[
            *_over_time(found, request, say),
            _retention(found.retention, say),
            _distribution(found.frequencies, say),
            _grid(found.rfm, say),
            _segments(found.rfm, say),
            _table(found, request, say),
        ],
        metrics=METRICS,
    )


def _tiles(found: Customers, request: Request, say: Say) -> list[Tile]:
    """The last whole period beside the one before or a year before, and what is so since the beginning."""
    formats, texts, words = say.formats, say.texts, say.words.customers
    whole = [it for it in found.periods if it.is_complete]
    last = whole[-1] if whole else None
    known = {it.start: it for it in [*found.periods, *(it for it in found.before if it is not None)]}
    other: Buyers | None = None
    against, note = "", words.no_period
    if last is not None:
        note = naming.name(last.start, request.granularity, say)
        if request.comparison != "nada":
            # A day beside the same weekday: a Monday is no success because it follows a Sunday.
            ago = _WEEK_DAYS if request.granularity == "dia" else 1
            start = earlier_start(last.start, request.granularity, request.comparison, ago)
            other = known.get(start)
            against = say.words.common.against.format(span=naming.name(start, request.granularity, say))
    again = sum(it.customers for it in found.frequencies if it.orders > 1)
    return [
        tile(
            say,
            name="buyers",
            label=words.buyers,
            metric="receita_media_usuario",
            value=formats.integer(last.buyers if last else None),
            delta=growth(last.buyers if last else None, other.buyers if other else None, formats, texts),
            against=against,
            note=note,
        ),
        tile(
            say,
            name="per_buyer",
            label=words.per_buyer,
            metric="receita_media_usuario",
            value=formats.money(last.per_buyer if last else None),
            delta=growth(last.per_buyer if last else None, other.per_buyer if other else None, formats, texts),
            against=against,
            note=note,
        ),
        tile(
            say,
            name="orders_per_customer",
            label=words.orders_per_customer,
            metric="pedidos_por_cliente",
            value=formats.decimal(found.orders_ever / found.buyers_ever if found.buyers_ever else None, 2),
            delta=NO_DELTA,
            note=words.ever_note.format(
                orders=formats.integer(found.orders_ever), buyers=formats.integer(found.buyers_ever)
            ),
        ),
        tile(
            say,
            name="bought_again",
            label=words.bought_again,
            metric="distribuicao_pedidos",
            value=formats.percent(again / found.buyers_ever if found.buyers_ever else None),
            delta=NO_DELTA,
            note=words.bought_again_note.format(customers=formats.integer(again)),
        ),
    ]


def _over_time(found: Customers, request: Request, say: Say) -> list[Block]:
    formats, words, common = say.formats, say.words.customers, say.words.common
    periods = _periods(found, request, say)
    has_before = any(it is not None for it in found.before)
    spent = [
        line(words.per_buyer, [it.per_buyer for it in found.periods], formats.money, periods),
        line(words.per_customer, [it.per_customer for it in found.periods], formats.money, periods, tone="second"),
    ]
    buyers = [line(words.buyers, [it.buyers for it in found.periods], formats.integer, periods, kind="bar")]
    if has_before:
        spent.append(
            before_line(
                common.before_series.format(name=words.per_buyer),
                [it.per_buyer if it else None for it in found.before],
                formats.money,
            )
        )
        buyers.append(
            before_line(
                common.before_series.format(name=words.buyers),
                [it.buyers if it else None for it in found.before],
                formats.integer,
            )
        )
    spent_chart = naming.chart(
        words.spent_title, spent, y_ticks(_highest(spent), formats.money_short, least_step=100), periods, say
    )
    buyers_chart = naming.chart(words.buyers_title, buyers, y_ticks(_highest(buyers), formats.short), periods, say)
    table = _periods_table(found, periods, say)
    empty = "" if found.periods else common.nothing
    return [
        Block(id="compradores", span=6, title=buyers_chart.title, chart=buyers_chart, table=table, empty=empty),
        Block(id="receita-por-usuario", span=6, title=spent_chart.title, chart=spent_chart, table=table, empty=empty),
    ]


def _periods(found: Customers, request: Request, say: Say) -> Periods:
    """The whole periods of the calendar that the days touch."""
    common = say.words.common
    names = [naming.name(it.start, request.granularity, say) for it in found.periods]
    return Periods(
        starts=[it.start for it in found.periods],
        names=[
            name if it.is_complete else common.open_period.format(period=name)
            for name, it in zip(names, found.periods, strict=True)
        ],
        shorts=[naming.short_name(it.start, request.granularity, say) for it in found.periods],
        is_whole=[it.is_complete for it in found.periods],
    )


def _periods_table(found: Customers, periods: Periods, say: Say) -> Table:
    words, common = say.words.customers, say.words.common
    fields = [
        Field("inicio", common.period, "period"),
        Field("compradores", words.buyers, "integer"),
        Field("pedidos", say.words.sales.valid_orders, "integer"),
        Field("pedidos_por_cliente", words.orders_per_customer, "decimal"),
        Field("liquida", say.words.sales.net, "money"),
        Field("por_comprador", words.per_buyer, "money"),
        Field("clientes_cadastrados", words.registered, "integer"),
        Field("por_cliente", words.per_customer, "money"),
        Field("completo", common.complete, "flag"),
    ]
    rows: list[tuple[tables.Value, ...]] = [
        (
            it.start,
            it.buyers,
            it.orders,
            it.orders / it.buyers if it.buyers else None,
            it.net,
            it.per_buyer,
            it.registered,
            it.per_customer,
            it.is_complete,
        )
        for it in reversed(found.periods)
    ]
    return Table(fields=fields, rows=rows, labels=periods.names[::-1])


def _table(found: Customers, request: Request, say: Say) -> Block:
    return Block(
        id="periodos",
        title=say.words.customers.table_title,
        table=_periods_table(found, _periods(found, request, say), say),
        is_folded=True,
    )


def _highest(series: Sequence[Series]) -> float:
    return max((value for it in series for value in it.values if value is not None), default=0)


def _retention(found: Sequence[Retention], say: Say) -> Block:
    """Cohorts by month of the first purchase: the share that bought again, month after month."""
    formats, words, common = say.formats, say.words.customers, say.words.common
    cohorts: dict[dt.date, dict[int, Retention]] = {}
    for it in found:
        cohorts.setdefault(it.cohort, {})[it.months] = it
    most = min(max((it.months for it in found), default=0), _MOST_MONTHS)
    highest = max((it.customers / it.size for it in found if it.months > 0 and it.size), default=0.0)
    rows = []
    for cohort in sorted(cohorts, reverse=True):
        months = cohorts[cohort]
        size = next(iter(months.values())).size
        cells = [Cell(text=formats.integer(size))]
        for month in range(1, most + 1):
            found_then = months.get(month)
            if found_then is None:
                cells.append(Cell())
                continue
            share = found_then.customers / found_then.size if found_then.size else None
            cells.append(
                Cell(
                    text=formats.percent(share),
                    level=heat_level(share or 0.0, highest),
                    title=words.retention_cell.format(
                        customers=formats.integer(found_then.customers),
                        size=formats.integer(found_then.size),
                        cohort=formats.month(cohort),
                        months=month,
                    ),
                    is_open=not found_then.is_complete,
                )
            )
        rows.append(HeatRow(formats.month(cohort), cells))
    return Block(
        id="retencao",
        title=words.retention_title,
        note=words.retention_note,
        heat=Heat(
            corner=words.cohort,
            columns=[words.cohort_size, *(words.month_after.format(months=it) for it in range(1, most + 1))],
            rows=rows,
            note=common.open_cells if any(not it.is_complete for it in found) else "",
        ),
        table=Table(
            fields=[
                Field("coorte", words.cohort, "period"),
                Field("meses", words.months, "integer"),
                Field("clientes_coorte", words.cohort_size, "integer"),
                Field("clientes", words.customers, "integer"),
                Field("taxa", words.retention_rate, "ratio"),
                Field("completo", common.complete, "flag"),
            ],
            rows=[
                (
                    it.cohort,
                    it.months,
                    it.size,
                    it.customers,
                    it.customers / it.size if it.size else None,
                    it.is_complete,
                )
                for it in found
            ],
        ),
        empty="" if found else common.nothing,
    )


def _distribution(found: Sequence[Frequency], say: Say) -> Block:
    """Customers by number of orders since the beginning."""
    formats, words, common = say.formats, say.words.customers, say.words.common
    total = sum(it.customers for it in found)
    by_orders = {it.orders: it.customers for it in found}
    bars = [(str(it), by_orders.get(it, 0)) for it in range(1, _OWN_BARS)]
    bars.append((f"{_OWN_BARS}+", sum(count for orders, count in by_orders.items() if orders >= _OWN_BARS)))
    values: list[float | None] = [count for _, count in bars]
    series = Series(
        name=words.customers,
        kind="bar",
        tone="main",
        values=values,
        texts=[
            words.distribution_value.format(
                customers=formats.integer(count), share=formats.percent(count / total if total else None)
            )
            for _, count in bars
        ],
    )
    chart = Chart(
        title=words.distribution_title,
        note=words.since_beginning,
        summary=common.chart_summary.format(title=words.distribution_title),
        x_name=say.words.sales.valid_orders,
        x=[words.orders_made.format(orders=name) for name, _ in bars],
        x_ticks=[Tick(at, name) for at, (name, _) in enumerate(bars)],
        y_ticks=y_ticks(max((count for _, count in bars), default=0), formats.short),
        series=[series],
    )
    return Block(
        id="distribuicao",
        span=6,
        title=chart.title,
        note=chart.note,
        chart=chart,
        table=Table(
            fields=[
                Field("pedidos", say.words.sales.valid_orders, "integer"),
                Field("clientes", words.customers, "integer"),
                Field("parte", say.texts.share, "ratio"),
            ],
            rows=[(it.orders, it.customers, it.customers / total if total else None) for it in found],
        ),
        empty="" if found else common.nothing,
    )


def _grid(found: Sequence[Rfm], say: Say) -> Block:
    """How many customers there are at each recency and frequency."""
    formats, words, common = say.formats, say.words.customers, say.words.common
    counts: dict[tuple[int, int], int] = {}
    names: dict[tuple[int, int], str] = {}
    for it in found:
        place = (it.frequency, it.recency)
        counts[place] = counts.get(place, 0) + it.customers
        names[place] = words.segment_names.get(it.segment, it.segment)
    highest = max(counts.values(), default=0)
    rows = [
        HeatRow(
            words.frequency_row.format(quintile=frequency),
            [
                Cell(
                    text=formats.integer(counts[place]) if (place := (frequency, recency)) in counts else NONE,
                    level=heat_level(counts.get((frequency, recency), 0), highest),
                    title=names.get((frequency, recency), ""),
                )
                for recency in range(1, 6)
            ],
        )
        for frequency in range(5, 0, -1)
    ]
    return Block(
        id="rfm-grade",
        span=6,
        title=words.grid_title,
        note=words.grid_note,
        heat=Heat(
            corner=words.grid_corner,
            columns=[words.recency_column.format(quintile=it) for it in range(1, 6)],
            rows=rows,
        ),
        table=Table(
            fields=[
                Field("recencia", words.recency, "integer"),
                Field("frequencia", words.frequency, "integer"),
                Field("valor", words.value, "integer"),
                Field("segmento", common.segment, "text"),
                Field("clientes", words.customers, "integer"),
                Field("pedidos", say.words.sales.valid_orders, "integer"),
                Field("liquida", say.words.sales.net, "money"),
            ],
            rows=[
                (
                    it.recency,
                    it.frequency,
                    it.value,
                    words.segment_names.get(it.segment, it.segment),
                    it.customers,
                    it.orders,
                    it.net,
                )
                for it in found
            ],
        ),
        empty="" if found else common.nothing,
    )


def _segments(found: Sequence[Rfm], say: Say) -> Block:
    """The named segments, from the best to those lost."""
    words, common = say.words.customers, say.words.common
    total = sum(it.customers for it in found)
    rows: list[tuple[tables.Value, ...]] = []
    counts = []
    for segment in SEGMENTS:
        of = [it for it in found if it.segment == segment]
        customers = sum(it.customers for it in of)
        if not customers:
            continue
        net = sum(it.net for it in of)
        counts.append(customers)
        rows.append(
            (
                words.segment_names[segment],
                words.segment_meanings[segment],
                customers,
                customers / total,
                sum(it.orders for it in of) / customers,
                tables.rounded(net / customers),
                net,
                sum(it.days for it in of) / customers,
            )
        )
    return Block(
        id="rfm",
        title=words.segments_title,
        note=words.since_beginning,
        table=Table(
            fields=[
                Field("segmento", common.segment, "text"),
                Field("significado", words.meaning, "text"),
                Field("clientes", words.customers, "integer"),
                Field("parte", say.texts.share, "ratio"),
                Field("pedidos_por_cliente", words.orders_per_customer, "decimal"),
                Field("liquida_por_cliente", words.net_per_customer, "money"),
                Field("liquida", say.words.sales.net, "money"),
                Field("dias_desde_ultima", words.days_since, "decimal"),
            ],
            rows=rows,
            bars=tables.bars(counts),
        ),
        empty="" if rows else common.nothing,
    )
