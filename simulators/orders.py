"""Orders: what is bought, and what becomes of it: a fate that follows from the order's own id."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.events import StatusPedido
from simulators import identity
from simulators.behaviour import (
    BOLETO_CANCELLATION_SECONDS,
    CANCELLATION_SECONDS,
    DELIVERY_SECONDS,
    PAYMENTS,
    SHIPPING_SECONDS,
)
from simulators.moments import durations

Integers = NDArray[np.int64]

# A status that is never reached.
NEVER = 1 << 62
_BOLETO = 2


class Fates(msgspec.Struct, frozen=True):
    """For each order the microseconds from purchase until it is shipped, delivered, cancelled; or ``NEVER``."""

    shipped: Integers
    delivered: Integers
    cancelled: Integers

    def changes(self, order: int) -> list[tuple[StatusPedido, int]]:
        """The later statuses of one order, each with its microseconds since the purchase."""
        candidates = (
            (StatusPedido.ENVIADO, int(self.shipped[order])),
            (StatusPedido.ENTREGUE, int(self.delivered[order])),
            (StatusPedido.CANCELADO, int(self.cancelled[order])),
        )
        return [(status, after) for status, after in candidates if after < NEVER]


def fates(words: identity.Words, payments: Integers, cancelled: Sequence[float]) -> Fates:
    """What becomes of orders, from the last 8 bytes of their transactions' ids and their payments' indices.

    ``cancelled`` are the shares of cancelled orders by payment.

    A cancelled order is cancelled before it would be shipped or instead of it: never afterwards.
    """

    def chance(what: str) -> NDArray[np.float64]:
        return identity.unit(identity.mix(words ^ np.uint64(identity.key("pedido", what))))

    cancels = chance("cancela") < np.array(cancelled)[payments]
    shipped = durations(SHIPPING_SECONDS, chance("envio"))
    delivered = shipped + durations(DELIVERY_SECONDS, chance("entrega"))
    when = chance("quando")
    lapsed = np.where(
        payments == _BOLETO, durations(BOLETO_CANCELLATION_SECONDS, when), durations(CANCELLATION_SECONDS, when)
    )
    return Fates(
        np.where(cancels, NEVER, shipped), np.where(cancels, NEVER, delivered), np.where(cancels, lapsed, NEVER)
    )


class Purchase(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A checkout about to be paid; ``products`` are indices of the catalogue, ``state`` an index of the states.

    ``changes`` are the order's later statuses with their microseconds since the purchase; ``thanks`` is the web
    event that follows it, up to its time.
    """

    transaction: str
    order: str
    customer: str
    cart: str
    state: int
    payment: int
    products: list[int]
    quantities: list[int]
    changes: list[tuple[StatusPedido, int]]
    thanks: str

    def thanked(self, head: str) -> "Purchase":
        """The same with the event that follows it."""
        return msgspec.structs.replace(self, thanks=head)


class StatusChange(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A placed order whose status will move: ``base`` is its message up to the status.

    ``changes`` are the statuses still to come with their times; ``centavos`` is the order's total.
    """

    base: str
    centavos: int
    changes: list[tuple[StatusPedido, int]]


def message_base(
    *,
    transaction: str,
    order: str,
    customer: str,
    cart: str | None,
    products: Sequence[str],
    quantities: Sequence[int],
    centavos: int,
    payment: int,
    purchased: str,
) -> str:
    """The JSON of an order's message up to and without its status."""
    quoted = '","'.join(products)
    return (
        f'{{"id_transacao":"{transaction}","id_pedido":"{order}","id_usuario":"{customer}",'
        f'"id_produto":["{quoted}"],"quantidade_produto":[{",".join(map(str, quantities))}],'
        f'"valor_total_compra":{centavos // 100}.{centavos % 100:02d},"metodo_pagamento":"{PAYMENTS[payment]}",'
        f'"id_carrinho":{_quoted(cart)},"data_compra":"{purchased}"'
    )


def message(base: str, status: StatusPedido, since: str) -> bytes:
    """The payload of one version of an order."""
    return f'{base},"status_pedido":"{status}","data_status":"{since}"}}'.encode()


def _quoted(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'
