"""How days are asked for: as few rows as cover them, and money as integer centavos."""

import datetime as dt
from decimal import Decimal

from msgspec import Struct

from contracts import database
from dashboard.selection import Days, Request, months_before, next_start

_NEVER = Days(dt.date(9999, 1, 2), dt.date(9999, 1, 1))


def centavos(value: Decimal | None) -> int:
    """NUMERIC(20,2) as integer centavos, exactly; nothing is 0."""
    return int((value or 0) * 100)


def centavos_or_none(value: Decimal | None) -> int | None:
    """The same where nothing is not 0: a quotient of nothing."""
    return None if value is None else centavos(value)


def ratio(value: Decimal | None) -> float | None:
    """A quotient of the views as a number to show."""
    return None if value is None else float(value)


def whole_months(days: Days) -> tuple[Days, Days, Days]:
    """The days before the first whole month, the whole months' own, and the days after them; empty ones are never."""
    start = days.first if days.first.day == 1 else next_start(days.first.replace(day=1), "mes")
    end = next_start(days.last.replace(day=1), "mes")
    if end > days.last + dt.timedelta(days=1):
        end = months_before(end, 1)
    if start >= end:
        return days, _NEVER, _NEVER
    day = dt.timedelta(days=1)
    head = Days(days.first, start - day) if start > days.first else _NEVER
    tail = Days(end, days.last) if end <= days.last else _NEVER
    return head, Days(start, end - day), tail


def covering(view: str, days: Days) -> tuple[str, tuple[object, ...]]:
    """A FROM item, and its arguments, whose rows add up to ``days``: a month's where a month is whole.

    For sums only. It is bounded by months and at most 60 days however long the days are, and all of it is found
    by the primary key.
    """
    head, months, tail = whole_months(days)
    statement = (
        f"(select * from metricas.{view} where periodo = 'mes' and inicio between %s and %s "
        f"union all select * from metricas.{view} where periodo = 'dia' and inicio between %s and %s "
        f"union all select * from metricas.{view} where periodo = 'dia' and inicio between %s and %s) as v"
    )
    return statement, (months.first, months.last, head.first, head.last, tail.first, tail.last)


class Part(Struct, frozen=True, kw_only=True):
    """What one key of a breakdown sold on the days counted, and its net on those they are compared with."""

    key: str
    net: int
    gross: int | None = None
    cancelled: int | None = None
    orders: int | None = None
    units: int | None = None
    net_before: int | None = None


def parts(connection: database.Connection, request: Request, view: str, key: str, *, most: int) -> list[Part]:
    """Sales by a key, most first."""
    source, arguments = covering(view, request.counted)
    rows = database.rows(
        connection,
        f"select {key}, sum(liquida), sum(bruta), sum(canceladas), sum(pedidos)::bigint from {source} "
        f"group by {key} having sum(bruta) > 0 order by 2 desc, 1 limit {most}",
        arguments,
    )
    before = _before(connection, request, view, key, "liquida")
    return [
        Part(
            key=name,
            net=centavos(net),
            gross=centavos(gross),
            cancelled=centavos(cancelled),
            orders=orders,
            net_before=None if before is None else before.get(name, 0),
        )
        for name, net, gross, cancelled, orders in rows
    ]


def categories(connection: database.Connection, request: Request, *, most: int) -> list[Part]:
    """Net and units by category, most first."""
    source, arguments = covering("receita_por_categoria", request.counted)
    rows = database.rows(
        connection,
        f"select categoria, sum(receita), sum(unidades)::bigint from {source} "
        f"group by categoria having sum(unidades) > 0 order by 2 desc, 1 limit {most}",
        arguments,
    )
    before = _before(connection, request, "receita_por_categoria", "categoria", "receita")
    return [
        Part(key=name, net=centavos(net), units=units, net_before=None if before is None else before.get(name, 0))
        for name, net, units in rows
    ]


def _before(
    connection: database.Connection, request: Request, view: str, key: str, value: str
) -> dict[str, int] | None:
    if request.before_complete is None:
        return None
    source, arguments = covering(view, request.before_complete)
    rows = database.rows(connection, f"select {key}, sum({value}) from {source} group by {key}", arguments)
    return {name: centavos(net) for name, net in rows}
