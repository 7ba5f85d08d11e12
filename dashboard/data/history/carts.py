"""What becomes of carts and of visits."""

import datetime as dt

from msgspec import Struct

from contracts import database
from dashboard.data.history.spans import covering
from dashboard.selection import Days, Request


class CartDay(Struct, frozen=True, kw_only=True):
    """The carts first seen on one day, by what has become of them; ``converted`` holds the recovered ones.

    ``is_mature`` says that they have been watched for seven days.
    """

    day: dt.date
    is_mature: bool
    carts: int
    converted_1h: int
    converted_1d: int
    converted_7d: int
    converted: int
    recovered: int
    abandoned: int
    open: int
    empty: int


class Step(Struct, frozen=True, kw_only=True):
    """Visits that reached a step of a purchase; None where there is nothing to compare with."""

    name: str
    visits: int
    visits_before: int | None


class Carts(Struct, frozen=True, kw_only=True):
    """The answer."""

    days: list[CartDay]
    before: list[CartDay]
    funnel: list[Step]


# The rates are rounded to six places: of less than half a million carts a day they give the count again.
_DAYS = """
    select c.inicio, c.maduro, c.carrinhos, round(coalesce(c.taxa_1h, 0) * c.carrinhos)::bigint,
           round(coalesce(c.taxa_1d, 0) * c.carrinhos)::bigint, round(coalesce(c.taxa_7d, 0) * c.carrinhos)::bigint,
           c.convertidos, a.recuperados, a.abandonados, a.abertos, a.vazios
    from metricas.conversao_carrinho c
    join metricas.abandono_carrinho a using (periodo, inicio)
    where periodo = 'dia' and inicio between %s and %s
    order by inicio
"""


def ask(connection: database.Connection, request: Request) -> Carts:
    """Carts and visits of the days asked for."""
    before = {} if request.before_complete is None else dict(_funnel(connection, request.before_complete))
    return Carts(
        days=_days(connection, request.days),
        before=[] if request.before is None else _days(connection, request.before),
        funnel=[
            Step(name=name, visits=visits, visits_before=before.get(name))
            for name, visits in _funnel(connection, request.counted)
        ],
    )


def _days(connection: database.Connection, days: Days) -> list[CartDay]:
    return [
        CartDay(
            day=day,
            is_mature=is_mature,
            carts=carts,
            converted_1h=in_1h,
            converted_1d=in_1d,
            converted_7d=in_7d,
            converted=converted,
            recovered=recovered,
            abandoned=abandoned,
            open=still_open,
            empty=empty,
        )
        for day, is_mature, carts, in_1h, in_1d, in_7d, converted, recovered, abandoned, still_open, empty in (
            database.rows(connection, _DAYS, (days.first, days.last))
        )
    ]


def _funnel(connection: database.Connection, days: Days) -> list[tuple[str, int]]:
    source, arguments = covering("funil", days)
    rows = database.rows(
        connection, f"select passo, sum(sessoes)::bigint from {source} group by ordem, passo order by ordem", arguments
    )
    return [(name, visits) for name, visits in rows]
