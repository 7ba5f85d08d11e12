"""The shop's past as arrays: every day's visits, orders and what became of them by now. Pure."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.events import StatusPedido
from simulators import identity, orders, sessions
from simulators.behaviour import HOURS, PAYMENTS, RECOVERY_SECONDS, WEEKDAYS
from simulators.bulk import Flags, Ids, text_row
from simulators.moments import SECOND, to_microseconds, to_text
from simulators.sessions import WEB_TYPES, Step, Visits
from simulators.visits import World

Integers = NDArray[np.int64]

_HOURS = identity.cumulative(HOURS)
_HOUR = 3_600 * SECOND
# The shop sells this much more at the end of its history than at the beginning, and varies by this
# much from day to day.
_GROWTH = 0.25
_DAILY_VARIATION = 0.08
_STATUSES = tuple(StatusPedido)


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What the history is to be like. ``until`` is its end in microseconds."""

    until: int
    days: int
    orders_per_day: float
    browsing_share: float
    zone: ZoneInfo

    @property
    def since(self) -> int:
        """Its begin: midnight in the zone, so many days before the end's."""
        return self.midnight(0)

    def midnight(self, day: int) -> int:
        """The begin of a day of the history, counted from 0."""
        last = dt.datetime.fromtimestamp(self.until / SECOND, self.zone).date()
        date = last - dt.timedelta(days=self.days - day)
        return to_microseconds(dt.datetime.combine(date, dt.time(), self.zone))

    def weekday(self, day: int) -> int:
        """0 for Monday."""
        return dt.datetime.fromtimestamp(self.midnight(day) / SECOND, self.zone).weekday()


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


class Day(msgspec.Struct, frozen=True):
    """One day's rows: web events as columns, transactions as lines of COPY's text form."""

    web_events: WebEvents
    transactions: list[str]


def days(world: World, past: Past) -> Iterator[Day]:
    """Day by day, the last one up to the end."""
    for day in range(past.days + 1):
        yield _day(world, past, day)


def _day(world: World, past: Past, day: int) -> Day:
    names = (world.seed, "historia", day)
    chance = identity.generator(*names)
    carts, browsers = _visitors(world, past, day, float(chance.random()))
    count = carts + browsers
    behaviour = world.behaviour._replace(cart=carts / count)
    visits = sessions.draw(chance, count, world.catalogue, behaviour, cart_browsing=past.browsing_share)
    hour = identity.choose(_HOURS, chance.random(count))
    midnight = past.midnight(day)
    begin = midnight + ((hour + chance.random(count)) * _HOUR).astype(np.int64)
    known = world.customers.registered_by(midnight)
    users = world.customers.id_bytes(world.customers.pick(visits.chance, known))
    carts_ids = identity.uuids(identity.key(*names, "carrinho"), np.arange(count))

    time = begin[visits.visit] + visits.offset
    # A cart that is left behind and taken up again: its steps come in a second visit.
    left = np.flatnonzero(visits.step == Step.LEAVE)
    returns = visits.visit[left]
    steps = np.linspace(0.0, 1.0, len(RECOVERY_SECONDS))
    back = time[left] + (np.interp(visits.chance[returns], steps, RECOVERY_SECONDS) * SECOND).astype(np.int64)
    purchases = visits.step == Step.PURCHASE
    buyers = np.concatenate([visits.visit[purchases], returns])
    bought = np.concatenate([time[purchases], back + 40 * SECOND])
    return Day(
        _web_events(world, past, names, visits, time, users, carts_ids, returns, back),
        _transactions(world, past, names, visits, buyers, bought, users, carts_ids),
    )


def _visitors(world: World, past: Past, day: int, chance: float) -> tuple[int, int]:
    """How many visits of a day fill a cart, and how many others are kept."""
    behaviour = world.behaviour
    paid = behaviour.checkout * behaviour.paid
    converted = paid + (1 - paid) * behaviour.recovered
    trend = 1 + _GROWTH * (day / max(past.days, 1) - 0.5)
    variation = 1 + _DAILY_VARIATION * (2 * chance - 1)
    wanted = past.orders_per_day * WEEKDAYS[past.weekday(day)] * 7 / sum(WEEKDAYS) * trend * variation
    carts = wanted / converted
    others = carts * (1 - behaviour.cart) / behaviour.cart * past.browsing_share
    return max(round(carts), 1), round(others)


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


def _transactions(
    world: World,
    past: Past,
    names: tuple[int | str, ...],
    visits: Visits,
    buyers: Integers,
    bought: Integers,
    users: Ids,
    carts: Ids,
) -> list[str]:
    """Each order once, with the status it has at the end."""
    done = bought <= past.until
    buyers, bought = buyers[done], bought[done]
    if len(buyers) == 0:
        return []
    items = visits.items[buyers]
    begins = np.cumsum(items) - items
    within = np.arange(int(items.sum())) - np.repeat(begins, items)
    item = np.repeat(visits.first_item[buyers], items) + within
    products, quantities = visits.item_product[item], visits.item_quantity[item]
    values = world.catalogue.prices(products, np.repeat(bought, items)) * quantities
    totals = np.add.reduceat(values, begins)
    transactions = identity.uuids(identity.key(*names, "transacao"), buyers)
    payments = visits.payment[buyers]
    status, since = _latest(orders.fates(identity.low_words(transactions), payments), bought, past.until)
    columns = zip(
        identity.texts(transactions),
        identity.texts(identity.uuids(identity.key(*names, "pedido"), buyers)),
        identity.texts(users[buyers]),
        identity.texts(carts[buyers]),
        begins.tolist(),
        items.tolist(),
        totals.tolist(),
        bought.tolist(),
        payments.tolist(),
        status.tolist(),
        since.tolist(),
        strict=True,
    )
    ids, pieces = world.catalogue.ids, quantities.tolist()
    bought_ids = [ids[it] for it in products.tolist()]
    return [
        text_row(
            (
                transaction,
                order,
                user,
                f"{{{','.join(bought_ids[begin : begin + number])}}}",
                f"{{{','.join(map(str, pieces[begin : begin + number]))}}}",
                f"{total // 100}.{total % 100:02d}",
                to_text(moment),
                PAYMENTS[payment],
                _STATUSES[rank],
                to_text(reached),
                cart,
            )
        )
        for transaction, order, user, cart, begin, number, total, moment, payment, rank, reached in columns
    ]


def _latest(fates: orders.Fates, bought: Integers, until: int) -> tuple[Integers, Integers]:
    """The rank of the status that each order has by ``until``, and when it got it."""
    rank, since = np.zeros(len(bought), np.int64), bought.copy()
    for number, after in enumerate((fates.shipped, fates.delivered, fates.cancelled), start=1):
        # ``NEVER`` is beyond every end, and far from overflowing when a date is added to it.
        reached = bought + after <= until
        rank[reached], since[reached] = number, (bought + after)[reached]
    return rank, since
