from jobs.batch.metrics.breakdowns import (
    sales_by_city,
    sales_by_payment,
    sales_by_segment,
    sales_by_state,
    weekday_hours,
)
from tests.batch.conftest import customer, sale

PEOPLE = [
    customer(1, "2026-03-16 12:00", "novo", "SP", "São Paulo"),
    customer(1, "2026-03-17 12:00", "fiel", "RJ", "Niterói"),
    customer(2, "2026-01-01 00:00", "VIP", "SP", "Santos"),
]
# User 1 moves on the 17th at noon, user 9 is unknown.
SALES = [
    sale(1, "2026-03-17 11:59:59", 100, user=1),
    sale(2, "2026-03-17 12:00", 250, user=1, payment="boleto"),
    sale(3, "2026-03-17 13:00", 40, user=2, cancelled=True),
    sale(4, "2026-03-18 10:00", 7, user=9),
]


def test_the_customer_is_who_they_were_at_the_purchase(shop):
    # pedidos, bruta, canceladas, liquida
    assert shop.rows(sales_by_state, SALES, people=PEOPLE, kind="dia") == [
        ("2026-03-17", "RJ", 1, 250, 0, 250),
        ("2026-03-17", "SP", 1, 140, 40, 100),
        ("2026-03-17", "desconhecido", 0, 0, 0, 0),
        ("2026-03-18", "RJ", 0, 0, 0, 0),
        ("2026-03-18", "SP", 0, 0, 0, 0),
        ("2026-03-18", "desconhecido", 1, 7, 0, 7),
    ]
    assert shop.rows(sales_by_segment, SALES, people=PEOPLE, kind="mes") == [
        ("2026-03-01", "VIP", 0, 40, 40, 0),
        ("2026-03-01", "desconhecido", 1, 7, 0, 7),
        ("2026-03-01", "fiel", 1, 250, 0, 250),
        ("2026-03-01", "novo", 1, 100, 0, 100),
    ]


def test_cities_have_rows_where_they_bought_and_are_told_apart_by_their_state(shop):
    people = [
        customer(1, "2026-01-01 00:00", "novo", "SP", "Bom Jesus"),
        customer(2, "2026-01-01 00:00", "novo", "RS", "Bom Jesus"),
    ]
    sales = [sale(1, "2026-03-17 10:00", 1, user=1), sale(2, "2026-03-18 10:00", 2, user=2)]
    assert shop.rows(sales_by_city, sales, people=people, kind="dia") == [
        ("2026-03-17", "SP", "Bom Jesus", 1, 1, 0, 1),
        ("2026-03-18", "RS", "Bom Jesus", 1, 2, 0, 2),
    ]


def test_before_a_customers_first_version_that_one_holds(shop):
    sales = [sale(1, "2026-03-16 10:00", 100, user=1)]
    assert shop.rows(sales_by_segment, sales, people=PEOPLE, kind="mes") == [("2026-03-01", "novo", 1, 100, 0, 100)]


def test_payment_methods_have_a_row_in_every_period(shop):
    assert shop.rows(sales_by_payment, SALES, people=PEOPLE, kind="dia") == [
        ("2026-03-17", "boleto", 1, 250, 0, 250),
        ("2026-03-17", "pix", 1, 140, 40, 100),
        ("2026-03-18", "boleto", 0, 0, 0, 0),
        ("2026-03-18", "pix", 1, 7, 0, 7),
    ]


def test_an_order_counts_under_its_first_valid_transaction_in_each_period(shop):
    # Sunday by boleto and cancelled, Monday by card, Monday again by pix.
    sales = [
        sale(1, "2026-03-15 10:00", 10, payment="boleto", cancelled=True),
        sale(1, "2026-03-16 10:00", 20, payment="cartao_credito"),
        sale(1, "2026-03-16 11:00", 30, payment="pix"),
    ]
    orders = {
        (kind, start, method): count for kind, start, method, count, *_ in shop.rows(sales_by_payment, sales) if count
    }
    assert orders == {
        ("dia", "2026-03-16", "cartao_credito"): 1,
        ("semana", "2026-03-16", "cartao_credito"): 1,
        ("mes", "2026-03-01", "cartao_credito"): 1,
    }


def test_hours_are_the_shops_and_all_of_the_week_is_there(shop):
    sales = [
        sale(1, "2026-03-16 23:59", 100),
        sale(2, "2026-03-17 00:00", 50),
        sale(3, "2026-03-10 00:30", 7),
        sale(4, "2026-03-10 00:30", 9, cancelled=True),
    ]
    rows = shop.rows(weekday_hours, sales, kind="mes")
    assert len(rows) == 7 * 24
    # dia_semana (1 is Monday), hora, dias, pedidos, liquida; from Tuesday 10 to Wednesday 18 March
    assert [row[1:] for row in rows if row[4]] == [(1, 23, 1, 1, 100), (2, 0, 2, 2, 57)]
    assert {day: days for _, day, _, days, _, _ in rows} == {1: 1, 2: 2, 3: 2, 4: 1, 5: 1, 6: 1, 7: 1}
    assert [row[1:] for row in shop.rows(weekday_hours, sales, kind="total")] == [row[1:] for row in rows]


def test_without_orders_nothing_is_broken_down(shop):
    for compute in (sales_by_state, sales_by_city, sales_by_payment, sales_by_segment, weekday_hours):
        assert shop.rows(compute) == []
