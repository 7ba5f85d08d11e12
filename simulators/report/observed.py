"""What there is to be seen of a shop: its past, played, and a sample of visits. Pure but for the progress."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.errors import UsageError
from simulators import identity, past, sessions
from simulators.behaviour import RETURN_CLASSES
from simulators.customers import return_classes
from simulators.moments import SECOND
from simulators.past import Past
from simulators.sessions import Step
from simulators.standing import standing
from simulators.world import World

Integers = NDArray[np.int64]

# Of the past only a share of the browsing visits is kept; what concerns all visits is measured on these.
SAMPLE = 200_000
_SAMPLE_PARTS = 4
# Zones differ from UTC by whole quarters of an hour.
_QUARTER = 900 * SECOND

Progress = Callable[[str, int, int], None]


class Sample(msgspec.Struct, frozen=True):
    """Counts over visits that came one after the other, all of their browsing kept."""

    visits: int
    carts: int
    checkouts: int
    paid: int
    recovered: int
    # Of each product the pages of it that were seen.
    views: Integers


class Orders(msgspec.Struct, frozen=True):
    """The past's orders as columns, by time; items are flat.

    ``day`` is the ordinal of the local date, ``hour`` the local hour; ``shipped`` and the like are
    microseconds since the purchase, or ``NEVER``; ``segment`` is what the buyer was at that moment.
    """

    bought: Integers
    day: Integers
    hour: Integers
    payment: Integers
    total: Integers
    items: Integers
    pieces: Integers
    customer: identity.Words
    state: Integers
    segment: Integers
    return_class: Integers
    shipped: Integers
    delivered: Integers
    cancelled: Integers
    # Of each product the pieces that were sold, and what they brought in centavos.
    sold: Integers
    revenue: Integers


class Observed(msgspec.Struct, frozen=True):
    """A shop and what was seen of it. ``opening`` and ``registered`` are when its customers registered, by time."""

    world: World
    story: Past
    sample: Sample
    orders: Orders
    opening: Integers
    registered: Integers
    # How many customers there are of each return class.
    classes: Integers

    @property
    def dates(self) -> list[dt.date]:
        """The whole days of the past; the day under way is not among them."""
        return [self.story.date(it) for it in range(self.story.days)]


def observe(world: World, story: Past, progress: Progress) -> Observed:
    """Play the past and draw a sample of visits; the same for the same world and story.

    Raises ``UsageError`` where nothing is sold in it: there is nothing to draw then.
    """
    told: list[past.Day] = []
    for number, day in enumerate(past.days(world, story), start=1):
        told.append(_without_browsing(day))
        progress("dias", number, story.days + 1 + _SAMPLE_PARTS)

    if not any(len(it.orders.bought) for it in told):
        raise UsageError(
            f"{story.days} days at VITRINE_HISTORY_ORDERS_PER_DAY={story.orders_per_day:g} have no order to draw: "
            "must be more days or more orders a day"
        )

    def sampled(part: int) -> None:
        progress("visitas", story.days + 1 + part, story.days + 1 + _SAMPLE_PARTS)

    everybody = [world.customers.id_bytes(np.arange(world.customers.size)), *(it.new_customers for it in told)]
    return Observed(
        world=world,
        story=story,
        sample=_sample(world, story, sampled),
        orders=_orders(world, story, told),
        opening=np.sort(world.customers.registered_at(np.arange(world.customers.size), story.since)),
        registered=np.sort(np.concatenate([it.registered for it in told])),
        classes=np.bincount(return_classes(np.concatenate(everybody)), minlength=len(RETURN_CLASSES)),
    )


def local(times: Integers, zone: ZoneInfo) -> tuple[Integers, Integers]:
    """For each time the ordinal of its date and its hour in a zone."""
    quarters, places = np.unique(times // _QUARTER, return_inverse=True)
    moments = [dt.datetime.fromtimestamp(it * _QUARTER / SECOND, zone) for it in quarters.tolist()]
    days = np.array([it.toordinal() for it in moments], np.int64)
    hours = np.array([it.hour for it in moments], np.int64)
    return days[places], hours[places]


def _without_browsing(day: past.Day) -> past.Day:
    """A day without its web events, which would fill the memory."""
    web = day.web_events
    # Copies: a view would keep what it was taken from.
    nothing = msgspec.structs.replace(web, **{it: getattr(web, it)[:0].copy() for it in web.__struct_fields__})
    return msgspec.structs.replace(day, web_events=nothing)


def _sample(world: World, story: Past, progress: Callable[[int], None]) -> Sample:
    everything = world.behaviour._replace(browsing=1.0)
    chance = identity.generator(world.seed, "retrato")
    counts = np.zeros(4, np.int64)
    views = np.zeros(world.catalogue.size, np.int64)
    shelf = world.catalogue.shelf(story.until)
    for part in range(1, _SAMPLE_PARTS + 1):
        visits = sessions.draw(chance, SAMPLE // _SAMPLE_PARTS, shelf, everything)
        begun = int((visits.step == Step.BEGIN_CHECKOUT).sum())
        counts += [int(visits.has_cart.sum()), begun, int(visits.paid.sum()), int(visits.recovered.sum())]
        views += np.bincount(visits.product[visits.step == Step.VIEW], minlength=world.catalogue.size)
        progress(part)
    carts, checkouts, paid, recovered = counts.tolist()
    return Sample(SAMPLE, carts, checkouts, paid, recovered, views)


def _orders(world: World, story: Past, told: list[past.Day]) -> Orders:
    made = [it.orders for it in told]
    bought = np.concatenate([it.bought for it in made])
    customer = np.concatenate([it.customer for it in made])
    items = np.concatenate([it.items for it in made])
    pieces = np.concatenate([it.pieces for it in made])
    order = np.argsort(bought, kind="stable")
    day, hour = local(bought[order], story.zone)

    product = np.concatenate([it.product for it in made])

    def by_product(amounts: Integers) -> Integers:
        summed = np.zeros(world.catalogue.size, np.int64)
        np.add.at(summed, product, amounts)
        return summed

    def column(name: str) -> Integers:
        return np.concatenate([np.asarray(getattr(it, name), np.int64) for it in made])[order]

    def fate(name: str) -> Integers:
        return np.concatenate([np.asarray(getattr(it.fates, name), np.int64) for it in made])[order]

    return Orders(
        bought=bought[order],
        day=day,
        hour=hour,
        payment=column("payment"),
        total=column("total"),
        items=items[order],
        pieces=np.add.reduceat(pieces, np.cumsum(items) - items)[order],
        customer=identity.low_words(customer)[order],
        state=world.customers.states(customer)[order],
        segment=standing(world.customers, customer, bought).segments[order],
        return_class=return_classes(customer)[order],
        shipped=fate("shipped"),
        delivered=fate("delivered"),
        cancelled=fate("cancelled"),
        sold=by_product(pieces),
        revenue=by_product(np.concatenate([it.value for it in made])),
    )
