"""Customers who come back, and what becomes of them."""

import numpy as np

from contracts.events import SegmentoCliente
from simulators import customers, identity, standing
from simulators.behaviour import PROMOTION_DELAY
from simulators.clientele import Clientele, of_opening
from simulators.customers import Customers
from simulators.moments import MINUTE

HOUR = 60 * MINUTE


def made(count: int, name: str = "prova") -> np.ndarray:
    return identity.uuids(identity.key(name), np.arange(count))


def test_a_customer_becomes_loyal_with_the_third_order_and_vip_with_the_fifteenth() -> None:
    ids = made(10)
    known = Clientele(ids, np.arange(10) + 1_000, np.zeros(10, np.int64))
    somebody = ids[4].tobytes()

    changes = [known.order(somebody, at * MINUTE) for at in range(16)]

    assert [(at, it) for at, it in enumerate(changes, start=1) if it] == [
        (3, (1_004, SegmentoCliente.FIEL)),
        (15, (1_004, SegmentoCliente.VIP)),
    ]
    assert known.segment(somebody, HOUR) == SegmentoCliente.VIP
    assert known.segment(ids[5].tobytes(), HOUR) == SegmentoCliente.NOVO


def test_an_order_in_the_second_before_a_promotion_is_told_is_placed_as_before() -> None:
    """Consumers know of a segment from when it is valid: two orders of one instant are of one segment."""
    known = Clientele(made(1), np.array([1]), np.array([2]))
    somebody = made(1)[0].tobytes()
    assert known.order(somebody, MINUTE) == (1, SegmentoCliente.FIEL)
    last_before = MINUTE + PROMOTION_DELAY - 1
    assert [known.segment(somebody, it) for it in (MINUTE, last_before)] == [SegmentoCliente.NOVO] * 2
    assert known.order(somebody, last_before) is None
    assert known.segment(somebody, last_before + 1) == SegmentoCliente.FIEL


def test_so_it_is_in_the_history() -> None:
    base = Customers(42, 1)
    offsets = [0, 0, 0, PROMOTION_DELAY - 1, PROMOTION_DELAY]
    found = standing.standing(base, np.repeat(made(1), 5, axis=0), MINUTE + np.array(offsets))
    assert [customers.SEGMENTS[it] for it in found.segments.tolist()] == [SegmentoCliente.NOVO] * 4 + [
        SegmentoCliente.FIEL
    ]
    assert (found.promoted.tolist(), [customers.SEGMENTS[it] for it in found.reached.tolist()]) == (
        [2],
        [SegmentoCliente.FIEL],
    )


def test_orders_of_before_count() -> None:
    ids = made(3)
    known = Clientele(ids, np.array([7, 8, 9]), np.array([2, 14, 30]))

    assert [known.segment(it.tobytes(), 10) for it in ids] == [
        SegmentoCliente.NOVO,
        SegmentoCliente.FIEL,
        SegmentoCliente.VIP,
    ]
    assert [known.order(it.tobytes(), 10) for it in ids] == [(7, SegmentoCliente.FIEL), (8, SegmentoCliente.VIP), None]


def test_new_customers_come_back_too() -> None:
    known = Clientele(made(100), np.full(100, 1), np.zeros(100, np.int64))
    new = made(50, "novos")
    assert not {it.tobytes() for it in known.pick(identity.generator("a").random(5_000))} & {it.tobytes() for it in new}
    known.enrol(new, [2] * 50)

    came = {it.tobytes() for it in known.pick(identity.generator("b").random(5_000))}
    assert len(known) == 150
    assert len(came & {it.tobytes() for it in new}) > 40
    # A new one is new, until the third order.
    assert [known.order(new[0].tobytes(), at) for at in range(3)] == [None, None, (2, SegmentoCliente.FIEL)]


def test_every_shard_has_customers_of_its_own_and_all_together_are_everybody() -> None:
    base = Customers(42, 1_000)
    numbers = np.arange(1_000)
    everybody = {it.tobytes() for it in base.id_bytes(numbers)}

    found: list[bytes] = []
    for shard in range(64):
        ids = of_opening(base, shard, 0).pick(np.linspace(0, 1, 20_000, endpoint=False))
        assert set(customers.shard_of(ids).tolist()) == {shard}
        found += {it.tobytes() for it in ids}
    assert len(found) == len(set(found)) == 1_000
    assert set(found) == everybody


def test_the_smallest_shop_has_a_customer_in_every_shard() -> None:
    base = Customers(42, 100)

    assert all(len(of_opening(base, shard, 0)) in (1, 2) for shard in range(64))


def test_the_history_and_the_live_shop_make_the_same_of_the_same_orders() -> None:
    base = Customers(42, 200)
    new = made(50, "novos")
    ids = np.concatenate([base.id_bytes(np.arange(200)), new])
    chance = identity.generator("compras")
    customer = ids[(chance.random(4_000) ** 2 * 250).astype(np.int64)]
    # Several of a customer's within a second, and at the same instant.
    bought = (chance.random(4_000) * 100).astype(np.int64) * PROMOTION_DELAY // 3 + (chance.random(4_000) < 0.5) * HOUR
    found = standing.standing(base, customer, bought)

    live = Clientele(base.id_bytes(np.arange(200)), np.full(200, 1), base.orders_before(np.arange(200)))
    live.enrol(new, [1] * 50)
    segments, promoted = {}, []
    for at in np.argsort(bought, kind="stable").tolist():
        segments[at] = live.segment(customer[at].tobytes(), int(bought[at]))
        change = live.order(customer[at].tobytes(), int(bought[at]))
        if change:
            promoted.append((at, change[1]))

    assert [customers.SEGMENTS[it] for it in found.segments.tolist()] == [segments[at] for at in range(4_000)]
    assert [
        (at, customers.SEGMENTS[it]) for at, it in zip(found.promoted.tolist(), found.reached.tolist(), strict=True)
    ] == promoted
    assert len(promoted) > 100
