"""Visits written out: everything of the events but the time at which they are told."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators import customers, identity, sessions
from simulators.agenda import PageEvent
from simulators.behaviour import RECOVERY_SECONDS
from simulators.clientele import Clientele
from simulators.moments import SECOND, durations
from simulators.orders import Purchase, fates
from simulators.sessions import WEB_TYPES, Step, Visits
from simulators.world import World

WEB_TAIL = '"}'
_TYPE_PARTS = [f',"tipo_evento":"{it}","id_produto":' for it in WEB_TYPES]


class Registration(NamedTuple):
    """A new customer is about to register."""

    id_bytes: NDArray[np.uint8]


class Departure(NamedTuple):
    """A filled cart is left behind; after ``pause`` microseconds it is taken up again."""

    pause: int
    purchase: Purchase


# A web event is a text: its JSON up to the time of day.
Row = str | Registration | Purchase | Departure


class Block(NamedTuple):
    """Rows, visit by visit, with their steps, their visit's number, and when they are due."""

    rows: list[Row]
    steps: NDArray[np.int64]
    visit: NDArray[np.int64]
    due: NDArray[np.int64]


EMPTY = Block([], np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


class Drawn(NamedTuple):
    """Visits without their times: rows, visit by visit; visit i has those from ``first[i]`` to ``first[i + 1]``.

    ``offset`` are the microseconds since the visit began.
    """

    size: int
    first: NDArray[np.int64]
    rows: list[Row]
    steps: NDArray[np.int64]
    visit: NDArray[np.int64]
    offset: NDArray[np.int64]

    def part(self, since: int, begins: NDArray[np.int64], hurry: float, *, number: int) -> Block:
        """As many visits as begin at ``begins``, counted from ``since``; they are numbered from ``number`` on."""
        begin, end = int(self.first[since]), int(self.first[since + len(begins)])
        visit = self.visit[begin:end] - since
        due = begins[visit] + (self.offset[begin:end] * hurry).astype(np.int64)
        return Block(self.rows[begin:end], self.steps[begin:end], visit + number, due)


def joined(blocks: list[Block]) -> Block:
    """Several blocks as one."""
    if len(blocks) == 1:
        return blocks[0]
    if not blocks:
        return EMPTY
    return Block(
        [row for it in blocks for row in it.rows],
        np.concatenate([it.steps for it in blocks]),
        np.concatenate([it.visit for it in blocks]),
        np.concatenate([it.due for it in blocks]),
    )


def web_event_head(event: str, customer: str | None, session: str, cart: str | None, step: int) -> str:
    """The JSON of a web event without a product, up to the time."""
    user = "null" if customer is None else f'"{customer}"'
    basket = "null" if cart is None else f'"{cart}"'
    return (
        f'{{"id_evento":"{event}","id_usuario":{user},"id_sessao":"{session}","id_carrinho":{basket}'
        f'{_TYPE_PARTS[step]}null,"timestamp_evento":"'
    )


def recovery_pause(chance: float) -> int:
    """Microseconds until an abandoned cart is taken up again."""
    return int(durations(RECOVERY_SECONDS, chance))


def second_visit(begin: int, purchase: Purchase) -> list[tuple[int, PageEvent | Purchase]]:
    """The visit in which a cart left behind is bought, with when each step is due: login, checkout, order.

    Its ids follow from the order's and from when it begins: whose payment fails may come once more.
    """
    word = identity.key("volta", purchase.transaction, begin)
    login, checkout, thanks, session = identity.texts(identity.uuids(word, np.arange(4)))
    customer, cart = purchase.customer, purchase.cart

    def page(event: str, step: Step) -> PageEvent:
        return PageEvent(web_event_head(event, customer, session, None if step == Step.LOGIN else cart, step), step)

    return [
        (begin, page(login, Step.LOGIN)),
        (begin + 15 * SECOND, page(checkout, Step.BEGIN_CHECKOUT)),
        (begin + 40 * SECOND, purchase.thanked(page(thanks, Step.FINISH_CHECKOUT).head)),
    ]


def draw(world: World, clientele: Clientele, shard: int, names: tuple[int | str, ...], time: int, count: int) -> Drawn:
    """``count`` visits of one shard to the shop as it is at ``time``, under ids that follow from ``names``."""
    visits = sessions.draw(identity.generator(*names), count, world.shelf(time), world.behaviour)
    ids = clientele.pick(visits.chance)
    new = np.flatnonzero(visits.new_customer)
    ids[new] = customers.owned_by(identity.uuids(identity.key(*names, "novo"), new), shard)
    users = identity.texts(ids)
    visit_ids = identity.texts(identity.uuids(identity.key(*names, "sessao"), np.arange(count)))
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
            # The page that thanks for the order follows in the visit; it is told once the order is placed.
            thanks = rows[at + 1]
            assert isinstance(thanks, str)
            rows[at] = purchases[visit].thanked(thanks)
        else:
            rows[at] = Departure(recovery_pause(float(visits.chance[visit])), purchases[visit])
    kept = np.flatnonzero(visits.step != Step.FINISH_CHECKOUT)
    of_visit = visits.visit[kept]
    return Drawn(
        size=count,
        first=np.searchsorted(of_visit, np.arange(count + 1)),
        rows=[rows[it] for it in kept.tolist()],
        steps=visits.step[kept],
        visit=of_visit,
        offset=visits.offset[kept],
    )


def write_bots(world: World, names: tuple[int | str, ...], begins: NDArray[np.int64], hurry: float) -> Block:
    """Visits of bots that begin at these ascending times, under ids that follow from ``names``."""
    count = len(begins)
    if count == 0:
        return EMPTY
    visit, product, offset = sessions.draw_bots(identity.generator(*names, "robos"), count, world.shelf(int(begins[0])))
    visit_ids = identity.texts(identity.uuids(identity.key(*names, "sessao de robo"), np.arange(count)))
    events = identity.texts(identity.uuids(identity.key(*names, "evento de robo"), np.arange(len(visit))))
    quoted, part = world.catalogue.quoted, _TYPE_PARTS[Step.BOT_VIEW]
    rows: list[Row] = [
        f'{{"id_evento":"{event}","id_usuario":null,"id_sessao":"{visit_ids[at]}","id_carrinho":null'
        f'{part}{quoted[item]},"timestamp_evento":"'
        for event, at, item in zip(events, visit.tolist(), product.tolist(), strict=True)
    ]
    return Block(
        rows, np.full(len(rows), Step.BOT_VIEW, np.int64), visit, begins[visit] + (offset * hurry).astype(np.int64)
    )


def under_way(block: Block, opening: int) -> Block:
    """What is still to come of a block's visits at ``opening``, as if the shop opened there.

    Without them a run would have no orders until its first visitors got that far. What such visits
    need to make sense (their carts, logins) happens at the opening; pages seen before are left out.
    """
    if len(block.rows) == 0:
        return block
    last = np.zeros(int(block.visit[-1]) + 1, np.int64)
    last[block.visit] = block.due  # of a visit's steps the last one stays
    pages = np.isin(block.steps, (Step.VIEW, Step.SEARCH))
    kept = np.flatnonzero((block.due >= opening) | (~pages & (last[block.visit] >= opening)))
    return Block(
        [block.rows[it] for it in kept.tolist()],
        block.steps[kept],
        block.visit[kept],
        np.maximum(block.due[kept], opening),
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
    # Who, in which session, with which cart: the same for most steps of a visit.
    shopper = 4 * visits.visit + 2 * visits.known + visits.in_cart
    middles = {}
    for it in shopper[np.flatnonzero(np.diff(shopper, prepend=-1))].tolist():
        visit, known, in_cart = it // 4, it & 2, it & 1
        user = f'"{users[visit]}"' if known else "null"
        cart = f'"{carts[visit]}"' if in_cart else "null"
        middles[it] = f'{user},"id_sessao":"{visit_ids[visit]}","id_carrinho":{cart}'
    events = identity.texts(
        identity.uuids(identity.key(*names, "evento"), np.arange(len(visits.visit))),
        before='{"id_evento":"',
        after='","id_usuario":',
    )
    products = world.catalogue.quoted
    parts = [*_TYPE_PARTS, *[""] * (len(Step) - len(_TYPE_PARTS))]
    columns = zip(events, shopper.tolist(), visits.step.tolist(), visits.product.tolist(), strict=True)
    return [
        f'{event}{middles[shopper]}{parts[step]}{products[product]},"timestamp_evento":"'
        for event, shopper, step, product in columns
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
    fate = fates(identity.low_words(transactions), visits.payment[buyers], world.behaviour.cancelled)
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
            thanks="",
        )
        for at, (visit, transaction, order, state, payment, first, items) in enumerate(columns)
    }
