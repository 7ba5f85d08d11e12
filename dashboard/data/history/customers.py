"""Who buys, how often, and who comes back."""

import datetime as dt

from msgspec import Struct

from contracts import database
from dashboard.data.history.spans import centavos, centavos_or_none
from dashboard.selection import Request, earlier_start, period_start

_MOST_COHORTS = 24


class Buyers(Struct, frozen=True, kw_only=True):
    """One whole period: buyers, and what they spent. Money in centavos; a quotient of nothing is None."""

    start: dt.date
    is_complete: bool
    net: int
    orders: int
    buyers: int
    registered: int
    per_buyer: int | None
    per_customer: int | None


class Frequency(Struct, frozen=True, kw_only=True):
    """How many customers made so many valid orders since the beginning."""

    orders: int
    customers: int


class Retention(Struct, frozen=True, kw_only=True):
    """Of a month's ``size`` first buyers those who bought ``months`` later; open while that month runs."""

    cohort: dt.date
    months: int
    size: int
    customers: int
    is_complete: bool


class Rfm(Struct, frozen=True, kw_only=True):
    """Customers of one place among the quintiles (5 is best); ``days`` since their last purchase, in all."""

    recency: int
    frequency: int
    value: int
    segment: str
    customers: int
    orders: int
    net: int
    days: float


class Customers(Struct, frozen=True, kw_only=True):
    """The answer. ``before`` are the periods that ``periods`` are compared with, in their order, None where unknown."""

    periods: list[Buyers]
    before: list[Buyers | None]
    orders_ever: int
    buyers_ever: int
    frequencies: list[Frequency]
    retention: list[Retention]
    rfm: list[Rfm]


_PERIODS = """
    select inicio, r.completo, r.liquida, p.pedidos, r.compradores, r.clientes_cadastrados, r.por_comprador,
           r.por_cliente
    from metricas.receita_media_usuario r
    join metricas.pedidos_por_cliente p using (periodo, inicio)
    where periodo = %s and inicio between %s and %s
    order by inicio
"""
_FIRST_DAY = "select min(inicio) from metricas.vendas_totais where periodo = 'dia'"
_EVER = "select pedidos, compradores from metricas.pedidos_por_cliente where periodo = 'total'"
# 0 orders are those of transactions that count for another's order.
_FREQUENCIES = """
    select pedidos, clientes from metricas.distribuicao_pedidos where periodo = 'total' and pedidos > 0
    order by pedidos limit 1000
"""
_RETENTION = """
    select inicio, meses, coorte, clientes, completo from metricas.retencao_mensal
    where periodo = 'mes' and inicio >= %s
    order by inicio, meses
"""
_RFM = """
    select recencia, frequencia, valor, segmento, clientes, pedidos, liquida, dias_desde_ultima
    from metricas.rfm order by 1, 2, 3
"""


def ask(connection: database.Connection, request: Request) -> Customers:
    """Buyers in the periods that the days touch; the rest since the beginning."""
    first = period_start(request.days.first, request.granularity)
    shown = _periods(connection, request, first, request.days.last)
    starts = [earlier_start(it.start, request.granularity, request.comparison, len(shown)) for it in shown]
    known = (
        {it.start: it for it in _periods(connection, request, starts[0], starts[-1])}
        if starts and request.comparison != "nada"
        else {}
    )
    # A period that history begins in is only a part of one.
    ((first_day,),) = database.rows(connection, _FIRST_DAY)
    ever = database.rows(connection, _EVER)
    orders_ever, buyers_ever = ever[0] if ever else (0, 0)
    oldest = earlier_start(period_start(request.days.last, "mes"), "mes", "anterior", _MOST_COHORTS - 1)
    return Customers(
        periods=shown,
        before=[known.get(it) if it >= first_day else None for it in starts],
        orders_ever=orders_ever,
        buyers_ever=buyers_ever,
        frequencies=[
            Frequency(orders=orders, customers=customers)
            for orders, customers in database.rows(connection, _FREQUENCIES)
        ],
        retention=[
            Retention(cohort=cohort, months=months, size=size, customers=customers, is_complete=complete)
            for cohort, months, size, customers, complete in database.rows(connection, _RETENTION, (oldest,))
        ],
        rfm=[
            Rfm(
                recency=recency,
                frequency=frequency,
                value=value,
                segment=segment,
                customers=customers,
                orders=orders,
                net=centavos(net),
                days=float(days) * customers,
            )
            for recency, frequency, value, segment, customers, orders, net, days in database.rows(connection, _RFM)
        ],
    )


def _periods(connection: database.Connection, request: Request, first: dt.date, last: dt.date) -> list[Buyers]:
    return [
        Buyers(
            start=start,
            is_complete=complete,
            net=centavos(net),
            orders=orders,
            buyers=buyers,
            registered=registered,
            per_buyer=centavos_or_none(per_buyer),
            per_customer=centavos_or_none(per_customer),
        )
        for start, complete, net, orders, buyers, registered, per_buyer, per_customer in database.rows(
            connection, _PERIODS, (request.granularity, first, last)
        )
    ]
