"""Vendas: how much is sold, when, by what and to whom."""

from collections.abc import Callable, Sequence

from dashboard.data.history.sold import Day, Growth, Hour, Sales
from dashboard.data.history.spans import Part
from dashboard.formats import NONE
from dashboard.selection import Request
from dashboard.texts import Texts
from dashboard.views.history import names, tables
from dashboard.views.history import periods as naming
from dashboard.views.history.page import Block, Cell, Heat, HeatRow, Page, Say, heat_level, less_is_better, tile
from dashboard.views.history.periods import Periods, gathered, inside
from dashboard.views.history.sales_charts import charts, quotient, sum_of
from dashboard.views.history.tables import Field, Table, relative
from dashboard.views.parts import Tile, growth, points

METRICS = (
    "vendas_totais",
    "numero_pedidos",
    "ticket_medio",
    "crescimento_receita",
    "variacao_ticket_medio",
    "receita_por_categoria",
    "vendas_por_pagamento",
    "vendas_por_segmento",
    "vendas_por_uf",
    "mapa_semana_hora",
    "vendas_diarias",
    "vendas_diarias_por_categoria",
)
_MOST_STATES = 10


def page(found: Sales, request: Request, say: Say) -> Page:
    """The page of sales."""
    periods = naming.of(request, say)
    texts, words, common = say.texts, say.words.sales, say.words.common
    now = gathered(found.days, lambda it: it.day, periods, request)
    before = gathered(found.before, lambda it: request.moved(it.day), periods, request) if found.before else None
    blocks = [
        *charts(now, before, request, periods, say),
        _weekday_hours(found.hours, request, say),
        _breakdown("categorias", words.categories_title, common.category, found.categories, say, names.category),
        _breakdown("ufs", texts.map_title, texts.state, found.states[:_MOST_STATES], say, names.state),
        _breakdown("pagamentos", texts.payments_title, common.payment, found.payments, say, names.payment),
        _breakdown("segmentos", texts.segments_title, common.segment, found.segments, say, names.segment),
        _periods_table(now, before, periods, say),
    ]
    blocks.append(_growth(found.growth, request, say))
    return Page(tiles=_tiles(found, request, say), blocks=blocks, metrics=METRICS)


def _tiles(found: Sales, request: Request, say: Say) -> list[Tile]:
    days = inside(found.days, lambda it: it.day, request.counted)
    before = inside(found.before, lambda it: it.day, request.before_complete)
    formats, texts, words = say.formats, say.texts, say.words.sales

    def sums(of: Sequence[Day]) -> tuple[int | None, int | None, int | None, int | None, int | None]:
        if not of:
            return None, None, None, None, None
        return (
            sum_of(of, lambda it: it.net),
            sum_of(of, lambda it: it.gross),
            sum_of(of, lambda it: it.cancelled),
            sum_of(of, lambda it: it.orders),
            sum_of(of, lambda it: it.orders_cancelled),
        )

    net, gross, cancelled, orders, orders_cancelled = sums(days)
    net_before, gross_before, cancelled_before, orders_before, _ = sums(before)
    ticket, ticket_before = quotient(net, orders), quotient(net_before, orders_before)
    rate, rate_before = quotient(cancelled, gross), quotient(cancelled_before, gross_before)
    against = naming.against(request, say)
    uncounted = words.orders_uncounted if orders is None and days else ""
    return [
        tile(
            say,
            name="net_sales",
            label=texts.net_sales,
            metric="vendas_totais",
            value=formats.money(net),
            delta=growth(net, net_before, formats, texts),
            against=against,
            note=texts.net_sales_note.format(gross=formats.money(gross), cancelled=formats.money(cancelled)),
        ),
        tile(
            say,
            name="orders",
            label=words.valid_orders,
            metric="numero_pedidos",
            value=formats.integer(orders),
            delta=growth(orders, orders_before, formats, texts),
            against=against,
            note=uncounted or texts.orders_note.format(cancelled=formats.integer(orders_cancelled)),
        ),
        _units_tile(days, before, request, say)
        if request.filters.categoria
        else tile(
            say,
            name="ticket",
            label=texts.ticket,
            metric="ticket_medio",
            value=formats.money(ticket),
            delta=growth(ticket, ticket_before, formats, texts),
            against=against,
            note=uncounted or words.ticket_note,
        ),
        tile(
            say,
            name="cancellation",
            label=words.cancellation,
            metric="vendas_totais",
            value=formats.percent(rate),
            delta=less_is_better(points(rate, rate_before, formats, texts)),
            against=against,
            note=words.cancellation_note,
        ),
    ]


def _units_tile(days: Sequence[Day], before: Sequence[Day], request: Request, say: Say) -> Tile:
    """In the place of the average order value, which a part of an order's value does not give."""
    units = sum_of(days, lambda it: it.units)
    return tile(
        say,
        name="units",
        label=say.words.sales.units_title,
        metric="vendas_diarias_por_categoria",
        value=say.formats.integer(units),
        delta=growth(units, sum_of(before, lambda it: it.units) if before else None, say.formats, say.texts),
        against=naming.against(request, say),
        note=say.words.products.units_note,
    )


def _weekday_hours(hours: Sequence[Hour], request: Request, say: Say) -> Block:
    """Net per hour of the week, on average of the days that it had."""
    formats, words, common = say.formats, say.words.sales, say.words.common
    by_place = {(it.weekday, it.hour): it for it in hours}
    average = {place: it.net / it.days if it.days else 0.0 for place, it in by_place.items()}
    highest = max(average.values(), default=0.0)
    rows = []
    for weekday in range(1, 8):
        cells = []
        for hour in range(24):
            value, it = average.get((weekday, hour), 0.0), by_place.get((weekday, hour))
            cells.append(
                Cell(
                    text=formats.compact(value / 100) if it is not None else NONE,
                    level=heat_level(value, highest),
                    title=""
                    if it is None
                    else words.hour_title.format(
                        weekday=common.weekdays[weekday - 1],
                        hour=f"{hour:02d}",
                        value=formats.money(value),
                        orders=formats.integer(it.orders),
                        days=formats.integer(it.days),
                    ),
                )
            )
        rows.append(HeatRow(common.weekdays_short[weekday - 1], cells))
    months = (request.days.first.replace(day=1), request.days.last.replace(day=1))
    first, last = (naming.name(it, "mes", say) for it in months)
    note = words.hours_note.format(span=first if first == last else common.span.format(first=first, last=last))
    table = Table(
        fields=[
            Field("dia_semana", common.weekday, "text"),
            Field("hora", common.hour, "integer"),
            Field("dias", common.days, "integer"),
            Field("pedidos", words.valid_orders, "integer"),
            Field("liquida", words.net, "money"),
            Field("media_por_dia", words.hours_average, "money"),
        ],
        rows=[
            (common.weekdays[it.weekday - 1], it.hour, it.days, it.orders, it.net, average[it.weekday, it.hour])
            for it in hours
        ],
    )
    return Block(
        id="semana-hora",
        title=words.hours_title,
        note=note,
        heat=Heat(corner=common.day, columns=[f"{it:02d}" for it in range(24)], rows=rows),
        table=table,
        empty="" if hours else words.unfiltered_only if request.filters else common.nothing,
    )


def _breakdown(
    block: str,
    title: str,
    heading: str,
    parts: Sequence[Part],
    say: Say,
    name: Callable[[str, Texts], str],
) -> Block:
    """Net by a key, with its share and its change."""
    total = sum(it.net for it in parts)
    common, words = say.words.common, say.words.sales
    has_before = any(it.net_before is not None for it in parts)
    has_orders = any(it.orders is not None for it in parts)
    has_units = any(it.units is not None for it in parts)
    fields = [
        Field("chave", heading, "text"),
        Field("liquida", words.net, "money"),
        Field("parte", say.texts.share, "ratio"),
        *([Field("variacao", common.change, "change")] if has_before else []),
        *([Field("pedidos", words.valid_orders, "integer")] if has_orders else []),
        *([Field("unidades", say.texts.units, "integer")] if has_units else []),
    ]
    rows: list[tuple[tables.Value, ...]] = [
        (
            name(it.key, say.texts),
            it.net,
            it.net / total if total > 0 else None,
            *([relative(it.net, it.net_before)] if has_before else []),
            *([it.orders] if has_orders else []),
            *([it.units] if has_units else []),
        )
        for it in parts
    ]
    return Block(
        id=block,
        span=6,
        title=title,
        note="",
        table=Table(fields=fields, rows=rows, bars=tables.bars([it.net for it in parts])),
        empty="" if parts else common.nothing,
    )


def _periods_table(now: list[list[Day]], before: list[list[Day]] | None, periods: Periods, say: Say) -> Block:
    """Every period with all its numbers, newest first."""
    words, common = say.words.sales, say.words.common
    fields = [
        Field("inicio", common.period, "period"),
        Field("liquida", words.net, "money"),
        Field("bruta", words.gross, "money"),
        Field("canceladas", words.cancelled, "money"),
        Field("pedidos", words.valid_orders, "integer"),
        Field("cancelados", words.orders_cancelled, "integer"),
        Field("ticket_medio", say.texts.ticket, "money"),
        *([Field("liquida_antes", common.before_series.format(name=words.net), "money")] if before is not None else []),
        Field("completo", common.complete, "flag"),
    ]
    rows: list[tuple[tables.Value, ...]] = []
    for at in reversed(range(len(now))):
        net, orders = sum_of(now[at], lambda it: it.net), sum_of(now[at], lambda it: it.orders)
        ticket = quotient(net, orders)
        rows.append(
            (
                periods.starts[at],
                net,
                sum_of(now[at], lambda it: it.gross),
                sum_of(now[at], lambda it: it.cancelled),
                orders,
                sum_of(now[at], lambda it: it.orders_cancelled),
                None if ticket is None else tables.rounded(ticket),
                *([] if before is None else [sum_of(before[at], lambda it: it.net) if before[at] else None]),
                periods.is_whole[at],
            )
        )
    return Block(
        id="periodos",
        title=words.table_title,
        table=Table(fields=fields, rows=rows, labels=periods.names[::-1]),
        is_folded=True,
    )


def _growth(found: Sequence[Growth], request: Request, say: Say) -> Block:
    """Each whole period beside the one before and that of a year before, as the batch compared them."""
    words, common = say.words.sales, say.words.common
    rows: list[tuple[tables.Value, ...]] = []
    labels = []
    for it in reversed(found):
        name = naming.name(it.start, request.granularity, say)
        labels.append(name if it.is_complete else common.open_period.format(period=name))
        rows.append((it.start, it.net, it.growth, it.growth_year, it.ticket, it.ticket_change, it.ticket_change_year))
    return Block(
        id="crescimento",
        title=words.growth_title,
        note=words.growth_note,
        is_folded=True,
        table=Table(
            fields=[
                Field("inicio", common.period, "period"),
                Field("liquida", words.net, "money"),
                Field("crescimento", words.growth, "change"),
                Field("crescimento_anual", words.growth_year, "change"),
                Field("ticket_medio", say.texts.ticket, "money"),
                Field("variacao_ticket", words.ticket_change, "change"),
                Field("variacao_ticket_anual", words.ticket_change_year, "change"),
            ],
            rows=rows,
            labels=labels,
        ),
        empty="" if found else words.unfiltered_only if request.filters else common.nothing,
    )
