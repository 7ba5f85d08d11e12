"""The shop's past as arrays: every day's visits, orders and what became of them by now. Pure."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.events import StatusPedido
from simulators import identity, orders, sessions
from simulators.behaviour import RECOVERY_SECONDS
from simulators.bulk import Flags, Ids
from simulators.clientele import Clientele
from simulators.moments import MINUTE, SECOND, durations, to_microseconds
from simulators.seasons import day_factor
from simulators.sessions import WEB_TYPES, Step, Visits
from simulators.world import World

Integers = NDArray[np.int64]

_HOUR = 3_600 * SECOND
# Orders grow by this share of their mean from the begin of the history to its end, and vary by this
# much from day to day.
_GROWTH = 0.25
_DAILY_VARIATION = 0.08


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What the history is to be like. ``until`` is its end in microseconds."""

    until: int
    days: int
    orders_per_day: float
    zone: ZoneInfo

    @property
    def since(self) -> int:
        """Its begin: midnight in the zone, so many days before the end's."""
        return self.midnight(0)

    def midnight(self, day: int) -> int:
        """The begin of a day of the history, counted from 0."""
        return to_microseconds(dt.datetime.combine(self.date(day), dt.time(), self.zone))

    def date(self, day: int) -> dt.date:
        """The date of a day of the history."""
        last = dt.datetime.fromtimestamp(self.until / SECOND, self.zone).date()
        return last - dt.timedelta(days=self.days - day)


class WebEvents(msgspec.Struct, frozen=True):
    """Columns of ``eventos_web``, as ``bulk.web_events`` takes them."""

    event: Ids
    user: Ids
    session: Ids
    cart: Ids
    step: Integers
    product: Ids
    time: Integers
    has_user: Flags
    has_cart: Flags
    has_product: Flags


class Orders(msgspec.Struct, frozen=True):
    """Orders as columns; items are flat, ``items[i]`` of them for order i. Money is centavos, times microseconds."""

    transaction: Ids
    order: Ids
    customer: Ids
    cart: Ids
    payment: Integers
    bought: Integers
    total: Integers
    items: Integers
    product: Integers
    pieces: Integers
    value: Integers
    fates: orders.Fates
    until: int

    def reached(self) -> Iterator[tuple[StatusPedido, Integers]]:
        """Each status, in its order, with when every order reached it by the end: -1 where it did not."""
        yield StatusPedido.PROCESSANDO, self.bought
        later = (
            (StatusPedido.ENVIADO, self.fates.shipped),
            (StatusPedido.ENTREGUE, self.fates.delivered),
            (StatusPedido.CANCELADO, self.fates.cancelled),
        )
        for status, after in later:
            # ``NEVER`` is beyond every end, and far from overflowing when a date is added to it.
            since = self.bought + after
            yield status, np.where(since <= self.until, since, -1)

    def latest(self) -> tuple[Integers, Integers]:
        """The rank of the status that each order has at the end, and when it got it."""
        rank, since = np.zeros(len(self.bought), np.int64), self.bought.copy()
        for status, moments in self.reached():
            here = moments >= 0
            rank[here], since[here] = status.rank, moments[here]
        return rank, since


class Day(msgspec.Struct, frozen=True):
    """What happened to one day's visitors: web events, orders, and who registered when."""

    web_events: WebEvents
    orders: Orders
    new_customers: Ids
    registered: Integers


def days(world: World, past: Past) -> Iterator[Day]:
    """Day by day, the last one up to the end."""
    numbers = np.arange(world.customers.size)
    known = Clientele(
        world.customers.id_bytes(numbers),
        world.customers.registered_at(numbers, past.since),
        world.customers.orders_before(numbers),
    )
    for day in range(past.days + 1):
        told = _day(world, past, day, known)
        known.enrol(told.new_customers, told.registered.tolist())
        yield told


def _day(world: World, past: Past, day: int, known: Clientele) -> Day:
    names = (world.seed, "historia", day)
    chance = identity.generator(*names)
    count = _visits(world, past, day, float(chance.random()))
    midnight = past.midnight(day)
    visits = sessions.draw(chance, count, world.catalogue.shelf(midnight + 12 * _HOUR), world.behaviour)
    busy = np.ones(1_440) if world.seasons is None else world.seasons.minutes(past.date(day))
    begin = midnight + _moments(busy, chance.random(count))
    users = known.pick(visits.chance)
    new = np.flatnonzero(visits.new_customer)
    users[new] = identity.uuids(identity.key(*names, "novo"), new)
    carts = identity.uuids(identity.key(*names, "carrinho"), np.arange(count))

    time = begin[visits.visit] + visits.offset
    registers = np.flatnonzero((visits.step == Step.REGISTER) & (time <= past.until))
    # A cart that is left behind and taken up again: its steps come in a second visit.
    left = np.flatnonzero(visits.step == Step.LEAVE)
    returns = visits.visit[left]
    back = time[left] + durations(RECOVERY_SECONDS, visits.chance[returns])
    purchases = visits.step == Step.PURCHASE
    buyers = np.concatenate([visits.visit[purchases], returns])
    bought = np.concatenate([time[purchases], back + 40 * SECOND])
    return Day(
        _web_events(world, past, names, visits, time, users, carts, returns, back),
        _orders(world, past, names, visits, buyers, bought, users, carts),
        users[visits.visit[registers]],
        time[registers],
    )


def _visits(world: World, past: Past, day: int, chance: float) -> int:
    """How many visits of a day are kept: all those that fill a cart, and some of the others."""
    trend = 1 + _GROWTH * (day / max(past.days, 1) - 0.5)
    variation = 1 + _DAILY_VARIATION * (2 * chance - 1)
    busy = day_factor(past.date(day)) if world.seasons is not None else 1.0
    carts = past.orders_per_day * busy * trend * variation / world.behaviour.converted
    return max(round(carts / world.behaviour.kept_cart), 1)


def _moments(busy: NDArray[np.float64], chance: NDArray[np.float64]) -> Integers:
    """For each chance in [0, 1) the microseconds since midnight; ``busy`` weighs the day's minutes."""
    bounds = np.concatenate([[0.0], np.cumsum(busy)])
    place = np.interp(chance * bounds[-1], bounds, np.arange(len(bounds)))
    return np.asarray(place * MINUTE, np.int64)


def _web_events(
    world: World,
    past: Past,
    names: tuple[int | str, ...],
    visits: Visits,
    time: Integers,
    users: Ids,
    carts: Ids,
    returns: Integers,
    back: Integers,
) -> WebEvents:
    first = np.flatnonzero((visits.step < len(WEB_TYPES)) & (time <= past.until))
    # The second visits: three events each, under a session of their own.
    again = np.repeat(returns, 3)
    again_time = (back[:, None] + np.array([0, 15, 42]) * SECOND).ravel()
    again_step = np.tile([Step.LOGIN, Step.BEGIN_CHECKOUT, Step.FINISH_CHECKOUT], len(returns)).astype(np.int64)
    kept = again_time <= past.until
    again, again_time, again_step = again[kept], again_time[kept], again_step[kept]

    visit = np.concatenate([visits.visit[first], again])
    second = np.concatenate([np.zeros(len(first), np.int64), np.ones(len(again), np.int64)])
    step = np.concatenate([visits.step[first], again_step])
    product = np.concatenate([visits.product[first], np.full(len(again), -1)])
    return WebEvents(
        event=identity.uuids(identity.key(*names, "evento"), np.arange(len(visit))),
        user=users[visit],
        session=identity.uuids(identity.key(*names, "sessao"), visit * 2 + second),
        cart=carts[visit],
        step=step,
        product=world.catalogue.id_bytes[product],
        time=np.concatenate([time[first], again_time]),
        has_user=np.concatenate([visits.known[first], np.ones(len(again), np.bool_)]),
        has_cart=np.concatenate([visits.in_cart[first], again_step != Step.LOGIN]),
        has_product=product >= 0,
    )


def _orders(
    world: World,
    past: Past,
    names: tuple[int | str, ...],
    visits: Visits,
    buyers: Integers,
    bought: Integers,
    users: Ids,
    carts: Ids,
) -> Orders:
    """Each order once, with the status it has at the end."""
    done = bought <= past.until
    buyers, bought = buyers[done], bought[done]
    items = visits.items[buyers]
    begins = np.cumsum(items) - items
    within = np.arange(int(items.sum())) - np.repeat(begins, items)
    item = np.repeat(visits.first_item[buyers], items) + within
    products, pieces = visits.item_product[item], visits.item_quantity[item]
    values = world.catalogue.prices(products, np.repeat(bought, items)) * pieces
    transactions = identity.uuids(identity.key(*names, "transacao"), buyers)
    payments = visits.payment[buyers]
    return Orders(
        transaction=transactions,
        order=identity.uuids(identity.key(*names, "pedido"), buyers),
        customer=users[buyers],
        cart=carts[buyers],
        payment=payments,
        bought=bought,
        total=np.add.reduceat(values, begins) if len(begins) else np.empty(0, np.int64),
        items=items,
        product=products,
        pieces=pieces,
        value=values,
        fates=orders.fates(identity.low_words(transactions), payments, world.behaviour.cancelled),
        until=past.until,
    )
