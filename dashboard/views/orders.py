"""The latest orders as rows: what, where to and how paid; never who."""

from msgspec import Struct

from dashboard.data.orders import Order, Orders
from dashboard.formats import Formats
from dashboard.texts import Texts


class OrderRow(Struct, frozen=True, kw_only=True):
    """One order."""

    time: str
    place: str
    product: str
    payment: str
    value: str
    cancelled: str


class OrdersPanel(Struct, frozen=True):
    """The rows, newest first; ``problem`` says why they are old or missing, where they are."""

    rows: list[OrderRow]
    problem: str = ""


def panel(orders: Orders, formats: Formats, texts: Texts) -> OrdersPanel:
    """The panel, whatever is known."""
    if orders.away_since is not None:
        problem = texts.orders_away.format(since=formats.time(orders.away_since))
    elif orders.latest is None:
        problem = texts.orders_waiting
    else:
        problem = "" if orders.latest else texts.orders_none
    return OrdersPanel([_row(it, formats, texts) for it in orders.latest or []], problem)


def _row(order: Order, formats: Formats, texts: Texts) -> OrderRow:
    product = order.product or texts.product_unnamed
    if order.products > 1:
        product = texts.order_more.format(product=product, count=order.products - 1)
    place = f"{order.city}, {order.uf}" if order.city and order.uf else texts.place_unknown
    return OrderRow(
        time=formats.time(order.bought),
        place=place,
        product=product,
        payment=texts.payment_names.get(order.payment, order.payment),
        value=formats.money(order.centavos),
        cancelled=texts.order_cancelled if order.status == "cancelado" else "",
    )
