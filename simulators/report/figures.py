"""The headline figures, each beside what is documented for it: plain values."""

from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.behaviour import PAYMENTS, PIECES, PRODUCTS_IN_CART
from simulators.customers import SEGMENTS
from simulators.orders import NEVER
from simulators.report.observed import Observed
from simulators.seasons import day_factor

# A share of n draws lies within four standard errors of the true one but once in 16,000 cases.
ERRORS = 4
# Of Brazilian retailers online: the median order is near the low bound, the average ticket inside the second.
MEDIAN_ORDER = (100.0, 300.0)
MEAN_ORDER = (300.0, 550.0)
# What growth, and chance from day to day, may add to the mean of the orders a day.
ORDERS_TOLERANCE = 0.03

PAYMENT_NAMES = {"pix": "Pix", "cartao_credito": "Cartão", "boleto": "Boleto"}
SEGMENT_NAMES = {"novo": "Novo", "fiel": "Fiel", "VIP": "VIP"}


class Unit(Enum):
    """What a figure's value is: a ratio, reais, or a plain number with two decimals."""

    RATIO = "ratio"
    REAIS = "reais"
    NUMBER = "number"


class Target(NamedTuple):
    """What is documented: a value and how far off chance may be, or a range (``low`` and ``high`` differ)."""

    low: float
    high: float
    tolerance: float
    source: str


class Figure(NamedTuple):
    """Something measured. ``target`` is None where nothing is documented; ``note`` says how it is counted."""

    name: str
    value: float
    unit: Unit
    target: Target | None
    note: str

    @property
    def difference(self) -> float | None:
        """How far the value is from its target, 0 inside a range; None without a target."""
        if self.target is None:
            return None
        return self.value - min(max(self.value, self.target.low), self.target.high)

    @property
    def is_met(self) -> bool | None:
        """Whether the value is within its target's tolerance; None without a target."""
        return None if self.target is None else abs(self.difference or 0.0) <= self.target.tolerance


class Group(NamedTuple):
    """Figures that are read together."""

    name: str
    figures: tuple[Figure, ...]


def headline(seen: Observed) -> tuple[Group, ...]:
    """All figures, by what they are about."""
    return (
        Group("Visitas", _visits(seen)),
        Group("Pedidos", _orders(seen)),
        Group("Cancelamentos", _cancellations(seen)),
        Group("Clientes", _customers(seen)),
    )


def chance_error(share: float, count: float) -> float:
    """How far a share of ``count`` independent draws may be off by chance."""
    return float(ERRORS * (share * (1 - share) / max(count, 1)) ** 0.5)


def _share(name: str, found: int, of: int, expected: float, source: str, note: str) -> Figure:
    target = Target(expected, expected, chance_error(expected, of), source)
    return Figure(name, found / max(of, 1), Unit.RATIO, target, note)


def _visits(seen: Observed) -> tuple[Figure, ...]:
    sample, behaviour = seen.sample, seen.world.behaviour
    left = sample.carts - sample.paid
    bought = sample.paid + sample.recovered
    return (
        _share(
            "Conversão",
            bought,
            sample.visits,
            behaviour.cart * behaviour.converted,
            "carrinhos × carrinhos comprados; lojas reais: 1,4 a 1,9 %",
            "visitas que compram, na hora ou depois",
        ),
        _share(
            "Criam carrinho",
            sample.carts,
            sample.visits,
            behaviour.cart,
            "VITRINE_SIMULATORS_CART_SHARE",
            "visitas com carrinho",
        ),
        _share(
            "Abandono",
            sample.carts - bought,
            sample.carts,
            1 - behaviour.converted,
            "1 − carrinhos comprados; lojas reais: cerca de 70 %",
            "carrinhos que nunca são comprados",
        ),
        _share(
            "Chegam ao checkout",
            sample.checkouts,
            sample.carts,
            behaviour.checkout,
            "VITRINE_SIMULATORS_CHECKOUT_SHARE",
            "carrinhos cujo checkout começa na mesma visita",
        ),
        _share(
            "Pagam na hora",
            sample.paid,
            sample.checkouts,
            behaviour.paid,
            "VITRINE_SIMULATORS_PAID_SHARE",
            "checkouts pagos na mesma visita",
        ),
        _share(
            "Recuperados",
            sample.recovered,
            left,
            behaviour.recovered,
            "VITRINE_SIMULATORS_RECOVERED_SHARE",
            "carrinhos deixados que são comprados depois",
        ),
    )


def _orders(seen: Observed) -> tuple[Figure, ...]:
    orders, behaviour, story = seen.orders, seen.world.behaviour, seen.story
    whole = int((orders.day < story.date(story.days).toordinal()).sum())
    busy = float(np.mean([day_factor(it) for it in seen.dates])) if seen.world.seasons is not None else 1.0
    expected = story.orders_per_day * busy
    reais = orders.total / 100
    pieces, error = _pieces()
    payments = tuple(
        _share(
            f"{PAYMENT_NAMES[method]}",
            int((orders.payment == at).sum()),
            len(orders.bought),
            behaviour.payments[at],
            "VITRINE_SIMULATORS_PIX_SHARE e _BOLETO_SHARE; o cartão paga o resto",
            "pedidos pagos assim",
        )
        for at, method in enumerate(PAYMENTS)
    )
    return (
        Figure(
            "Pedidos por dia",
            whole / story.days,
            Unit.NUMBER,
            Target(
                expected, expected, ORDERS_TOLERANCE * expected, "VITRINE_HISTORY_ORDERS_PER_DAY × calendário, ± 3 %"
            ),
            "média dos dias inteiros",
        ),
        Figure(
            "Valor mediano",
            float(np.median(reais)),
            Unit.REAIS,
            Target(*MEDIAN_ORDER, 0.0, "lojas reais: mediana pouco acima de R$ 100"),
            "metade dos pedidos vale menos",
        ),
        Figure(
            "Valor médio",
            float(reais.mean()),
            Unit.REAIS,
            Target(*MEAN_ORDER, 0.0, "ticket médio brasileiro em 2025"),
            "receita ÷ pedidos",
        ),
        Figure(
            "Peças por pedido",
            float(orders.pieces.mean()),
            Unit.NUMBER,
            Target(
                pieces, pieces, ERRORS * error / len(orders.pieces) ** 0.5, "PRODUCTS_IN_CART × PIECES, behaviour.py"
            ),
            "peças de todos os produtos",
        ),
        *payments,
    )


def _pieces() -> tuple[float, float]:
    """The mean and the standard deviation of an order's pieces."""

    def moments(weights: tuple[float, ...]) -> tuple[float, float]:
        numbers = np.arange(1, len(weights) + 1)
        mean = float(np.average(numbers, weights=weights))
        return mean, float(np.average((numbers - mean) ** 2, weights=weights))

    (items, items_variance), (each, each_variance) = moments(PRODUCTS_IN_CART), moments(PIECES)
    # A sum of a random number of terms.
    return items * each, (items * each_variance + items_variance * each**2) ** 0.5


def _cancellations(seen: Observed) -> tuple[Figure, ...]:
    orders, behaviour = seen.orders, seen.world.behaviour
    cancelled = orders.cancelled < NEVER
    overall = sum(a * b for a, b in zip(behaviour.payments, behaviour.cancelled, strict=True))
    found = [
        _share(
            "Todos",
            int(cancelled.sum()),
            len(cancelled),
            overall,
            "pagamentos × cancelamentos; lojas reais: 0,6 a 3 %",
            "pedidos que são ou ainda serão cancelados",
        )
    ]
    for at, method in enumerate(PAYMENTS):
        mine = orders.payment == at
        found.append(
            _share(
                PAYMENT_NAMES[method],
                int(cancelled[mine].sum()),
                int(mine.sum()),
                behaviour.cancelled[at],
                f"VITRINE_SIMULATORS_CANCELLED_{('PIX', 'CARD', 'BOLETO')[at]}_SHARE",
                "dos pedidos pagos assim",
            )
        )
    return tuple(found)


def _customers(seen: Observed) -> tuple[Figure, ...]:
    orders, behaviour = seen.orders, seen.world.behaviour
    _buyers, counts = np.unique(orders.customer, return_counts=True)
    paid = behaviour.checkout * behaviour.paid
    first = paid / behaviour.converted * (1 - behaviour.remembered_with_cart) * behaviour.new_customer
    return (
        _share(
            "Pedidos: recém-cadastrados",
            len(seen.registered),
            len(orders.bought),
            first,
            "VITRINE_SIMULATORS_NEW_CUSTOMER_SHARE dos não lembrados",
            "parte dos pedidos: cadastros feitos na compra ÷ pedidos",
        ),
        Figure(
            "Compradores que voltam",
            float((counts > 1).mean()),
            Unit.RATIO,
            None,
            "compram mais de uma vez no período; cerca de 3 % num marketplace, bem mais numa loja fiel",
        ),
        Figure("Pedidos por comprador", float(counts.mean()), Unit.NUMBER, None, "no período"),
        *(
            Figure(f"Pedidos: {SEGMENT_NAMES[it]}", _of(orders.segment, at), Unit.RATIO, None, _SEGMENT_NOTES[at])
            for at, it in enumerate(SEGMENTS)
        ),
    )


_SEGMENT_NOTES = (
    "parte dos pedidos: de quem fizera até 2 antes",
    "parte dos pedidos: de quem fizera de 3 a 11 antes",
    "parte dos pedidos: de quem fizera 12 ou mais antes",
)


def _of(values: NDArray[np.int64], wanted: int) -> float:
    return float((values == wanted).mean())
