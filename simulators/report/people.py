"""The customers, measured: where they live, how they pay, what they become, how often they come. Plain values."""

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulators.behaviour import PAYMENTS, PRODUCTS_IN_CART, RETURN_CLASSES, STATES
from simulators.customers import SEGMENTS
from simulators.moments import DAY, SECOND
from simulators.orders import NEVER
from simulators.report.figures import PAYMENT_NAMES, chance_error
from simulators.report.observed import Observed

# Orders of one customer are drawn together up to these numbers: 1, 2, 3, 4, 5–7, 8–11 …
ORDER_STEPS = (1, 2, 3, 4, 5, 8, 12, 20, 35, 60, 100)
# A picture shows so many periods at most.
_PERIODS = 60


class Share(NamedTuple):
    """A part of the orders: measured, documented, and how far chance may take the one from the other."""

    name: str
    measured: float
    documented: float
    tolerance: float

    @property
    def is_met(self) -> bool:
        """Whether chance explains the difference."""
        return abs(self.measured - self.documented) <= self.tolerance


class Period(NamedTuple):
    """A week or more: its first day and the orders of each segment in it, as shares of all."""

    first: dt.date
    shares: tuple[float, ...]


class Registered(NamedTuple):
    """Customers at a day: all of them, and how many came a day in the days before."""

    day: dt.date
    customers: int
    per_day: float


class Step(NamedTuple):
    """Customers with ``low`` to ``high`` orders: their share of the customers, and their orders' of the orders."""

    low: int
    high: int
    customers: float
    orders: float


def states(seen: Observed) -> list[Share]:
    """Orders by the buyer's state, the documented order kept."""
    total = sum(STATES.values())
    counts = np.bincount(seen.orders.state, minlength=len(STATES)) / len(seen.orders.state)
    # Who buys often weighs more: as many independent draws as this (Kish, 1965).
    _customers, often = np.unique(seen.orders.customer, return_counts=True)
    draws = float(often.sum() ** 2 / (often**2).sum())
    return [
        _share(state, float(measured), share / total, draws)
        for (state, share), measured in zip(STATES.items(), counts.tolist(), strict=True)
    ]


def payments(seen: Observed) -> list[Share]:
    """Orders by payment method."""
    count = len(seen.orders.payment)
    found = np.bincount(seen.orders.payment, minlength=len(PAYMENTS)) / count
    documented = seen.world.behaviour.payments
    return [
        _share(PAYMENT_NAMES[method], float(found[at]), documented[at], count) for at, method in enumerate(PAYMENTS)
    ]


def cancellations(seen: Observed) -> list[Share]:
    """Cancelled orders by payment method, of those paid so."""
    found: list[Share] = []
    for at, method in enumerate(PAYMENTS):
        mine = seen.orders.payment == at
        count = int(mine.sum())
        measured = float((seen.orders.cancelled[mine] < NEVER).sum()) / max(count, 1)
        found.append(_share(PAYMENT_NAMES[method], measured, seen.world.behaviour.cancelled[at], count))
    return found


def products(seen: Observed) -> list[Share]:
    """Orders by how many different products they have."""
    count = len(seen.orders.items)
    found = np.bincount(seen.orders.items, minlength=len(PRODUCTS_IN_CART) + 1) / count
    total = sum(PRODUCTS_IN_CART)
    return [
        _share(str(number), float(found[number]), share / total, count)
        for number, share in enumerate(PRODUCTS_IN_CART, start=1)
    ]


def segments(seen: Observed) -> list[Period]:
    """Orders by the segment in which the buyer was, period by period."""
    first, last = seen.dates[0].toordinal(), seen.dates[-1].toordinal()
    length = 7 * max(1, round((last - first + 1) / 7 / _PERIODS))
    found: list[Period] = []
    for begin in range(first, last + 2 - length, length):
        mine = seen.orders.segment[(seen.orders.day >= begin) & (seen.orders.day < begin + length)]
        if len(mine):
            shares = np.bincount(mine, minlength=len(SEGMENTS)) / len(mine)
            found.append(Period(dt.date.fromordinal(begin), tuple(shares.tolist())))
    return found


def registrations(seen: Observed) -> list[Registered]:
    """Customers at the end of each of some periods, those of the opening's four years included."""
    times = np.concatenate([seen.opening, seen.registered])
    steps = np.linspace(int(times[0]), seen.story.until, 2 * _PERIODS + 1)
    counts = np.searchsorted(times, steps)
    zone = seen.story.zone
    return [
        Registered(dt.datetime.fromtimestamp(step / SECOND, zone).date(), int(count), float((count - before) / length))
        for step, count, before, length in zip(
            steps[1:].tolist(), counts[1:], counts[:-1], (np.diff(steps) / DAY).tolist(), strict=True
        )
    ]


def orders_per_customer(seen: Observed) -> list[Step]:
    """How many orders buyers placed in the past's span."""
    _customers, counts = np.unique(seen.orders.customer, return_counts=True)
    most = int(counts.max())
    bounds = [*(it for it in ORDER_STEPS if it <= most), most + 1]
    found: list[Step] = []
    for low, high in itertools.pairwise(bounds):
        mine = counts[(counts >= low) & (counts < high)]
        found.append(Step(low, high - 1, len(mine) / len(counts), float(mine.sum() / counts.sum())))
    return found


def return_classes(seen: Observed) -> tuple[list[Share], list[Share]]:
    """Customers by how often they come back, of all there are; and orders by the same, with what follows for them."""
    share, visits = (np.array(it) for it in zip(*RETURN_CLASSES, strict=True))
    weight = share * visits / (share * visits).sum()
    count = len(seen.orders.return_class)
    found = np.bincount(seen.orders.return_class, minlength=len(share)) / count
    # A new customer's first order is drawn from all classes alike, every other one by how often they come.
    first = len(seen.registered) / count
    expected = first * share + (1 - first) * weight
    everybody = int(seen.classes.sum())
    classes = seen.classes / everybody
    names = [f"{_VISITS[number]} ({visit:g}×)" for number, visit in enumerate(visits.tolist())]
    return (
        [_share(name, float(a), float(b), everybody) for name, a, b in zip(names, classes, share, strict=True)],
        [_share(name, float(a), float(b), count) for name, a, b in zip(names, found, expected, strict=True)],
    )


_VISITS = ("Às vezes", "Com frequência", "Sempre")


def _share(name: str, measured: float, documented: float, draws: float) -> Share:
    tolerance = chance_error(documented, draws)
    return Share(name, measured, documented, tolerance)


def met(shares: Sequence[Share]) -> int:
    """How many of them chance explains."""
    return sum(it.is_met for it in shares)
