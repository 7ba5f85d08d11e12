"""How shoppers of this shop behave: every rate and curve, with where it comes from.

Unless said otherwise the figures are those of Brazilian retailers online that ``docs/simulators.md``
names. The rates that one may want to change are settings (``Behaviour.of``); shapes are here.
"""

from typing import NamedTuple

from contracts.events import MetodoPagamento
from contracts.settings import Settings

PAYMENTS = (MetodoPagamento.PIX, MetodoPagamento.CARTAO_CREDITO, MetodoPagamento.BOLETO)


class Behaviour(NamedTuple):
    """Chances inside a visit, each a setting; with the defaults 7 in 10 carts are abandoned and 1.9 % of visits buy."""

    cart: float
    checkout: float
    paid: float
    recovered: float
    remembered: float
    remembered_with_cart: float
    login: float
    new_customer: float
    search: float
    removed: float
    # In the order of PAYMENTS.
    payments: tuple[float, float, float]
    cancelled: tuple[float, float, float]
    # Page events are kept of this share of visits only: 1 in a live shop, less where history is made.
    browsing: float = 1.0

    @classmethod
    def of(cls, settings: Settings, *, browsing: float = 1.0) -> "Behaviour":
        """The rates of the settings."""
        return cls(
            cart=settings.simulators_cart_share,
            checkout=settings.simulators_checkout_share,
            paid=settings.simulators_paid_share,
            recovered=settings.simulators_recovered_share,
            remembered=settings.simulators_remembered_share,
            remembered_with_cart=settings.simulators_remembered_with_cart_share,
            login=settings.simulators_login_share,
            new_customer=settings.simulators_new_customer_share,
            search=settings.simulators_search_share,
            removed=settings.simulators_removed_share,
            payments=(
                settings.simulators_pix_share,
                1.0 - settings.simulators_pix_share - settings.simulators_boleto_share,
                settings.simulators_boleto_share,
            ),
            cancelled=(
                settings.simulators_cancelled_pix_share,
                settings.simulators_cancelled_card_share,
                settings.simulators_cancelled_boleto_share,
            ),
            browsing=browsing,
        )

    @property
    def converted(self) -> float:
        """The share of carts that become an order, at once or later."""
        paid = self.checkout * self.paid
        return paid + (1 - paid) * self.recovered

    @property
    def kept_cart(self) -> float:
        """The share of carts among the visits that are kept, where browsing alone is kept of some only."""
        others = (1 - self.cart) * self.browsing
        return self.cart / (self.cart + others)

    @property
    def orders(self) -> float:
        """Orders of a kept visit on average, those of a second visit included."""
        return self.kept_cart * self.converted

    @property
    def pieces_per_order(self) -> float:
        """Pieces of all products in an order on average."""
        items = sum(share * number for number, share in enumerate(PRODUCTS_IN_CART, start=1)) / sum(PRODUCTS_IN_CART)
        return items * sum(share * number for number, share in enumerate(PIECES, start=1)) / sum(PIECES)

    @property
    def messages(self) -> float:
        """Messages of a kept visit on average, those that follow it (statuses, a second visit) included."""
        paid = self.checkout * self.paid
        pages = sum(share * number for number, share in enumerate(PAGES, start=1)) / sum(PAGES)
        items = sum(share * number for number, share in enumerate(PRODUCTS_IN_CART, start=1)) / sum(PRODUCTS_IN_CART)
        stranger = 1 - self.remembered_with_cart
        known_later = self.checkout + (1 - self.checkout) * self.recovered
        cart = 1 + items + 2 * self.removed + stranger * (known_later + paid * self.new_customer) + self.checkout
        cart += 2 * paid + (1 - paid) * self.recovered * 4
        cancelled = sum(a * b for a, b in zip(self.payments, self.cancelled, strict=True))
        cart += self.converted * (cancelled + 2 * (1 - cancelled))
        browsing_of_carts, browser = pages * self.browsing, pages + (1 - self.remembered) * self.login
        return self.kept_cart * (cart + browsing_of_carts) + (1 - self.kept_cart) * browser


# Orders by weekday, Monday first, in per cent.
WEEKDAYS = (16.3, 16.1, 15.6, 14.8, 14.2, 11.0, 12.0)
# Orders by hour of the day in the shop's zone, in per cent: night 6, morning 23, afternoon 38,
# evening 33; inside each part a smooth curve of our own.
HOURS = (
    *(2.0, 1.2, 0.7, 0.5, 0.6, 1.0),
    *(1.8, 2.8, 3.8, 4.5, 5.0, 5.1),
    *(6.0, 6.2, 6.6, 6.7, 6.5, 6.0),
    *(5.6, 5.6, 6.2, 6.4, 5.4, 3.8),
)
# On Black Friday people come at midnight, at lunch and in the evening.
BLACK_FRIDAY_HOURS = (
    *(9.0, 6.0, 3.0, 1.4, 0.9, 1.0),
    *(1.7, 2.6, 3.4, 4.0, 4.4, 5.0),
    *(5.8, 6.4, 7.6, 6.2, 4.8, 4.4),
    *(4.6, 5.2, 6.8, 5.6, 4.2, 2.4),
)
# Page events (searches and product pages) of a visit: 1, 2, 3 …; mean 3.4, a third see one page.
PAGES = (0.33, 0.19, 0.13, 0.095, 0.07, 0.055, 0.04, 0.03, 0.022, 0.016, 0.012, 0.01)
# Different products in a cart, and pieces of one product.
PRODUCTS_IN_CART = (0.56, 0.24, 0.11, 0.06, 0.03)
PIECES = (0.80, 0.13, 0.04, 0.03)

# Seconds between two things a shopper does: quantiles at equal steps from 0 to 1; mean about 24 s.
PAUSE_SECONDS = (2.0, 4.0, 6.5, 9.5, 13.0, 17.0, 22.0, 29.0, 40.0, 62.0, 120.0)
# Seconds until an abandoned cart is taken up again (20 min to a day), likewise.
RECOVERY_SECONDS = (1_200.0, 2_400.0, 4_800.0, 9_000.0, 18_000.0, 36_000.0, 57_600.0, 72_000.0, 86_400.0)
# Shoppers whose payment failed that try once more later, after as long as a cart is taken up again.
RETRIED_PAYMENTS = 0.35

# Seconds from purchase to shipping: a tenth leaves within 20 minutes, half within 10 h, all in 3 days.
SHIPPING_SECONDS = (
    *(180.0, 1_200.0, 5_400.0, 14_400.0, 25_200.0, 36_000.0),
    *(54_000.0, 72_000.0, 90_000.0, 140_000.0, 259_200.0),
)
# From shipping to delivery: 4 h to 9 days, half within 2.5 days.
DELIVERY_SECONDS = (
    *(14_400.0, 57_600.0, 86_400.0, 115_000.0, 158_000.0, 216_000.0),
    *(270_000.0, 340_000.0, 430_000.0, 560_000.0, 777_600.0),
)
# From purchase to cancellation: many regret at once, a boleto lapses after 3 days.
CANCELLATION_SECONDS = (30.0, 120.0, 300.0, 700.0, 1_800.0, 5_400.0, 14_400.0, 36_000.0, 86_400.0)
BOLETO_CANCELLATION_SECONDS = (120.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 172_800.0, 259_200.0, 259_200.0, 260_000.0)

# Popularity of the k-th product ~ 1 / k^s. Who is the k-th drifts: a product rises or falls by up to
# this factor (e^0.9 is 2.5) over its own period of so many days. Both are ours.
ZIPF_EXPONENT = 0.95
DRIFT = 0.9
DRIFT_DAYS = (20.0, 90.0)

# How often customers come back, ours: (share of customers, visits in relation to the first class's).
RETURN_CLASSES = ((0.60, 1.0), (0.30, 4.0), (0.10, 15.0))
# The segment follows from what a customer did: orders placed until `fiel` and until `VIP`.
LOYAL_ORDERS, VIP_ORDERS = 3, 15
# It is told, and valid from, so many microseconds after the order that it follows from.
PROMOTION_DELAY = 1_000_000
# Orders that a customer of the opening, by class, has placed before it: from, to.
EARLIER_ORDERS = ((0, 2), (1, 8), (6, 30))

# Shares of buyers by state in per cent; the ten largest are given, the rest shares what is left.
STATES = {
    "SP": 42.0, "RJ": 12.9, "MG": 11.7, "RS": 5.5, "PR": 5.1, "SC": 3.7, "BA": 3.4, "DF": 2.2, "ES": 2.0, "GO": 2.0,
    "PE": 1.70, "CE": 1.40, "PA": 0.95, "MT": 0.90, "MA": 0.75, "MS": 0.70, "PB": 0.55, "RN": 0.50, "PI": 0.40,
    "AL": 0.40, "SE": 0.35, "AM": 0.30, "TO": 0.20, "RO": 0.20, "AC": 0.08, "AP": 0.07, "RR": 0.05,
}  # fmt: skip

# Messages of live operation that repeat a product with its present stock.
STOCK_MESSAGES = 0.004
# A bot looks at this many products, from – to, one every second or so.
BOT_PAGES = (10, 40)
BOT_PAUSE_SECONDS = (0.3, 2.0)
