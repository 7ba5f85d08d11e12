"""Where customers live."""

from typing import Any

from msgspec import Struct

from contracts import database
from dashboard.data.history import filtered, spans
from dashboard.data.history.spans import Part, centavos, covering
from dashboard.selection import Days, Request

MOST_CITIES = 200
_MOST_STATES = 60


class City(Struct, frozen=True, kw_only=True):
    """Sales to one city."""

    uf: str
    city: str
    orders: int
    gross: int
    cancelled: int
    net: int
    net_before: int | None


class Geography(Struct, frozen=True, kw_only=True):
    """The answer; ``cities_count`` counts all that bought. Cities are None where a filter does not reach them."""

    states: list[Part]
    cities: list[City] | None
    cities_count: int


_CITIES = """
    select uf, cidade, sum(pedidos)::bigint, sum(bruta), sum(canceladas), sum(liquida), count(*) over ()
    from {source}
    where %s::text[] = '{{}}' or uf = any(%s::text[])
    group by uf, cidade
    having sum(bruta) > 0
    order by 6 desc, 1, 2
    limit {most}
"""


def ask(connection: database.Connection, request: Request) -> Geography:
    """States and cities on the days asked for, of what the filters leave; cities only by state."""
    if request.filters != request.filters.only(("uf",)):
        return Geography(
            states=filtered.parts(connection, request, "uf", most=_MOST_STATES), cities=None, cities_count=0
        )
    chosen = list(request.filters.uf)
    states = spans.parts(connection, request, "vendas_por_uf", "uf", most=_MOST_STATES)
    rows = _cities(connection, request.counted, chosen)
    before = (
        None
        if request.before_complete is None
        else {(row[0], row[1]): row[5] for row in _cities(connection, request.before_complete, chosen, most=20_000)}
    )
    return Geography(
        states=[it for it in states if not chosen or it.key in chosen],
        cities=[
            City(
                uf=uf,
                city=city,
                orders=orders,
                gross=centavos(gross),
                cancelled=centavos(cancelled),
                net=centavos(net),
                net_before=None if before is None else centavos(before.get((uf, city))),
            )
            for uf, city, orders, gross, cancelled, net, _ in rows
        ],
        cities_count=rows[0][6] if rows else 0,
    )


def _cities(
    connection: database.Connection, days: Days, ufs: list[str], most: int = MOST_CITIES
) -> list[tuple[Any, ...]]:
    source, arguments = covering("vendas_por_cidade", days)
    return database.rows(connection, _CITIES.format(source=source, most=most), (*arguments, ufs, ufs))
