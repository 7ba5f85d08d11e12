from jobs.batch.metrics.buyers import orders_per_buyer, revenue_per_user
from tests.batch.conftest import sale

# User 1 buys on Sunday and twice on Monday, user 2 on Monday, user 3 only what was cancelled.
SALES = [
    sale(1, "2026-03-15 10:00", 1_000, user=1),
    sale(2, "2026-03-16 10:00", 300, user=1),
    sale(3, "2026-03-16 23:00", 300, user=1),
    sale(4, "2026-03-16 12:00", 401, user=2),
    sale(5, "2026-03-16 12:00", 9_999, user=3, cancelled=True),
]
CUSTOMERS = ["2026-01-01 00:00", "2026-03-15 23:59", "2026-03-16 00:00", "2026-03-18 09:00"]


def test_net_is_divided_by_distinct_buyers_and_by_customers_registered_by_then(shop):
    # liquida, compradores, clientes_cadastrados, por_comprador, por_cliente
    assert shop.rows(revenue_per_user, SALES, customers=CUSTOMERS) == [
        ("dia", "2026-03-15", 1_000, 1, 2, 1_000, 500),
        ("dia", "2026-03-16", 1_001, 2, 3, 501, 334),
        ("dia", "2026-03-17", 0, 0, 3, None, 0),
        ("dia", "2026-03-18", 0, 0, 4, None, 0),
        ("mes", "2026-03-01", 2_001, 2, 4, 1_001, 500),
        ("semana", "2026-03-09", 1_000, 1, 2, 1_000, 500),
        ("semana", "2026-03-16", 1_001, 2, 4, 501, 250),
    ]


def test_without_customers_there_is_nothing_per_customer(shop):
    assert shop.rows(revenue_per_user, SALES[:1], kind="mes") == [("2026-03-01", 1_000, 1, 0, 1_000, None)]


def test_orders_and_buyers_are_counted_per_period_and_in_all(shop):
    assert shop.rows(orders_per_buyer, SALES) == [
        ("dia", "2026-03-15", 1, 1),
        ("dia", "2026-03-16", 3, 2),
        ("dia", "2026-03-17", 0, 0),
        ("dia", "2026-03-18", 0, 0),
        ("mes", "2026-03-01", 4, 2),
        ("semana", "2026-03-09", 1, 1),
        ("semana", "2026-03-16", 3, 2),
        ("total", "2026-03-15", 4, 2),
    ]


def test_without_orders_there_are_no_buyers_not_even_in_all(shop):
    assert shop.rows(orders_per_buyer, [], customers=CUSTOMERS) == []
    assert shop.rows(revenue_per_user, [], customers=CUSTOMERS) == []


def test_where_all_is_cancelled_nobody_bought(shop):
    sales = [sale(1, "2026-03-18 10:00", 100, cancelled=True)]
    assert shop.rows(orders_per_buyer, sales, kind="total") == [("2026-03-18", 0, 0)]
