"""Visits drawn many at a time: who comes, what each looks at, which carts are filled, left and paid for.

Pure arrays, without ids or times of day: the live stream and the history turn the same visits into
events. Bots are visits too, of pages alone.
"""

from enum import IntEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.events import TipoEvento
from simulators import identity
from simulators.behaviour import (
    BOT_PAGES,
    BOT_PAUSE_SECONDS,
    PAGES,
    PAUSE_SECONDS,
    PIECES,
    PRODUCTS_IN_CART,
    Behaviour,
)
from simulators.catalogue import Shelf
from simulators.moments import SECOND, durations

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Step(IntEnum):
    """What happens at one moment of a visit. The first nine are web events, in the order of ``WEB_TYPES``."""

    VIEW = 0
    ADD = 1
    REMOVE = 2
    CREATE_CART = 3
    BEGIN_CHECKOUT = 4
    FINISH_CHECKOUT = 5
    SEARCH = 6
    LOGIN = 7
    BOT_VIEW = 8  # a view like any other, but for the ledger
    REGISTER = 9  # a new customer's message
    PURCHASE = 10  # the order's first message
    LEAVE = 11  # a cart is left behind that will be taken up again


WEB_TYPES: tuple[TipoEvento, ...] = (
    TipoEvento.VISUALIZACAO_PRODUTO,
    TipoEvento.ADICIONAR_CARRINHO,
    TipoEvento.REMOVER_CARRINHO,
    TipoEvento.CARRINHO_CRIADO,
    TipoEvento.CHECKOUT_INICIADO,
    TipoEvento.CHECKOUT_CONCLUIDO,
    TipoEvento.PESQUISA,
    TipoEvento.LOGIN,
    TipoEvento.VISUALIZACAO_PRODUTO,
)
# A visit in its order; each segment has a length, often 0. From the login's on the shopper is known.
_SEGMENTS = (
    *(Step.VIEW, Step.CREATE_CART, Step.ADD, Step.REMOVE, Step.REGISTER),
    *(Step.LOGIN, Step.BEGIN_CHECKOUT, Step.PURCHASE, Step.FINISH_CHECKOUT, Step.LEAVE),
)
_LOGIN_SEGMENT = 5
_PAGES = identity.cumulative(PAGES)
_KEPT, _PIECES = (identity.cumulative(it) for it in (PRODUCTS_IN_CART, PIECES))
# Products of one cart are drawn from as many strata of popularity, so that none comes twice.
_STRATA = len(PRODUCTS_IN_CART) + 1


class Visits(msgspec.Struct, frozen=True):
    """``count`` visits and their steps, flat and in the order in which each visit takes them.

    Of each visit: ``chance`` (who comes), ``remembered``, ``new_customer``, ``has_cart``, ``paid``,
    ``recovered``, ``payment``; its kept products stand at ``first_item`` … of ``item_product`` and
    ``item_quantity``, ``items`` of them. Of each step: ``visit``, ``step``, ``product`` (-1: none),
    ``offset`` (microseconds since the visit began), ``known`` (whether the shopper is logged in),
    ``in_cart`` (whether the cart exists).
    """

    count: int
    chance: NDArray[np.float64]
    remembered: Flags
    new_customer: Flags
    has_cart: Flags
    paid: Flags
    recovered: Flags
    payment: Integers
    items: Integers
    first_item: Integers
    item_product: Integers
    item_quantity: Integers
    visit: Integers
    step: Integers
    product: Integers
    offset: Integers
    known: Flags
    in_cart: Flags


def draw(chance: np.random.Generator, count: int, shelf: Shelf, behaviour: Behaviour) -> Visits:
    """``count`` visits, browsing thinned to the behaviour's share: carts are all there, others that much fewer."""

    def flag(share: float) -> Flags:
        return np.asarray(chance.random(count) < share)

    has_cart = flag(behaviour.kept_cart)
    checkout = flag(behaviour.checkout) & has_cart
    paid = flag(behaviour.paid) & checkout
    recovered = flag(behaviour.recovered) & has_cart & ~paid
    remembered = chance.random(count) < np.where(has_cart, behaviour.remembered_with_cart, behaviour.remembered)
    new_customer = flag(behaviour.new_customer) & paid & ~remembered
    # Whoever goes to the checkout or will find the cart again must be known.
    login = ~remembered & (checkout | recovered | (flag(behaviour.login) & ~has_cart))
    removed = flag(behaviour.removed) & has_cart
    pages = identity.choose(_PAGES, chance.random(count)) + 1
    if behaviour.browsing < 1.0:
        pages = np.where(has_cart & (chance.random(count) >= behaviour.browsing), 0, pages)
    items = np.where(has_cart, identity.choose(_KEPT, chance.random(count)) + 1, 0)
    added = items + removed
    who = chance.random(count)
    payment = identity.choose(identity.cumulative(behaviour.payments), chance.random(count))
    came_for = flag(shelf.featuring)

    steps = np.array(_SEGMENTS)
    lengths = np.stack(
        [pages, has_cart, added, removed, new_customer, login, checkout, paid, paid, recovered], axis=1
    ).astype(np.int64)
    segment = np.repeat(np.tile(np.arange(len(steps)), count), lengths.ravel())
    per_visit = lengths.sum(axis=1)
    visit = np.repeat(np.arange(count), per_visit)
    step = steps[segment]
    total = len(step)
    # The position of each step inside its own segment: the first add, the second …
    segment_start = np.cumsum(lengths.ravel()) - lengths.ravel()
    position = np.arange(total) - np.repeat(segment_start, lengths.ravel())

    searches = (step == Step.VIEW) & (chance.random(total) < behaviour.search)
    step = np.where(searches, Step.SEARCH, step)
    first_added = np.cumsum(added) - added
    added_product = _cart_products(chance, added, shelf, came_for)
    product = np.full(total, -1, np.int64)
    views = step == Step.VIEW
    product[views] = shelf.seen(chance.random(int(views.sum())))
    product[views & came_for[visit]] = shelf.featured
    adds = step == Step.ADD
    product[adds] = added_product[first_added[visit[adds]] + position[adds]]
    # What is taken out again is the last that went in.
    removes = step == Step.REMOVE
    product[removes] = added_product[first_added[visit[removes]] + items[visit[removes]]]

    pause = durations(PAUSE_SECONDS, chance.random(total))
    first = np.cumsum(per_visit) - per_visit
    # The order, and the page that thanks for it, follow at once.
    quick = (step == Step.PURCHASE) | (step == Step.FINISH_CHECKOUT) | (step == Step.LEAVE)
    pause = np.where(quick, pause // 10, pause)
    pause[first[per_visit > 0]] = 0
    elapsed = np.cumsum(pause)
    offset = elapsed - np.repeat(elapsed[first[per_visit > 0]], per_visit[per_visit > 0])

    kept = np.repeat(np.arange(count), items)
    first_item = np.cumsum(items) - items
    within = np.arange(len(kept)) - first_item[kept]
    return Visits(
        count=count,
        chance=who,
        remembered=remembered,
        new_customer=new_customer,
        has_cart=has_cart,
        paid=paid,
        recovered=recovered,
        payment=payment,
        items=items,
        first_item=first_item,
        item_product=added_product[first_added[kept] + within],
        item_quantity=identity.choose(_PIECES, chance.random(len(kept))) + 1,
        visit=visit,
        step=step,
        product=product,
        offset=offset,
        known=remembered[visit] | (segment >= _LOGIN_SEGMENT),
        in_cart=has_cart[visit] & (segment >= 1),
    )


def draw_bots(chance: np.random.Generator, count: int, shelf: Shelf) -> tuple[Integers, Integers, Integers]:
    """``count`` visits of bots: for each page its visit, product, and microseconds since the visit began."""
    least, most = BOT_PAGES
    pages = least + (chance.random(count) * (most - least + 1)).astype(np.int64)
    visit = np.repeat(np.arange(count), pages)
    first = np.cumsum(pages) - pages
    quickest, slowest = BOT_PAUSE_SECONDS
    pause = ((quickest + (slowest - quickest) * chance.random(len(visit))) * SECOND).astype(np.int64)
    pause[first] = 0
    elapsed = np.cumsum(pause)
    # They go through the catalogue, whatever is popular.
    product = shelf.ranking[(chance.random(len(visit)) * len(shelf.ranking)).astype(np.int64)]
    return visit, product, elapsed - elapsed[first][visit]


def _cart_products(chance: np.random.Generator, added: Integers, shelf: Shelf, came_for: Flags) -> Integers:
    """Products that go into carts, ``added[i]`` of them different ones for visit i."""
    visit = np.repeat(np.arange(len(added)), added)
    first = np.cumsum(added) - added
    within = np.arange(len(visit)) - first[visit]
    spread = (chance.random(len(added))[visit] + within / _STRATA) % 1.0
    products = shelf.bought(spread)
    # Who came for the featured product takes it first, unless it is among the others anyway.
    has_it = np.bincount(visit[products == shelf.featured], minlength=len(added)) > 0
    wants_it = np.flatnonzero(came_for & (added > 0) & ~has_it)
    if shelf.featured in shelf.stocked:
        products[first[wants_it]] = shelf.featured
    return _made_different(products, visit, shelf)


def _made_different(products: Integers, visit: Integers, shelf: Shelf) -> Integers:
    """Where a product that is wanted very much spans two strata and so comes twice: the next ones instead."""
    place = np.empty(len(shelf.ranking), np.int64)
    place[shelf.stocked] = np.arange(len(shelf.stocked))
    while True:
        key = visit * len(shelf.ranking) + products
        order = np.argsort(key, kind="stable")
        twice = order[1:][key[order][1:] == key[order][:-1]]
        if len(twice) == 0:
            return products
        products[twice] = shelf.stocked[(place[products[twice]] + 1) % len(shelf.stocked)]
