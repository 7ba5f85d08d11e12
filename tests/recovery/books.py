"""The simulators' ledger as panes, and where Redis differs from it: every figure that the ledger holds.

The ledger counts by minute revenue, orders, units, cancellations, carts, events by type, and orders and revenue by
payment, UF, segment and category. Hours add up from it.
"""

from collections.abc import Mapping

from contracts.panes import HOUR, MINUTE
from tests.recovery.truth import Difference, Where

Sums = dict[Where, dict[str, int]]

# The ledger's keys: of a total, and of one key of a dimension.
_TOTALS = {
    "receita_centavos": "bruta", "pedidos": "pedidos", "unidades": "unidades", "cancelamentos": "pedidos_cancelados",
    "receita_cancelada_centavos": "canceladas", "carrinhos": "carrinhos_criados",
}  # fmt: skip
_BY_KEY = {
    "eventos": ("tipo_evento", "eventos"),
    "receita_por_pagamento": ("metodo_pagamento", "bruta"),
    "pedidos_por_pagamento": ("metodo_pagamento", "pedidos"),
    "receita_por_uf": ("uf", "bruta"),
    "pedidos_por_uf": ("uf", "pedidos"),
    "receita_por_segmento": ("segmento", "bruta"),
    "pedidos_por_segmento": ("segmento", "pedidos"),
    "receita_por_categoria": ("categoria", "bruta"),
    "unidades_por_categoria": ("categoria", "unidades"),
}
# What the ledger says of each dimension; panes hold more (tests.recovery.truth knows it).
_MEASURES = {
    "total": (*_TOTALS.values(), "eventos"),
    "tipo_evento": ("eventos",),
    "metodo_pagamento": ("bruta", "pedidos"),
    "uf": ("bruta", "pedidos"),
    "segmento": ("bruta", "pedidos"),
    "categoria": ("bruta", "unidades"),
}
# These follow from the event alone; the others from versions of products and customers, which a stream
# may hear of after the order.
EXACT_AT_ONCE = ("total", "tipo_evento", "metodo_pagamento")


def expected(minutes: Mapping[int, Mapping[str, int]]) -> Sums:
    """Panes of a minute and an hour, by the ledger's minutes since 1970."""
    sums: Sums = {}

    def add(when: int, dimension: str, key: str, measure: str, amount: int) -> None:
        for seconds in (MINUTE, HOUR):
            values = sums.setdefault(Where(seconds, when - when % seconds, dimension, key), {})
            values[measure] = values.get(measure, 0) + amount

    for minute, figures in minutes.items():
        when = minute * MINUTE
        for name, amount in figures.items():
            group, _, key = name.partition(":")
            if name in _TOTALS:
                add(when, "total", "", _TOTALS[name], amount)
            elif group in _BY_KEY:
                add(when, _BY_KEY[group][0], key, _BY_KEY[group][1], amount)
            if group == "eventos":
                add(when, "total", "", "eventos", amount)
    return sums


def of_panes(panes: Sums, begins: int, ends: int) -> Sums:
    """What the ledger can say of panes: those of ``[begins, ends)``, and the measures it counts."""
    first_hour = begins - begins % HOUR
    found: Sums = {}
    for where, values in panes.items():
        if where.dimension not in _MEASURES or where.seconds not in (MINUTE, HOUR):
            continue
        if first_hour <= where.start < ends:
            known = {name: value for name, value in values.items() if name in _MEASURES[where.dimension]}
            if known:
                found[where] = known
    return found


def differing(books: Sums, panes: Sums) -> list[Difference]:
    """Every number that is not the ledger's."""
    return sorted(
        (
            Difference(it, books.get(it), panes.get(it))
            for it in books.keys() | panes.keys()
            if books.get(it) != panes.get(it)
        ),
        key=lambda it: it.where,
    )


def counted_too_often(books: Sums, panes: Sums) -> list[Difference]:
    """Numbers that are more than the ledger's, where late events may be missing yet.

    Of what depends on versions of products and customers only the sum over the keys is looked at.
    """
    books, panes = _summed(books), _summed(panes)
    return [
        Difference(it, books.get(it), values)
        for it, values in sorted(panes.items())
        if any(value > books.get(it, {}).get(name, 0) for name, value in values.items())
    ]


def rows(sums: Sums) -> int:
    """How many sales, cancellations and web events the panes of a minute count."""
    return sum(
        values.get("pedidos", 0) + values.get("pedidos_cancelados", 0) + values.get("eventos", 0)
        for where, values in sums.items()
        if where.seconds == MINUTE and where.dimension == "total"
    )


def _summed(sums: Sums) -> Sums:
    together: Sums = {}
    for where, values in sums.items():
        place = where if where.dimension in EXACT_AT_ONCE else where._replace(key="*")
        known = together.setdefault(place, {})
        for name, value in values.items():
            known[name] = known.get(name, 0) + value
    return together
