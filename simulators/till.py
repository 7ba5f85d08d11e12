"""Where orders are placed: what they cost, whether they are paid, and what the ledger says of them."""

from typing import NamedTuple
from uuid import UUID

from contracts.events import SegmentoCliente
from simulators import identity, orders
from simulators.agenda import Counts, CustomerVersion
from simulators.behaviour import PAYMENTS, RETRIED_PAYMENTS
from simulators.clientele import Clientele
from simulators.customers import STATE_CODES
from simulators.orders import Purchase
from simulators.scenarios import Kind
from simulators.visits import recovery_pause
from simulators.world import World


class Placed(NamedTuple):
    """An order: its message up to the status, its total in centavos, what the ledger counts.

    ``promotion`` tells of the customer's new segment, where the order made one.
    """

    base: str
    centavos: int
    counts: Counts
    promotion: CustomerVersion | None


class Till:
    """The till of one shard."""

    def __init__(self, world: World, clientele: Clientele) -> None:
        self._world = world
        self._clientele = clientele

    def place(self, purchase: Purchase, time: int, stamp: str) -> Placed:
        """Place an order at the prices of ``time``, whose text is ``stamp``."""
        catalogue = self._world.catalogue
        values = [
            self._world.price(product, time) * pieces
            for product, pieces in zip(purchase.products, purchase.quantities, strict=True)
        ]
        total = sum(values)
        base = orders.message_base(
            transaction=purchase.transaction,
            order=purchase.order,
            customer=purchase.customer,
            cart=purchase.cart,
            products=[catalogue.ids[it] for it in purchase.products],
            quantities=purchase.quantities,
            centavos=total,
            payment=purchase.payment,
            purchased=stamp,
        )
        id_bytes = UUID(purchase.customer).bytes
        segment = self._clientele.segment(id_bytes, time)
        promoted = self._clientele.order(id_bytes, time)
        counts = self._counts(purchase, values, total, segment)
        return Placed(base, total, counts, None if promoted is None else CustomerVersion(id_bytes, *promoted))

    def refuses(self, time: int) -> bool:
        """Whether payments fail at ``time``."""
        return self._world.scenarios.at(time).kind is Kind.PAYMENT_OUTAGE

    def retry(self, purchase: Purchase, time: int) -> int | None:
        """When a shopper whose payment failed at ``time`` comes back; None for never."""
        word = identity.key("tentativa", purchase.transaction, time)
        if word >= RETRIED_PAYMENTS * 2**64:
            return None
        return time + recovery_pause(identity.mix_one(word) / 2**64)

    def _counts(self, purchase: Purchase, values: list[int], total: int, segment: SegmentoCliente) -> Counts:
        payment, state = PAYMENTS[purchase.payment], STATE_CODES[purchase.state]
        counts = [
            ("pedidos", 1),
            ("receita_centavos", total),
            ("unidades", sum(purchase.quantities)),
            (f"pedidos_por_pagamento:{payment}", 1),
            (f"receita_por_pagamento:{payment}", total),
            (f"pedidos_por_uf:{state}", 1),
            (f"receita_por_uf:{state}", total),
            (f"pedidos_por_segmento:{segment}", 1),
            (f"receita_por_segmento:{segment}", total),
        ]
        for product, value, pieces in zip(purchase.products, values, purchase.quantities, strict=True):
            category = self._world.catalogue.category_name(product)
            counts += [(f"receita_por_categoria:{category}", value), (f"unidades_por_categoria:{category}", pieces)]
        return counts
