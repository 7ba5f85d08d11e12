"""A block of a shard's visits, written out: everything of the events but the time of day."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators import identity, sessions
from simulators.agenda import PageEvent
from simulators.behaviour import Behaviour
from simulators.catalogue import Catalogue
from simulators.customers import Customers
from simulators.orders import Purchase, fates
from simulators.sessions import WEB_TYPES, Step, Visits

WEB_TAIL = '"}'
_TYPE_PARTS = [f',"tipo_evento":"{it}","id_produto":' for it in WEB_TYPES]


class Registration(NamedTuple):
    """A new customer is about to register."""

    id_bytes: NDArray[np.uint8]


class Departure(NamedTuple):
    """A filled cart is left behind; ``events`` and ``purchase`` follow when it is taken up again."""

    chance: float
    events: tuple[PageEvent, ...]
    purchase: Purchase


# A web event is a text: its JSON up to the time of day.
Row = str | Registration | Purchase | Departure


class World(NamedTuple):
    """What all shards share."""

    seed: int
    catalogue: Catalogue
    customers: Customers
    behaviour: Behaviour


class Block(NamedTuple):
    """Rows, visit by visit, with their steps and the time at which they happen: the block lasts from 0 to 1."""

    rows: list[Row]
    steps: list[int]
    visit: NDArray[np.int64]
    offsets: NDArray[np.float64]


EMPTY = Block([], [], np.empty(0, np.int64), np.empty(0))


def web_event_head(event: str, customer: str | None, session: str, cart: str | None, step: int) -> str:
    """The JSON of a web event without a product, up to the time."""
    user = "null" if customer is None else f'"{customer}"'
    basket = "null" if cart is None else f'"{cart}"'
    return (
        f'{{"id_evento":"{event}","id_usuario":{user},"id_sessao":"{session}","id_carrinho":{basket}'
        f'{_TYPE_PARTS[step]}null,"timestamp_evento":"'
    )


def write(world: World, names: tuple[int | str, ...], known_customers: int, count: int, hurry: float) -> Block:
    """``count`` visits under ids that follow from ``names``.

    They begin evenly over a time of 1; pauses are multiplied by ``hurry`` (in 1 per microsecond).
    """
    chance = identity.generator(*names)
    visits = sessions.draw(chance, count, world.catalogue, world.behaviour)
    begins = np.sort(chance.random(count))
    numbers = np.arange(count)

    ids = world.customers.id_bytes(world.customers.pick(visits.chance, known_customers))
    new = np.flatnonzero(visits.new_customer)
    ids[new] = identity.uuids(identity.key(*names, "novo"), new)
    users = identity.texts(ids)
    visit_ids = identity.texts(identity.uuids(identity.key(*names, "sessao"), numbers))
    with_cart = np.flatnonzero(visits.has_cart)
    carts = dict(
        zip(
            with_cart.tolist(),
            identity.texts(identity.uuids(identity.key(*names, "carrinho"), with_cart)),
            strict=True,
        )
    )
    purchases = _purchases(world, names, visits, ids, users, carts)
    rows = _web_rows(world, names, visits, users, visit_ids, carts)
    steps = visits.step.tolist()
    for at in np.flatnonzero(visits.step >= len(WEB_TYPES)).tolist():
        visit = int(visits.visit[at])
        if steps[at] == Step.REGISTER:
            rows[at] = Registration(ids[visit : visit + 1])
        elif steps[at] == Step.PURCHASE:
            rows[at] = purchases[visit]
        else:
            rows[at] = _departure(names, visit, float(visits.chance[visit]), purchases[visit])
    return Block(rows, steps, visits.visit, begins[visits.visit] + visits.offset * hurry)


def under_way(block: Block) -> Block:
    """What is still to come of a block's visits at its end, as if the shop opened there.

    Without them a run would have no orders until its first visitors got that far. What such visits
    need to make sense (their carts, logins) happens at the opening; pages seen before are left out.
    """
    offsets = block.offsets - 1.0
    if len(offsets) == 0:
        return block
    last = np.full(int(block.visit[-1]) + 1, -1.0)
    last[block.visit] = offsets  # of a visit's steps the last one stays
    pages = np.isin(block.steps, (Step.VIEW, Step.SEARCH))
    kept = np.flatnonzero((offsets >= 0) | (~pages & (last[block.visit] >= 0)))
    return Block(
        [block.rows[it] for it in kept],
        [block.steps[it] for it in kept],
        block.visit[kept],
        np.maximum(offsets[kept], 0.0),
    )


def _web_rows(
    world: World,
    names: tuple[int | str, ...],
    visits: Visits,
    users: list[str],
    visit_ids: list[str],
    carts: dict[int, str],
) -> list[Row]:
    """Each step as if it were a web event."""
    nobody = visits.count
    user_texts = [*(f'"{it}"' for it in users), "null"]
    cart_texts = [*(f'"{carts[it]}"' if it in carts else "null" for it in range(nobody)), "null"]
    events = identity.texts(identity.uuids(identity.key(*names, "evento"), np.arange(len(visits.visit))))
    products = world.catalogue.quoted
    parts = [*_TYPE_PARTS, *[""] * (len(Step) - len(_TYPE_PARTS))]
    columns = zip(
        events,
        np.where(visits.known, visits.visit, nobody).tolist(),
        visits.visit.tolist(),
        np.where(visits.in_cart, visits.visit, nobody).tolist(),
        visits.step.tolist(),
        visits.product.tolist(),
        strict=True,
    )
    return [
        f'{{"id_evento":"{event}","id_usuario":{user_texts[user]},"id_sessao":"{visit_ids[visit]}","id_carrinho":'
        f'{cart_texts[cart]}{parts[step]}{products[product]},"timestamp_evento":"'
        for event, user, visit, cart, step, product in columns
    ]


def _purchases(
    world: World,
    names: tuple[int | str, ...],
    visits: Visits,
    ids: NDArray[np.uint8],
    users: list[str],
    carts: dict[int, str],
) -> dict[int, Purchase]:
    """The orders that visits lead to, at once or later, by visit."""
    buyers = np.flatnonzero(visits.paid | visits.recovered)
    if len(buyers) == 0:
        return {}
    transactions = identity.uuids(identity.key(*names, "transacao"), buyers)
    fate = fates(identity.low_words(transactions), visits.payment[buyers])
    columns = zip(
        buyers.tolist(),
        identity.texts(transactions),
        identity.texts(identity.uuids(identity.key(*names, "pedido"), buyers)),
        world.customers.states(ids[buyers]).tolist(),
        visits.payment[buyers].tolist(),
        visits.first_item[buyers].tolist(),
        visits.items[buyers].tolist(),
        strict=True,
    )
    return {
        visit: Purchase(
            transaction=transaction,
            order=order,
            customer=users[visit],
            cart=carts[visit],
            state=state,
            payment=payment,
            products=visits.item_product[first : first + items].tolist(),
            quantities=visits.item_quantity[first : first + items].tolist(),
            changes=fate.changes(at),
        )
        for at, (visit, transaction, order, state, payment, first, items) in enumerate(columns)
    }


def _departure(names: tuple[int | str, ...], visit: int, chance: float, purchase: Purchase) -> Departure:
    """What will happen in the second visit: login, checkout, order, thanks."""
    ids = identity.texts(identity.uuids(identity.key(*names, "volta", visit), np.arange(4)))
    events = tuple(
        PageEvent(
            web_event_head(ids[at], purchase.customer, ids[3], None if step == Step.LOGIN else purchase.cart, step),
            step,
        )
        for at, step in enumerate((Step.LOGIN, Step.BEGIN_CHECKOUT, Step.FINISH_CHECKOUT))
    )
    return Departure(chance, events, purchase)
