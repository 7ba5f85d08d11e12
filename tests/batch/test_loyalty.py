from jobs.batch.metrics.loyalty import monthly_retention, orders_distribution, rfm_segments
from tests.batch.conftest import sale

SALES = [
    # User 1 buys in January, February and March; user 2 in January and March; user 3 in February alone;
    # user 4's first purchase was cancelled.
    sale(1, "2026-01-31 23:59", 100, user=1),
    sale(2, "2026-01-05 10:00", 100, user=2),
    sale(3, "2026-02-01 00:00", 100, user=1),
    sale(4, "2026-02-28 10:00", 100, user=3),
    sale(5, "2026-02-28 11:00", 900, user=4, cancelled=True),
    sale(6, "2026-03-01 10:00", 100, user=1),
    sale(7, "2026-03-02 10:00", 100, user=2),
    sale(8, "2026-03-02 11:00", 100, user=2),
    sale(9, "2026-03-03 11:00", 100, user=4),
]


def test_a_cohort_is_followed_month_by_month_gaps_are_zeros(shop):
    # completo, meses, coorte, clientes
    assert shop.rows(monthly_retention, SALES, kind="mes", drop=()) == [
        ("2026-01-01", False, 2, 2, 2),
        ("2026-01-01", True, 0, 2, 2),
        ("2026-01-01", True, 1, 2, 1),
        ("2026-02-01", False, 1, 1, 0),
        ("2026-02-01", True, 0, 1, 1),
        ("2026-03-01", False, 0, 1, 1),
    ]


def test_buyers_are_counted_by_how_many_orders_they_made(shop):
    assert shop.rows(orders_distribution, SALES) == [
        ("mes", "2026-01-01", 1, 2),
        ("mes", "2026-02-01", 1, 2),
        ("mes", "2026-03-01", 1, 2),
        ("mes", "2026-03-01", 2, 1),
        ("total", "2026-01-05", 1, 2),
        ("total", "2026-01-05", 3, 2),
    ]


def test_quintiles_put_equals_together_and_five_is_best(shop):
    # Users 1 to 5 buy on the 11th to the 15th, user u for u × 100; user 5 twice.
    sales = [sale(user, f"2026-03-{10 + user} 10:00", user * 100, user=user) for user in range(1, 6)]
    sales.append(sale(6, "2026-03-15 11:00", 1, user=5))
    # recencia, frequencia, valor, segmento, clientes, pedidos, valor, days since the last purchase
    assert shop.rows(rfm_segments, sales, kind="total") == [
        ("2026-03-11", 1, 1, 1, "perdidos", 1, 1, 100, 7),
        ("2026-03-11", 2, 1, 2, "adormecendo", 1, 1, 200, 6),
        ("2026-03-11", 3, 1, 3, "promissores", 1, 1, 300, 5),
        ("2026-03-11", 4, 1, 4, "recentes", 1, 1, 400, 4),
        ("2026-03-11", 5, 5, 5, "campeoes", 1, 2, 501, 3),
    ]


def test_one_buyer_alone_is_in_the_first_quintile(shop):
    sales = [sale(1, "2026-03-18 10:00", 100), sale(2, "2026-03-18 10:00", 1, user=2, cancelled=True)]
    assert shop.rows(rfm_segments, sales, kind="total") == [("2026-03-18", 1, 1, 1, "perdidos", 1, 1, 100, 0)]


def test_where_nobody_bought_there_are_no_customers_to_tell_of(shop):
    for sales in ([], [sale(1, "2026-03-18 10:00", 100, cancelled=True)]):
        for compute in (monthly_retention, orders_distribution, rfm_segments):
            assert shop.rows(compute, sales) == []
