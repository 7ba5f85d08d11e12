"""The catalogue, measured: prices, popularity and its drift, stock. Plain values."""

import datetime as dt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators.behaviour import ZIPF_EXPONENT
from simulators.catalogue import CATEGORIES
from simulators.moments import DAY
from simulators.report.observed import Integers, Observed

# How much of the past is looked at, in days, and how often.
DRIFT_SPAN = 180
STOCK_SPAN, PRICE_SPAN = 60, 180
_STOCK_STEPS_PER_DAY = 8
# Products that are among the most popular at some time: only of these anyone sees a rise.
_SEEN = 12
_MOST_DRAWN = 1_000
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Prices(NamedTuple):
    """Of a category: quantiles of its products' prices in reais (5, 25, 50, 75, 95 %), and the documented ones."""

    category: str
    products: int
    quantiles: tuple[float, ...]
    documented_median: float
    documented_share: float


class Sales(NamedTuple):
    """Of a category: its shares of the catalogue's products, of the pieces sold, and of the revenue."""

    category: str
    products: float
    pieces: float
    revenue: float


class Popularity(NamedTuple):
    """Shares by rank: of the pages seen at one moment, of the pieces sold in the whole past, and Zipf's."""

    ranks: tuple[int, ...]
    views: tuple[float, ...]
    sold: tuple[float, ...]
    zipf: tuple[float, ...]


class Trace(NamedTuple):
    """Something of one product over time: days before the end (negative) and values."""

    product: int
    name: str
    category: str
    days: tuple[float, ...]
    values: tuple[float, ...]


class Demand(NamedTuple):
    """Of products: names, pieces sold a day, pieces a day that their stock falls by; the ratio of the medians."""

    names: tuple[str, ...]
    sold: tuple[float, ...]
    fallen: tuple[float, ...]
    median_ratio: float


def prices(seen: Observed) -> list[Prices]:
    """By category, in the catalogue's order, at the end."""
    catalogue = seen.world.catalogue
    every = np.arange(catalogue.size)
    reais = catalogue.prices(every, np.full(catalogue.size, seen.story.until)) / 100
    total = sum(it.share for it in CATEGORIES)
    found: list[Prices] = []
    for number, category in enumerate(CATEGORIES):
        mine = reais[catalogue.category == number]
        if len(mine):
            quantiles = tuple(np.quantile(mine, _QUANTILES).tolist())
            found.append(Prices(category.name, len(mine), quantiles, category.median, category.share / total))
    return found


def sales(seen: Observed) -> list[Sales]:
    """By category, the greatest revenue first."""
    catalogue, orders = seen.world.catalogue, seen.orders

    def shares(amounts: NDArray[np.int64]) -> list[float]:
        summed = np.bincount(catalogue.category, weights=amounts, minlength=len(catalogue.category_names))
        return [float(it) for it in summed / summed.sum()]

    columns = (shares(np.ones(catalogue.size, np.int64)), shares(orders.sold), shares(orders.revenue))
    found = [Sales(*it) for it in zip(catalogue.category_names, *columns, strict=True)]
    return sorted(found, key=lambda it: -it.revenue)


def popularity(seen: Observed) -> Popularity:
    """Shares at ranks that lie evenly on a logarithmic axis."""
    size = seen.world.catalogue.size
    ranks = np.unique(np.round(np.geomspace(1, size, 60)).astype(np.int64))
    zipf = 1 / np.arange(1, size + 1) ** ZIPF_EXPONENT

    def shares(amounts: NDArray[np.float64]) -> tuple[float, ...]:
        sorted_amounts = np.sort(amounts)[::-1]
        return tuple((sorted_amounts[ranks - 1] / max(float(amounts.sum()), 1e-9)).tolist())

    return Popularity(
        tuple(ranks.tolist()),
        shares(seen.sample.views.astype(np.float64)),
        shares(seen.orders.sold.astype(np.float64)),
        shares(zipf),
    )


def drift(seen: Observed, count: int) -> list[Trace]:
    """The ranks of those products, popular at some time, that rise and fall most; the best at the end first."""
    span = min(DRIFT_SPAN, seen.story.days)
    days = np.arange(-span, 1)
    rankings = [seen.world.catalogue.ranking(seen.story.until + day * DAY) for day in days.tolist()]
    popular = np.unique(np.concatenate([it[:_SEEN] for it in rankings]))
    ranks = np.stack([np.argsort(it)[popular] + 1 for it in rankings])
    moves = ranks.max(axis=0) / ranks.min(axis=0)
    chosen = np.argsort(-moves, kind="stable")[:count]
    chosen = chosen[np.argsort(ranks[-1, chosen], kind="stable")]
    return [_trace(seen, int(popular[it]), days, ranks[:, it]) for it in chosen.tolist()]


def stocks(seen: Observed) -> list[Trace]:
    """The pieces of four products: the most popular, the one longest sold out, a middling one, the slowest."""
    catalogue = seen.world.catalogue
    span = min(STOCK_SPAN, seen.story.days)
    days = np.arange(-span * _STOCK_STEPS_PER_DAY, 1) / _STOCK_STEPS_PER_DAY
    times = seen.story.until + (days * DAY).astype(np.int64)
    ranking = _some(catalogue.ranking(seen.story.until))
    every = np.stack([catalogue.stocks(ranking, np.full(len(ranking), it)) for it in times])
    sold_out = (every == 0).mean(axis=0)
    places = [0, int(np.argmax(sold_out[1:]) + 1), len(ranking) // 2, len(ranking) - 1]
    unique = list(dict.fromkeys(places))
    return [_trace(seen, int(ranking[it]), days, every[:, it]) for it in unique]


def sold_out(seen: Observed) -> float:
    """The share of the catalogue that is out of stock, on average over the last days."""
    catalogue = seen.world.catalogue
    every = np.arange(catalogue.size)
    times = [seen.story.until - day * DAY for day in range(min(STOCK_SPAN, seen.story.days))]
    return float(np.mean([(catalogue.stocks(every, np.full(catalogue.size, it)) == 0).mean() for it in times]))


def demand(seen: Observed) -> Demand:
    """Of some products the pieces sold a day over the whole past, and those their stock falls by a day of late."""
    catalogue = seen.world.catalogue
    some = _some(np.arange(catalogue.size))
    hours = range(-24 * min(STOCK_SPAN, seen.story.days), 1)
    levels = (catalogue.stocks(some, np.full(len(some), seen.story.until + it * DAY // 24)) for it in hours)
    before = next(levels)
    fallen = np.zeros(len(some), np.int64)
    for now in levels:
        fallen += np.maximum(before - now, 0)
        before = now
    a_day = fallen / ((len(hours) - 1) / 24)
    sold = seen.orders.sold[some] / ((seen.story.until - seen.story.since) / DAY)
    return Demand(
        tuple(catalogue.name(it) for it in some.tolist()),
        tuple(sold.tolist()),
        tuple(a_day.tolist()),
        float(np.median(a_day) / max(float(np.median(sold)), 1e-9)),
    )


def price_changes(seen: Observed, count: int) -> list[Trace]:
    """The prices in reais of the most popular products of as many categories."""
    catalogue = seen.world.catalogue
    span = min(PRICE_SPAN, seen.story.days)
    days = np.arange(-span, 1)
    times = seen.story.until + days * DAY
    ranking = catalogue.ranking(seen.story.until)
    _categories, first = np.unique(catalogue.category[ranking], return_index=True)
    chosen = ranking[np.sort(first)[:count]]
    return [_trace(seen, it, days, catalogue.prices(np.full(len(times), it), times) / 100) for it in chosen.tolist()]


def day_of(seen: Observed, day: float) -> dt.date:
    """The date so many days before (negative) the end."""
    return seen.story.date(seen.story.days) + dt.timedelta(days=round(day))


def _some(products: Integers) -> Integers:
    """At most so many of the products, evenly: more dots nobody tells apart."""
    return products[:: -(-len(products) // _MOST_DRAWN)]


def _trace(
    seen: Observed, product: int, days: Integers | NDArray[np.float64], values: NDArray[np.float64] | Integers
) -> Trace:
    catalogue = seen.world.catalogue
    return Trace(
        product,
        catalogue.name(product),
        catalogue.category_name(product),
        tuple(float(it) for it in days),
        tuple(float(it) for it in values),
    )
