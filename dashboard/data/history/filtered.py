"""Sales of what filters leave, from the two daily tables that are made for it."""

from typing import Any

from contracts import database
from dashboard.data.history.sold import Day
from dashboard.data.history.spans import Part, centavos
from dashboard.selection import Days, Filters, Request

_ORDERS, _SHARES = "metricas.vendas_diarias", "metricas.vendas_diarias_por_categoria"
_COLUMNS = {"categoria": "categoria", "uf": "uf", "pagamento": "metodo_pagamento", "segmento": "segmento"}


def days(connection: database.Connection, span: Days, filters: Filters) -> list[Day]:
    """Sales by day, every day of the calendar, oldest first.

    Of a choice of categories there are units; orders only of a single one, as an order may hold several.
    """
    where, values = _where(span, filters)
    shares = bool(filters.categoria)
    rows = database.rows(
        connection,
        f"""
        select c.inicio, f.bruta, f.canceladas, f.liquida, coalesce(f.pedidos, 0), coalesce(f.outros, 0)
        from metricas.vendas_totais c
        left join (
            select inicio, sum(bruta) as bruta, sum(canceladas) as canceladas, sum(liquida) as liquida,
                   sum(pedidos)::bigint as pedidos, sum({"unidades" if shares else "cancelados"})::bigint as outros
            from {_SHARES if shares else _ORDERS}
            where {where}
            group by inicio
        ) f using (inicio)
        where c.periodo = 'dia' and c.inicio between %s and %s
        order by c.inicio
        """,
        (*values, span.first, span.last),
    )
    return [
        Day(
            day=day,
            gross=centavos(gross),
            cancelled=centavos(cancelled),
            net=centavos(net),
            orders=orders if len(filters.categoria) < 2 else None,
            orders_cancelled=None if shares else other,
            units=other if shares else None,
        )
        for day, gross, cancelled, net, orders, other in rows
    ]


def parts(connection: database.Connection, request: Request, key: str, *, most: int) -> list[Part]:
    """Sales by a column of the daily tables, most first."""
    shares = bool(request.filters.categoria) or key == "categoria"
    found = _sums(connection, request.counted, request.filters, key, shares=shares, most=most)
    before = (
        None
        if request.before_complete is None
        else {
            row[0]: centavos(row[1])
            for row in _sums(connection, request.before_complete, request.filters, key, shares=shares, most=100_000)
        }
    )
    counts_orders = len(request.filters.categoria) < 2
    return [
        Part(
            key=name,
            net=centavos(net),
            gross=centavos(gross),
            cancelled=centavos(cancelled),
            orders=orders if counts_orders else None,
            units=units,
            net_before=None if before is None else before.get(name, 0),
        )
        for name, net, gross, cancelled, orders, units in found
    ]


def _sums(
    connection: database.Connection, span: Days, filters: Filters, key: str, *, shares: bool, most: int
) -> list[tuple[Any, ...]]:
    where, values = _where(span, filters)
    return database.rows(
        connection,
        f"""
        select {key}, sum(liquida), sum(bruta), sum(canceladas), sum(pedidos)::bigint,
               {"sum(unidades)::bigint" if shares else "null::bigint"}
        from {_SHARES if shares else _ORDERS}
        where {where}
        group by {key}
        having sum(bruta) > 0
        order by 2 desc, 1
        limit {most}
        """,
        values,
    )


def _where(span: Days, filters: Filters) -> tuple[str, tuple[object, ...]]:
    """Conditions and their values; a filter that leaves out nothing is no condition."""
    conditions = ["inicio between %s and %s"]
    chosen: list[object] = [span.first, span.last]
    for name, column in _COLUMNS.items():
        if picked := getattr(filters, name):
            conditions.append(f"{column} = any(%s::text[])")
            chosen.append(list(picked))
    return " and ".join(conditions), tuple(chosen)
