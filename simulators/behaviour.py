"""How shoppers of this shop behave: every rate, with where it comes from.

Unless said otherwise the figures are those of Brazilian retailers online that the project's facts
collect; shares are of the group named.
"""

from typing import NamedTuple

from contracts.events import MetodoPagamento

PAYMENTS = (MetodoPagamento.PIX, MetodoPagamento.CARTAO_CREDITO, MetodoPagamento.BOLETO)
PAYMENT_SHARES = (0.45, 0.46, 0.09)
# Cancelled orders by payment; boletos that nobody pays are cancelled by the shop. 1.8 % of all.
CANCELLED_SHARES = (0.010, 0.015, 0.080)

# Orders by weekday, Monday first, in per cent.
WEEKDAYS = (16.3, 16.1, 15.6, 14.8, 14.2, 11.0, 12.0)
# Orders by hour of the day in America/Sao_Paulo, in per cent: night 6, morning 23, afternoon 38,
# evening 33; inside each part a smooth curve of our own.
HOURS = (
    *(2.0, 1.2, 0.7, 0.5, 0.6, 1.0),
    *(1.8, 2.8, 3.8, 4.5, 5.0, 5.1),
    *(6.0, 6.2, 6.6, 6.7, 6.5, 6.0),
    *(5.6, 5.6, 6.2, 6.4, 5.4, 3.8),
)


class Behaviour(NamedTuple):
    """Chances inside a visit: 6.2 % of visits fill a cart, 70 % of carts are abandoned, 1.9 % of visits buy."""

    # Visits that create a cart.
    cart: float = 0.062
    # Carts whose checkout begins, and those of them that are paid for in the same visit.
    checkout: float = 0.45
    paid: float = 0.60
    # Of the carts left behind, those that are taken up again in a later visit and bought.
    recovered: float = 0.04
    # Visitors known from the start (the browser remembers them), those with a cart more often.
    remembered: float = 0.30
    remembered_with_cart: float = 0.55
    # Visits without a cart in which somebody logs in.
    login: float = 0.04
    # Buyers who were not remembered and are new: they register on the way to the checkout.
    new_customer: float = 0.22
    # Page events that are a search rather than a product's page.
    search: float = 0.22
    # Carts from which a product is taken out again.
    removed: float = 0.15


# Page events (searches and product pages) of a visit: 1, 2, 3 …; mean 3.4, a third see one page.
PAGES = (0.33, 0.19, 0.13, 0.095, 0.07, 0.055, 0.04, 0.03, 0.022, 0.016, 0.012, 0.01)
# Different products in a cart, and pieces of one product.
PRODUCTS_IN_CART = (0.56, 0.24, 0.11, 0.06, 0.03)
PIECES = (0.80, 0.13, 0.04, 0.03)

# Seconds between two things a shopper does: quantiles at equal steps from 0 to 1; mean about 24 s.
PAUSE_SECONDS = (2.0, 4.0, 6.5, 9.5, 13.0, 17.0, 22.0, 29.0, 40.0, 62.0, 120.0)
# Seconds until an abandoned cart is taken up again (20 min to a day), likewise.
RECOVERY_SECONDS = (1_200.0, 2_400.0, 4_800.0, 9_000.0, 18_000.0, 36_000.0, 57_600.0, 72_000.0, 86_400.0)

# Seconds from purchase to shipping: a tenth leaves within 20 minutes, half within 10 h, all in 3 days.
SHIPPING_SECONDS = (
    180.0,
    1_200.0,
    5_400.0,
    14_400.0,
    25_200.0,
    36_000.0,
    54_000.0,
    72_000.0,
    90_000.0,
    140_000.0,
    259_200.0,
)
# From shipping to delivery: 4 h to 9 days, half within 2.5 days.
DELIVERY_SECONDS = (
    14_400.0,
    57_600.0,
    86_400.0,
    115_000.0,
    158_000.0,
    216_000.0,
    270_000.0,
    340_000.0,
    430_000.0,
    560_000.0,
    777_600.0,
)
# From purchase to cancellation: many regret at once, a boleto lapses after 3 days.
CANCELLATION_SECONDS = (30.0, 120.0, 300.0, 700.0, 1_800.0, 5_400.0, 14_400.0, 36_000.0, 86_400.0)
BOLETO_CANCELLATION_SECONDS = (120.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 172_800.0, 259_200.0, 259_200.0, 260_000.0)

# Popularity of the k-th product ~ 1 / k^s.
ZIPF_EXPONENT = 0.95

# Shares of buyers by state in per cent; the ten largest are given, the rest shares what is left.
STATES = {
    "SP": 42.0, "RJ": 12.9, "MG": 11.7, "RS": 5.5, "PR": 5.1, "SC": 3.7, "BA": 3.4, "DF": 2.2, "ES": 2.0, "GO": 2.0,
    "PE": 1.70, "CE": 1.40, "PA": 0.95, "MT": 0.90, "MA": 0.75, "MS": 0.70, "PB": 0.55, "RN": 0.50, "PI": 0.40,
    "AL": 0.40, "SE": 0.35, "AM": 0.30, "TO": 0.20, "RO": 0.20, "AC": 0.08, "AP": 0.07, "RR": 0.05,
}  # fmt: skip

# Messages of live operation that repeat a product with its present stock.
STOCK_MESSAGES = 0.004
