"""What a run takes over from the database at its start: orders in flight, carts left open, who is known."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import numpy as np

from contracts.database import Connection, rows, translated
from contracts.events import MetodoPagamento, StatusPedido
from simulators import identity, orders
from simulators.agenda import PageEvent, Plan
from simulators.behaviour import PAYMENT_SHARES, PAYMENTS, RECOVERY_SECONDS
from simulators.customers import Customers
from simulators.moments import SECOND, to_datetime, to_microseconds, to_text
from simulators.orders import Purchase, StatusChange
from simulators.sessions import Step
from simulators.shard import SHARDS
from simulators.visits import World, web_event_head

# No order is in flight, and no cart is taken up again, longer than this.
_ORDER_LIFE = dt.timedelta(days=14)
_CART_LIFE = dt.timedelta(days=1)
_PROBE = 5_000

Planned = tuple[int, int, Plan]


def shard_of(ids: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[int]:
    """The shard that looks after an order or a cart, from its id alone."""
    shards: list[int] = (identity.low_words(ids) % np.uint64(SHARDS)).astype(int).tolist()
    return shards


def orders_in_flight(connection: Connection, shards: Sequence[int], now: int) -> list[Planned]:
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
    fates = orders.fates(identity.low_words(ids), payments)
    planned: list[Planned] = []
    for at, (row, shard) in enumerate(zip(found, shard_of(ids), strict=True)):
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
    when = identity.unit(identity.mix(words ^ np.uint64(identity.key("carrinho", "quando"))))
    pauses = np.interp(when, np.linspace(0.0, 1.0, len(RECOVERY_SECONDS)), RECOVERY_SECONDS) * SECOND
    numbers = {it: number for number, it in enumerate(world.catalogue.ids)}
    planned: list[Planned] = []
    for at, (row, shard) in enumerate(zip(found, shard_of(ids), strict=True)):
        due = to_microseconds(row[2]) + int(pauses[at])
        products = [numbers[it] for it in row[3] if it not in set(row[4]) and it in numbers]
        if shard in shards and chosen[at] and due > now and products:
            planned += _return(shard, due, str(row[0]), row[1], products, int(words[at]), world.customers)
    return planned


def _return(
    shard: int, due: int, cart: str, customer: str, products: list[int], word: int, customers: Customers
) -> list[Planned]:
    """The visit that takes up a cart: login, checkout, order, thanks."""
    ids = identity.uuids(identity.mix_one(word), np.arange(6))
    texts = identity.texts(ids)
    chance = identity.unit(identity.words(word, np.arange(1)))
    payment = identity.choose(identity.cumulative(PAYMENT_SHARES), chance)
    fate = orders.fates(identity.low_words(ids[4:5]), payment)

    def event(at: int, step: Step) -> PageEvent:
        return PageEvent(web_event_head(texts[at], customer, texts[3], cart, step), step)

    purchase = Purchase(
        transaction=texts[4],
        order=texts[5],
        customer=customer,
        cart=cart,
        state=int(customers.states(_bytes([UUID(customer)]))[0]),
        payment=int(payment[0]),
        products=products,
        quantities=[1] * len(products),
        changes=fate.changes(0),
    )
    return [
        (shard, due, event(0, Step.LOGIN)),
        (shard, due + 15 * SECOND, event(1, Step.BEGIN_CHECKOUT)),
        (shard, due + 40 * SECOND, purchase),
        (shard, due + 42 * SECOND, event(2, Step.FINISH_CHECKOUT)),
    ]


def unknown_customers(connection: Connection, customers: Customers, numbers: Sequence[int]) -> list[int]:
    """Those of ``numbers`` (newest first) that the database does not have.

    They are told of in order of age, so the search ends at the first thousands that are all known.
    """
    missing: list[int] = []
    for start in range(0, len(numbers), _PROBE):
        part = list(numbers[start : start + _PROBE])
        texts = identity.texts(customers.id_bytes(np.array(part)))
        with translated("asking for the known customers"):
            found = rows(
                connection,
                "select id_usuario::text from dados_clientes where id_usuario = any(%s::text[]::uuid[])",
                (texts,),
            )
        connection.rollback()
        known = {row[0] for row in found}
        missing += [number for number, it in zip(part, texts, strict=True) if it not in known]
        if len(known) == len(part):
            break
    return missing


def _bytes(ids: Sequence[UUID]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(it.bytes for it in ids), np.uint8).reshape(-1, 16)
