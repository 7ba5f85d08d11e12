"""Visits drawn many at a time: who comes, what each looks at, which carts are filled, left and paid for.

Pure arrays, without ids or times of day: the live stream and the history turn the same visits into
events.
"""

from enum import IntEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.events import TipoEvento
from simulators import identity
from simulators.behaviour import PAGES, PAUSE_SECONDS, PAYMENT_SHARES, PIECES, PRODUCTS_IN_CART, Behaviour
from simulators.catalogue import Catalogue
from simulators.moments import SECOND

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Step(IntEnum):
    """What happens at one moment of a visit. The first eight are web events, in the order of ``WEB_TYPES``."""

    VIEW = 0
    ADD = 1
    REMOVE = 2
    CREATE_CART = 3
    BEGIN_CHECKOUT = 4
    FINISH_CHECKOUT = 5
    SEARCH = 6
    LOGIN = 7
    REGISTER = 8  # a new customer's message
    PURCHASE = 9  # the order's first message
    LEAVE = 10  # a cart is left behind that will be taken up again


WEB_TYPES: tuple[TipoEvento, ...] = (
    TipoEvento.VISUALIZACAO_PRODUTO,
    TipoEvento.ADICIONAR_CARRINHO,
    TipoEvento.REMOVER_CARRINHO,
    TipoEvento.CARRINHO_CRIADO,
    TipoEvento.CHECKOUT_INICIADO,
    TipoEvento.CHECKOUT_CONCLUIDO,
    TipoEvento.PESQUISA,
    TipoEvento.LOGIN,
)
# A visit in its order; each segment has a length, often 0. From the login's on the shopper is known.
_SEGMENTS = (
    *(Step.VIEW, Step.CREATE_CART, Step.ADD, Step.REMOVE, Step.REGISTER),
    *(Step.LOGIN, Step.BEGIN_CHECKOUT, Step.PURCHASE, Step.FINISH_CHECKOUT, Step.LEAVE),
)
_LOGIN_SEGMENT = 5
_PAGES, _PAUSES = identity.cumulative(PAGES), np.linspace(0.0, 1.0, len(PAUSE_SECONDS))
_KEPT, _PIECES, _PAYMENTS = (identity.cumulative(it) for it in (PRODUCTS_IN_CART, PIECES, PAYMENT_SHARES))
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


def draw(
    chance: np.random.Generator,
    count: int,
    catalogue: Catalogue,
    behaviour: Behaviour,
    *,
    cart_browsing: float = 1.0,
) -> Visits:
    """``count`` visits; of those with a cart the share ``cart_browsing`` keeps its page events."""

    def flag(share: float) -> Flags:
        return np.asarray(chance.random(count) < share)

    has_cart = flag(behaviour.cart)
    checkout = flag(behaviour.checkout) & has_cart
    paid = flag(behaviour.paid) & checkout
    recovered = flag(behaviour.recovered) & has_cart & ~paid
    remembered = chance.random(count) < np.where(has_cart, behaviour.remembered_with_cart, behaviour.remembered)
    new_customer = flag(behaviour.new_customer) & paid & ~remembered
    # Whoever goes to the checkout or will find the cart again must be known.
    login = ~remembered & (checkout | recovered | (flag(behaviour.login) & ~has_cart))
    removed = flag(behaviour.removed) & has_cart
    pages = identity.choose(_PAGES, chance.random(count)) + 1
    if cart_browsing < 1.0:
        pages = np.where(has_cart & (chance.random(count) >= cart_browsing), 0, pages)
    items = np.where(has_cart, identity.choose(_KEPT, chance.random(count)) + 1, 0)
    added = items + removed
    who, payment = chance.random(count), identity.choose(_PAYMENTS, chance.random(count))

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
    added_product = _cart_products(chance, added, catalogue)
    product = np.full(total, -1, np.int64)
    views = step == Step.VIEW
    product[views] = catalogue.popular(chance.random(int(views.sum())))
    adds = step == Step.ADD
    product[adds] = added_product[first_added[visit[adds]] + position[adds]]
    # What is taken out again is the last that went in.
    removes = step == Step.REMOVE
    product[removes] = added_product[first_added[visit[removes]] + items[visit[removes]]]

    pause = (np.interp(chance.random(total), _PAUSES, PAUSE_SECONDS) * SECOND).astype(np.int64)
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


def _cart_products(chance: np.random.Generator, added: Integers, catalogue: Catalogue) -> Integers:
    """Products that go into carts, ``added[i]`` of them different ones for visit i."""
    visit = np.repeat(np.arange(len(added)), added)
    within = np.arange(len(visit)) - (np.cumsum(added) - added)[visit]
    spread = (chance.random(len(added))[visit] + within / _STRATA) % 1.0
    return catalogue.popular(spread)
