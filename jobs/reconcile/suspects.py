"""Who may explain a difference: late events, orders told late, orders as young as their customer or product."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from contracts import dimensions, live_rows
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.live_rows import Row
from contracts.pane_sums import of_row
from contracts.panes import RowKind
from jobs.reconcile import deltas
from jobs.reconcile.explaining import Reason, Suspect
from jobs.reconcile.persisted import Order, WebEvent

# Whoever streams by looks up products and customers as they were known a moment ago.
RECENT_SECONDS = 120
_RECENT = RECENT_SECONDS * 1_000_000
# An order of many young products may have been described in many ways: so many are tried.
_MOST_WAYS = 64

Customers = dict[UUID, list[CustomerVersion]]
Products = dict[UUID, list[ProductVersion]]


def sale_row(order: Order, customer: CustomerVersion | None, products: Sequence[ProductVersion | None]) -> Row:
    """The sale of an order, its customer and products described like this."""
    return live_rows.sale(
        instant=order.purchased,
        payment=order.payment,
        buyer=order.buyer,
        customer=customer,
        centavos=order.centavos,
        products=order.products,
        versions=products,
        quantities=order.quantities,
        has_cart=order.has_cart,
    )


def sales(orders: Iterable[Order], customers: Customers, products: Products, reason: Reason) -> list[Suspect]:
    """Orders whose sale may be missing whole."""
    return [
        _whole(it.identity, it.purchased, _described(it, customers, products), RowKind.SALE, reason) for it in orders
    ]


def cancellations(orders: Iterable[Order], customers: Customers, reason: Reason) -> list[Suspect]:
    """Orders whose cancellation may be missing whole."""
    return [
        _whole(it.identity, it.cancelled, _cancelled(it, it.cancelled, customer), RowKind.CANCELLATION, reason)
        for it in orders
        if it.cancelled is not None
        for customer in (dimensions.at(customers[it.buyer], it.purchased),)
    ]


def web_events(events: Iterable[WebEvent], reason: Reason) -> list[Suspect]:
    """Web events that may be missing."""
    return [
        _whole(it.identity, it.instant, live_rows.web_event(instant=it.instant, kind=it.kind, session=it.session),
               RowKind.WEB_EVENT, reason)
        for it in events
    ]  # fmt: skip


def other_customers(orders: Iterable[Order], customers: Customers) -> Iterator[Suspect]:
    """Sales and cancellations that may be counted for the customer as known before, or not known yet."""
    for order in orders:
        versions = customers[order.buyer]
        now = dimensions.at(versions, order.purchased)
        nothing: list[ProductVersion | None] = [None] * len(order.products)
        for other in _others(versions, order.purchased):
            sold = sale_row(order, now, nothing), sale_row(order, other, nothing)
            yield from _elsewhere(order, order.purchased, *sold, Reason.RECENT_CUSTOMER)
            if order.cancelled is not None:
                undone = _cancelled(order, order.cancelled, now), _cancelled(order, order.cancelled, other)
                yield from _elsewhere(order, order.cancelled, *undone, Reason.RECENT_CUSTOMER)


def other_products(orders: Iterable[Order], products: Products) -> Iterator[Suspect]:
    """Sales whose items may be counted by the products as known before, or not known yet."""
    for order in orders:
        ways = [
            [dimensions.at(products[it], order.purchased), *_others(products[it], order.purchased)]
            for it in order.products
        ]
        first, *rest = itertools.islice(itertools.product(*ways), _MOST_WAYS)
        now = sale_row(order, None, first)
        for way in rest:
            yield from _elsewhere(order, order.purchased, now, sale_row(order, None, way), Reason.RECENT_PRODUCT)


def _described(order: Order, customers: Customers, products: Products) -> Row:
    return sale_row(
        order,
        dimensions.at(customers[order.buyer], order.purchased),
        [dimensions.at(products[it], order.purchased) for it in order.products],
    )


def _cancelled(order: Order, instant: int, customer: CustomerVersion | None) -> Row:
    return live_rows.cancellation(instant=instant, payment=order.payment, customer=customer, centavos=order.centavos)


def _others(versions: Sequence[Any], instant: int) -> list[Any]:
    """What else may have been taken for the version at ``instant`` by whoever did not know the recent ones yet."""
    recent = [it for it in versions if abs(it.valid_from - instant) <= _RECENT]
    if not recent:
        return []
    older = next((it for it in versions if it.valid_from < instant - _RECENT), None)
    # Without an older one, whoever knows none before the order takes the first one after it, or none.
    first = [older] if older else [None, *(it for it in recent if it.valid_from > instant)]
    others = [*first, *(it for it in recent if it.valid_from <= instant)]
    return [it for it in others if it != dimensions.at(list(versions), instant)]


def _whole(identity: UUID, instant: int, row: Row, kind: RowKind, reason: Reason) -> Suspect:
    return Suspect(str(identity), f"{kind.name}:{identity}", reason, instant, deltas.between(of_row(row), {}))


def _elsewhere(order: Order, instant: int, here: Row, there: Row, reason: Reason) -> Iterator[Suspect]:
    delta = deltas.between(of_row(here), of_row(there))
    if delta:
        kind = RowKind(here[0]).name
        yield Suspect(str(order.identity), f"{kind}:{order.identity}", reason, instant, delta)
