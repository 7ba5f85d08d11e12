"""What is sold: products, their ranks over time, categories."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from contracts import database
from dashboard.data.history import spans
from dashboard.data.history.spans import Part, centavos, covering
from dashboard.selection import Days, Granularity, Request, earlier_start, period_start

MOST_PRODUCTS = 100
_RANKED = 12
_RANK_PERIODS = 12
_MOST_PARTS = 60
_TRUNCATED: dict[Granularity, str] = {"dia": "day", "semana": "week", "mes": "month"}


class Product(Struct, frozen=True, kw_only=True):
    """A product on the days counted; ``rank_before`` is None where it did not sell on those before."""

    id: str
    name: str | None
    category: str | None
    rank: int
    units: int
    revenue: int
    rank_before: int | None
    units_before: int | None


class Rank(Struct, frozen=True, kw_only=True):
    """A product's rank in one period."""

    id: str
    start: dt.date
    is_complete: bool
    rank: int
    units: int


class CategoryPeriod(Struct, frozen=True, kw_only=True):
    """A category's net in one period, of which only the days asked for count."""

    start: dt.date
    category: str
    net: int


class Products(Struct, frozen=True, kw_only=True):
    """The answer: the best-sellers, totals over all products, and the ranks of the first of them."""

    products: list[Product]
    count: int
    units: int
    revenue: int
    has_before: bool
    units_before: int
    count_before: int
    ranks: list[Rank]
    categories: list[Part]
    by_period: list[CategoryPeriod]


_RANKED_PRODUCTS = """
    select * from (
        select id_produto::text as id, max(nome_produto) as nome, max(categoria) as categoria,
               sum(unidades)::bigint as unidades, sum(receita) as receita,
               row_number() over (order by sum(unidades) desc, sum(receita) desc, id_produto) as posicao,
               count(*) over () as produtos, (sum(sum(unidades)) over ())::bigint as todas, sum(sum(receita)) over ()
        from {source}
        where %s::text[] = '{{}}' or categoria = any(%s::text[])
        group by id_produto
    ) as posicoes
    where posicao <= %s or id = any(%s::text[])
    order by posicao
"""

_RANKS = """
    select id_produto::text, inicio, completo, posicao, unidades
    from metricas.produtos_ao_longo_do_tempo
    where periodo = %s and inicio between %s and %s and id_produto = any(%s::uuid[])
    order by inicio, posicao
"""

_BY_PERIOD = """
    select greatest(date_trunc('{unit}', inicio)::date, %s) as comeco, categoria, sum(receita)
    from metricas.receita_por_categoria
    where periodo = 'dia' and inicio between %s and %s and (%s::text[] = '{{}}' or categoria = any(%s::text[]))
    group by 1, 2
    order by 1, 2
"""


def ask(connection: database.Connection, request: Request) -> Products:
    """Products of the days asked for, of the categories chosen where any are."""
    chosen = list(request.filters.categoria)
    rows = _ranked(connection, request.counted, chosen, MOST_PRODUCTS, [])
    ids = [row[0] for row in rows]
    before_rows = (
        _ranked(connection, request.before_complete, chosen, 1, ids) if request.before_complete is not None else []
    )
    before = {row[0]: row for row in before_rows}
    totals = rows[0][6:] if rows else (0, 0, None)
    totals_before = before_rows[0][6:] if before_rows else (0, 0, None)
    return Products(
        products=[
            Product(
                id=product,
                name=name,
                category=category,
                rank=rank,
                units=units,
                revenue=centavos(revenue),
                rank_before=before[product][5] if product in before else None,
                units_before=None
                if request.before_complete is None
                else before[product][3]
                if product in before
                else 0,
            )
            for product, name, category, units, revenue, rank, *_ in rows
        ],
        count=totals[0],
        units=totals[1],
        revenue=centavos(totals[2]),
        has_before=request.before_complete is not None,
        units_before=totals_before[1],
        count_before=totals_before[0],
        ranks=_ranks(connection, request, ids[:_RANKED]),
        categories=[
            it
            for it in spans.categories(connection, request, most=_MOST_PARTS)
            if not chosen or it.key in request.filters.categoria
        ],
        by_period=[
            CategoryPeriod(start=start, category=category, net=centavos(net))
            for start, category, net in database.rows(
                connection,
                _BY_PERIOD.format(unit=_TRUNCATED[request.granularity]),
                (request.days.first, request.days.first, request.days.last, chosen, chosen),
            )
        ],
    )


def _ranked(
    connection: database.Connection, days: Days, categories: Sequence[str], most: int, also: Sequence[str]
) -> list[tuple[Any, ...]]:
    """The first ``most`` products and those of ``also``: id, name, category, units, revenue, rank, and totals."""
    source, arguments = covering("produtos_mais_vendidos", days)
    return database.rows(
        connection,
        _RANKED_PRODUCTS.format(source=source),
        (*arguments, list(categories), list(categories), most, list(also)),
    )


def _ranks(connection: database.Connection, request: Request, ids: Sequence[str]) -> list[Rank]:
    last = period_start(request.days.last, request.granularity)
    first = max(
        earlier_start(last, request.granularity, "anterior", _RANK_PERIODS - 1),
        period_start(request.days.first, request.granularity),
    )
    return [
        Rank(id=product, start=start, is_complete=complete, rank=rank, units=units)
        for product, start, complete, rank, units in database.rows(
            connection, _RANKS, (request.granularity, first, last, list(ids))
        )
    ]
