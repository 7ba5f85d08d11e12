"""How much is sold, when, and of what."""

from contracts import database
from dashboard.data.history import filtered, spans
from dashboard.data.history.sold import Day, Growth, Hour, Sales
from dashboard.data.history.spans import centavos, centavos_or_none, ratio
from dashboard.selection import Days, Request, period_start

_MOST_PARTS = 30


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
    """Sales of the days asked for, of what the filters leave."""
    months = Days(request.days.first.replace(day=1), request.days.last.replace(day=1))
    if request.filters:
        return Sales(
            days=filtered.days(connection, request.days, request.filters),
            before=[] if request.before is None else filtered.days(connection, request.before, request.filters),
            categories=filtered.parts(connection, request, "categoria", most=_MOST_PARTS),
            payments=filtered.parts(connection, request, "metodo_pagamento", most=_MOST_PARTS),
            segments=filtered.parts(connection, request, "segmento", most=_MOST_PARTS),
            states=filtered.parts(connection, request, "uf", most=_MOST_PARTS),
            hours=[],
            hours_of=months,
            growth=[],
        )
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
