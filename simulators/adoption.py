"""What a run takes over from the database at its start: who is known, orders in flight, carts left open."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contracts.database import Connection, rows, translated
from contracts.events import MetodoPagamento, StatusPedido
from simulators import bulk, identity, orders
from simulators.agenda import Plan
from simulators.behaviour import PAYMENTS
from simulators.clientele import Clientele
from simulators.customers import SHARDS, Customers, shard_of
from simulators.moments import to_datetime, to_microseconds, to_text
from simulators.orders import Purchase, StatusChange
from simulators.visits import recovery_pause, second_visit
from simulators.world import World

# No order is in flight, and no cart is taken up again, longer than this.
_ORDER_LIFE = dt.timedelta(days=14)
_CART_LIFE = dt.timedelta(days=1)
_ACCOUNT = np.dtype([("id", "u1", (16,)), ("registered", ">i8"), ("orders", ">i8")])

Planned = tuple[int, int, Plan]


class Known(NamedTuple):
    """The customers of some shards, and the numbers of those of the opening that nobody has told of, newest first."""

    clienteles: dict[int, Clientele]
    untold: list[int]


def known_customers(connection: Connection, base: Customers, shards: Sequence[int], opening: int) -> Known:
    """Everybody whom these shards look after: the opening's customers and those who registered since.

    What they ordered before the database began is counted with what it holds.
    """
    with translated("reading the customers"):
        accounts = bulk.read(
            connection,
            "select id_usuario, (extract(epoch from data_cadastro) * 1000000)::bigint, coalesce(pedidos, 0)::bigint "
            "from dados_clientes left join (select id_usuario, count(*) as pedidos from transacoes_vendas "
            "group by id_usuario) as compras using (id_usuario) "
            f"where get_byte(uuid_send(id_usuario), 15) & 63 in ({','.join(map(str, shards))})",
            _ACCOUNT,
        )
    connection.rollback()
    owners = shard_of(accounts["id"])
    clienteles: dict[int, Clientele] = {}
    untold: list[NDArray[np.int64]] = []
    for shard in shards:
        numbers = np.arange(shard, base.size, SHARDS)
        ids = base.id_bytes(numbers)
        registered, ordered = base.registered_at(numbers, opening), base.orders_before(numbers)
        mine = accounts[owners == shard]
        words, of_opening = identity.low_words(mine["id"]), np.argsort(identity.low_words(ids))
        sorted_words = identity.low_words(ids)[of_opening]
        at = np.minimum(np.searchsorted(sorted_words, words), len(numbers) - 1)
        is_known = sorted_words[at] == words
        places = of_opening[at[is_known]]
        registered[places] = mine["registered"][is_known]
        ordered[places] += mine["orders"][is_known]
        since = mine[~is_known]
        clienteles[shard] = Clientele(
            np.concatenate([ids, since["id"]]),
            np.concatenate([registered, since["registered"].astype(np.int64)]),
            np.concatenate([ordered, since["orders"].astype(np.int64)]),
        )
        untold.append(np.delete(numbers, places))
    return Known(clienteles, np.sort(np.concatenate(untold))[::-1].tolist())


def orders_in_flight(connection: Connection, shards: Sequence[int], now: int, world: World) -> list[Planned]:
    """(shard, due, plan) of the orders that are still to be shipped or delivered."""
    with translated("reading the orders in flight"):
        found = rows(
            connection,
            "select id_transacao, id_pedido, id_usuario, id_carrinho, id_produto, quantidade_produto, "
            "(valor_total_compra * 100)::bigint, metodo_pagamento::text, status_pedido::text, data_compra "
            "from transacoes_vendas where status_pedido in ('processando', 'enviado') and data_compra > %s "
            "order by data_compra, id_transacao",
            (to_datetime(now) - _ORDER_LIFE,),
        )
    connection.rollback()
    if not found:
        return []
    ids = _bytes([row[0] for row in found])
    payments = np.array([PAYMENTS.index(MetodoPagamento(row[7])) for row in found])
    fates = orders.fates(identity.low_words(ids), payments, world.behaviour.cancelled)
    planned: list[Planned] = []
    for at, (row, shard) in enumerate(zip(found, shard_of(ids).tolist(), strict=True)):
        if shard not in shards:
            continue
        purchased, rank = to_microseconds(row[9]), StatusPedido(row[8]).rank
        changes = [(status, purchased + after) for status, after in fates.changes(at) if status.rank > rank]
        if not changes:
            continue
        base = orders.message_base(
            transaction=str(row[0]),
            order=str(row[1]),
            customer=str(row[2]),
            cart=None if row[3] is None else str(row[3]),
            products=[str(it) for it in row[4]],
            quantities=row[5],
            centavos=int(row[6]),
            payment=int(payments[at]),
            purchased=to_text(purchased),
        )
        planned.append((shard, changes[0][1], StatusChange(base, int(row[6]), changes)))
    return planned


def open_carts(connection: Connection, shards: Sequence[int], now: int, world: World) -> list[Planned]:
    """(shard, due, plan) for those recently abandoned carts that will be taken up again."""
    with translated("reading the open carts"):
        found = rows(
            connection,
            "select id_carrinho, max(id_usuario::text), max(timestamp_evento), "
            "array_agg(id_produto::text) filter (where tipo_evento = 'adicionar_carrinho'), "
            "coalesce(array_agg(id_produto::text) filter (where tipo_evento = 'remover_carrinho'), '{}') "
            "from eventos_web where id_carrinho is not null and timestamp_evento > %s group by id_carrinho "
            "having max(id_usuario::text) is not null and not bool_or(tipo_evento = 'checkout_concluido') "
            "and bool_or(tipo_evento = 'adicionar_carrinho') order by id_carrinho",
            (to_datetime(now) - _CART_LIFE,),
        )
    connection.rollback()
    if not found:
        return []
    ids = _bytes([row[0] for row in found])
    words = identity.low_words(ids)
    chosen = (
        identity.unit(identity.mix(words ^ np.uint64(identity.key("carrinho", "volta")))) < world.behaviour.recovered
    )
    when = identity.unit(identity.mix(words ^ np.uint64(identity.key("carrinho", "quando")))).tolist()
    numbers = {it: number for number, it in enumerate(world.catalogue.ids)}
    planned: list[Planned] = []
    for at, (row, shard) in enumerate(zip(found, shard_of(ids).tolist(), strict=True)):
        due = to_microseconds(row[2]) + recovery_pause(when[at])
        products = [numbers[it] for it in row[3] if it not in set(row[4]) and it in numbers]
        if shard in shards and chosen[at] and due > now and products:
            purchase = _purchase(str(row[0]), row[1], products, int(words[at]), world)
            planned += [(shard, moment, plan) for moment, plan in second_visit(due, purchase)]
    return planned


def _purchase(cart: str, customer: str, products: list[int], word: int, world: World) -> Purchase:
    """What an open cart becomes; it follows from the cart's own id."""
    ids = identity.uuids(identity.mix_one(word), np.arange(2))
    transaction, order = identity.texts(ids)
    chance = identity.unit(identity.words(word, np.arange(1)))
    payment = identity.choose(identity.cumulative(world.behaviour.payments), chance)
    fate = orders.fates(identity.low_words(ids[:1]), payment, world.behaviour.cancelled)
    return Purchase(
        transaction=transaction,
        order=order,
        customer=customer,
        cart=cart,
        state=int(world.customers.states(_bytes([UUID(customer)]))[0]),
        payment=int(payment[0]),
        products=products,
        quantities=[1] * len(products),
        changes=fate.changes(0),
        thanks="",
    )


def _bytes(ids: Sequence[UUID]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(it.bytes for it in ids), np.uint8).reshape(-1, 16)
