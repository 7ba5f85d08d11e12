"""The calendar, the funnel and the orders' course, measured: plain values."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulators.behaviour import (
    BLACK_FRIDAY_HOURS,
    BOLETO_CANCELLATION_SECONDS,
    CANCELLATION_SECONDS,
    DELIVERY_SECONDS,
    HOURS,
    PAYMENTS,
    SHIPPING_SECONDS,
    WEEKDAYS,
)
from simulators.moments import SECOND
from simulators.orders import NEVER
from simulators.report.observed import Integers, Observed
from simulators.seasons import PAY_DAYS, black_friday, day_factor

# From the median on to a tenth and to nine tenths, and the ends that are worth drawing.
_STEPS = np.linspace(0.0, 1.0, 101)
_BINS_PER_DECADE = 12


class DayCount(NamedTuple):
    """A day, its orders, and how many the calendar and the measured trend make one expect."""

    date: dt.date
    orders: int
    expected: float


class Curve(NamedTuple):
    """A curve in per cent of the whole, and the documented one."""

    measured: tuple[float, ...]
    documented: tuple[float, ...]


class Course(NamedTuple):
    """How long something takes: seconds at each per cent of the orders, and the documented quantiles."""

    name: str
    seconds: tuple[float, ...]
    documented: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half are quicker."""
        return self.seconds[50]


class Bin(NamedTuple):
    """Of a histogram: from, to, and the share of all that lies between."""

    low: float
    high: float
    share: float


def orders_per_day(seen: Observed) -> tuple[list[DayCount], float]:
    """Each whole day; and by which ratio the shop grew from the first to the last, the calendar taken out."""
    dates = seen.dates
    first = dates[0].toordinal()
    counts = np.bincount(np.maximum(seen.orders.day - first, 0), minlength=len(dates) + 1)[: len(dates)]
    busy = np.array([day_factor(it) if seen.world.seasons is not None else 1.0 for it in dates])
    days = np.arange(len(dates)) - (len(dates) - 1) / 2
    level = counts / busy
    slope = float((days * (level - level.mean())).sum() / max(float((days**2).sum()), 1.0))
    trend = level.mean() + slope * days
    told = [
        DayCount(day, count, expected)
        for day, count, expected in zip(dates, counts.tolist(), (busy * trend).tolist(), strict=True)
    ]
    return told, float(trend[-1] / trend[0] - 1)


def by_weekday(days: Sequence[DayCount], *, seasonal: bool) -> Curve:
    """Of each weekday the median day, so that feasts do not bend the curve; Monday first."""
    medians = [
        float(np.median([it.orders for it in days if it.date.weekday() == weekday] or [0])) for weekday in range(7)
    ]
    return Curve(_per_cent(medians), _per_cent(WEEKDAYS if seasonal else [1.0] * 7))


def by_hour(seen: Observed) -> tuple[Curve, Curve | None]:
    """Orders by the local hour, Black Fridays apart; None where there is none in the past."""
    fridays = {black_friday(it.year).toordinal() for it in seen.dates}
    is_friday = np.isin(seen.orders.day, list(fridays))
    seasonal = seen.world.seasons is not None
    usual = Curve(_hours(seen.orders.hour[~is_friday]), _per_cent(HOURS if seasonal else [1.0] * 24))
    if not seasonal or not is_friday.any():
        return usual, None
    return usual, Curve(_hours(seen.orders.hour[is_friday]), _per_cent(BLACK_FRIDAY_HOURS))


def feasts(dates: Sequence[dt.date]) -> list[tuple[dt.date, str]]:
    """The days in a span that make a shop busy, with their names."""
    found: list[tuple[dt.date, str]] = []
    for year in sorted({it.year for it in dates}):
        found += [
            (_second_sunday(year, 5), "Mães"),
            (dt.date(year, 6, 12), "Namorados"),
            (_second_sunday(year, 8), "Pais"),
            (dt.date(year, 10, 12), "Crianças"),
            (black_friday(year), "Black Friday"),
            (dt.date(year, 12, 25), "Natal"),
        ]
    span = set(dates)
    return [it for it in found if it[0] in span]


def pay_days(dates: Sequence[dt.date]) -> list[dt.date]:
    """The days on which salaries have just come."""
    return [it for it in dates if it.day in PAY_DAYS]


def courses(seen: Observed) -> list[Course]:
    """From purchase to shipping, from shipping to delivery, and from purchase to cancellation."""
    orders = seen.orders
    sent, cancelled = orders.shipped < NEVER, orders.cancelled < NEVER
    boleto = orders.payment == len(PAYMENTS) - 1
    found = (
        ("Envio após a compra", orders.shipped[sent], SHIPPING_SECONDS),
        ("Entrega após o envio", (orders.delivered - orders.shipped)[sent], DELIVERY_SECONDS),
        ("Cancelamento: Pix e cartão", orders.cancelled[cancelled & ~boleto], CANCELLATION_SECONDS),
        ("Cancelamento: boleto", orders.cancelled[cancelled & boleto], BOLETO_CANCELLATION_SECONDS),
    )
    return [Course(name, _quantiles(after), documented) for name, after, documented in found if len(after)]


def order_values(seen: Observed) -> list[Bin]:
    """The orders' values in reais, in bins of equal width on a logarithmic axis."""
    places = np.floor(np.log10(seen.orders.total / 100) * _BINS_PER_DECADE).astype(np.int64)
    least, most = int(places.min()), int(places.max())
    counts = np.bincount(places - least)
    return [
        Bin(10 ** (at / _BINS_PER_DECADE), 10 ** ((at + 1) / _BINS_PER_DECADE), float(count / len(places)))
        for at, count in zip(range(least, most + 1), counts.tolist(), strict=True)
    ]


def _per_cent(values: Sequence[float]) -> tuple[float, ...]:
    total = sum(values) or 1.0
    return tuple(100 * it / total for it in values)


def _hours(hours: Integers) -> tuple[float, ...]:
    return _per_cent(np.bincount(hours, minlength=24).tolist())


def _quantiles(microseconds: Integers) -> tuple[float, ...]:
    return tuple((np.quantile(microseconds, _STEPS) / SECOND).tolist())


def _second_sunday(year: int, month: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(6 - first.weekday()) % 7 + 7)
