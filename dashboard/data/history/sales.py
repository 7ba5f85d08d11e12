"""How much is sold, when, and of what."""

import datetime as dt

from msgspec import Struct

from contracts import database
from dashboard.data.history import spans
from dashboard.data.history.spans import Part, centavos, centavos_or_none, ratio
from dashboard.selection import Days, Request, period_start

_MOST_PARTS = 30


class Day(Struct, frozen=True, kw_only=True):
    """Sales of one day. ``orders`` are valid ones; None where a choice of categories leaves them uncounted."""

    day: dt.date
    gross: int
    cancelled: int
    net: int
    orders: int | None
    orders_cancelled: int | None


class Hour(Struct, frozen=True, kw_only=True):
    """An hour of the week (1 is Monday): what was sold in it on ``days`` such days."""

    weekday: int
    hour: int
    days: int
    orders: int
    net: int


class Growth(Struct, frozen=True, kw_only=True):
    """A period beside the one before it and that of a year before; an open one up to the same point."""

    start: dt.date
    is_complete: bool
    net: int
    growth: float | None
    growth_year: float | None
    ticket: int | None
    ticket_change: float | None
    ticket_change_year: float | None


class Sales(Struct, frozen=True, kw_only=True):
    """The answer. ``hours`` are of the whole months that ``hours_of`` names."""

    days: list[Day]
    before: list[Day]
    categories: list[Part]
    payments: list[Part]
    segments: list[Part]
    states: list[Part]
    hours: list[Hour]
    hours_of: Days
    growth: list[Growth]


_DAYS = """
    select v.inicio, v.bruta, v.canceladas, v.liquida, n.pedidos, n.cancelados
    from metricas.vendas_totais v
    join metricas.numero_pedidos n using (periodo, inicio)
    where periodo = 'dia' and inicio between %s and %s
    order by inicio
"""

_HOURS = """
    select dia_semana, hora, sum(dias)::bigint, sum(pedidos)::bigint, sum(liquida)
    from metricas.mapa_semana_hora
    where periodo = 'mes' and inicio between %s and %s
    group by dia_semana, hora
    order by dia_semana, hora
"""

_GROWTH = """
    select c.inicio, c.completo, c.liquida, c.crescimento, c.crescimento_anual,
           t.ticket_medio, t.variacao, t.variacao_anual
    from metricas.crescimento_receita c
    join metricas.variacao_ticket_medio t using (periodo, inicio)
    where periodo = %s and inicio between %s and %s
    order by inicio
"""


def ask(connection: database.Connection, request: Request) -> Sales:
    """Sales of the days asked for."""
    months = Days(request.days.first.replace(day=1), request.days.last.replace(day=1))
    return Sales(
        days=days(connection, request.days),
        before=[] if request.before is None else days(connection, request.before),
        categories=spans.categories(connection, request, most=_MOST_PARTS),
        payments=spans.parts(connection, request, "vendas_por_pagamento", "metodo_pagamento", most=_MOST_PARTS),
        segments=spans.parts(connection, request, "vendas_por_segmento", "segmento_cliente", most=_MOST_PARTS),
        states=spans.parts(connection, request, "vendas_por_uf", "uf", most=_MOST_PARTS),
        hours=[
            Hour(weekday=weekday, hour=hour, days=count, orders=orders, net=centavos(net))
            for weekday, hour, count, orders, net in database.rows(connection, _HOURS, (months.first, months.last))
        ],
        hours_of=months,
        growth=_growth(connection, request),
    )


def days(connection: database.Connection, span: Days) -> list[Day]:
    """Sales by day, every day of the calendar, oldest first."""
    return [
        Day(
            day=day,
            gross=centavos(gross),
            cancelled=centavos(cancelled),
            net=centavos(net),
            orders=orders,
            orders_cancelled=orders_cancelled,
        )
        for day, gross, cancelled, net, orders, orders_cancelled in database.rows(
            connection, _DAYS, (span.first, span.last)
        )
    ]


def _growth(connection: database.Connection, request: Request) -> list[Growth]:
    first = period_start(request.days.first, request.granularity)
    return [
        Growth(
            start=start,
            is_complete=complete,
            net=centavos(net),
            growth=ratio(growth),
            growth_year=ratio(growth_year),
            ticket=centavos_or_none(ticket),
            ticket_change=ratio(change),
            ticket_change_year=ratio(change_year),
        )
        for start, complete, net, growth, growth_year, ticket, change, change_year in database.rows(
            connection, _GROWTH, (request.granularity, first, request.days.last)
        )
    ]
