"""Who comes back: retention, orders per customer, RFM; cards of the page of customers."""

import datetime as dt
from collections.abc import Sequence

from dashboard.data.history.customers import Frequency, Retention, Rfm
from dashboard.formats import NONE
from dashboard.views.history import tables
from dashboard.views.history.page import Block, Cell, Heat, HeatRow, Say, heat_level
from dashboard.views.history.tables import Field, Table
from dashboard.views.parts import Chart, Series, Tick, y_ticks

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
# So many orders have a bar of their own; the rest are one.
_OWN_BARS = 6


def retention(found: Sequence[Retention], say: Say) -> Block:
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
            note=common.open_cells if any(it.is_open for row in rows for it in row.cells) else "",
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


def distribution(found: Sequence[Frequency], say: Say) -> Block:
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


def grid(found: Sequence[Rfm], say: Say) -> Block:
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


def segments(found: Sequence[Rfm], say: Say) -> Block:
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
