from jobs.batch.metrics.sales import average_order_value, number_of_orders, total_sales
from tests.batch.conftest import sale

# 16 March 2026 is a Monday; the run is on Wednesday the 18th.
SALES = [
    sale(1, "2026-03-15 10:00", 10_000),
    sale(2, "2026-03-15 11:00", 5_050, cancelled=True),
    sale(3, "2026-03-16 09:00", 700),
    sale(4, "2026-03-18 09:00", 1_000),
    sale(5, "2026-03-18 09:30", 1_001),
]


def test_net_leaves_out_cancelled_orders_and_days_without_sales_are_zeros(shop):
    assert shop.rows(total_sales, SALES, kind="dia") == [
        ("2026-03-15", 15_050, 5_050, 10_000),
        ("2026-03-16", 700, 0, 700),
        ("2026-03-17", 0, 0, 0),
        ("2026-03-18", 2_001, 0, 2_001),
    ]


def test_weeks_begin_on_monday_and_months_on_the_first(shop):
    assert shop.rows(total_sales, SALES, kind="semana") == [
        ("2026-03-09", 15_050, 5_050, 10_000),
        ("2026-03-16", 2_701, 0, 2_701),
    ]
    assert shop.rows(total_sales, SALES, kind="mes") == [("2026-03-01", 17_751, 5_050, 12_701)]


def test_a_period_that_the_run_falls_into_is_incomplete(shop):
    complete = {
        (row.periodo, row.inicio.isoformat()): row.completo for row in total_sales(shop.frames(SALES)).collect()
    }
    assert complete == {
        ("dia", "2026-03-15"): True,
        ("dia", "2026-03-16"): True,
        ("dia", "2026-03-17"): True,
        ("dia", "2026-03-18"): False,
        ("semana", "2026-03-09"): True,
        ("semana", "2026-03-16"): False,
        ("mes", "2026-03-01"): False,
    }


def test_the_day_ends_at_midnight_in_sao_paulo(shop):
    # 23:59 and 00:01 of the shop's clock lie on the same day in UTC.
    sales = [sale(1, "2026-03-16 23:59:59.999999", 1), sale(2, "2026-03-17 00:00", 2)]
    assert shop.rows(total_sales, sales, kind="dia")[:2] == [("2026-03-16", 1, 0, 1), ("2026-03-17", 2, 0, 2)]


def test_without_orders_there_are_no_rows(shop):
    assert shop.rows(total_sales, []) == []
    assert shop.rows(number_of_orders, []) == []
    assert shop.rows(average_order_value, []) == []


def test_one_order_makes_one_day_one_week_and_one_month(shop):
    assert shop.rows(average_order_value, [sale(1, "2026-03-18 00:00", 999)]) == [
        ("dia", "2026-03-18", 999, 1, 999),
        ("mes", "2026-03-01", 999, 1, 999),
        ("semana", "2026-03-16", 999, 1, 999),
    ]


def test_where_all_is_cancelled_nothing_is_net_and_there_is_no_average(shop):
    sales = [sale(1, "2026-03-18 01:00", 999, cancelled=True)]
    assert shop.rows(total_sales, sales, kind="dia") == [("2026-03-18", 999, 999, 0)]
    assert shop.rows(number_of_orders, sales, kind="dia") == [("2026-03-18", 0, 1)]
    assert shop.rows(average_order_value, sales, kind="dia") == [("2026-03-18", 0, 0, None)]


def test_the_average_is_rounded_half_up_to_the_centavo(shop):
    assert shop.rows(average_order_value, SALES, kind="dia")[-1] == ("2026-03-18", 2_001, 2, 1_001)


def test_orders_are_counted_as_valid_or_cancelled(shop):
    assert shop.rows(number_of_orders, SALES, kind="dia") == [
        ("2026-03-15", 1, 1),
        ("2026-03-16", 1, 0),
        ("2026-03-17", 0, 0),
        ("2026-03-18", 2, 0),
    ]


def test_two_transactions_of_one_order_are_one_order_and_both_are_sales(shop):
    sales = [sale(1, "2026-03-18 01:00", 100), sale(1, "2026-03-18 02:00", 50, cancelled=True)]
    assert shop.rows(number_of_orders, sales, kind="dia") == [("2026-03-18", 1, 0)]
    assert shop.rows(total_sales, sales, kind="dia") == [("2026-03-18", 150, 50, 100)]


def test_an_order_with_transactions_on_two_days_counts_once_in_each_period(shop):
    # Sunday and Monday: two days, two weeks, one month. On Monday it was cancelled.
    sales = [
        sale(1, "2026-03-15 10:00", 100),
        sale(1, "2026-03-16 10:00", 50, cancelled=True),
        sale(2, "2026-03-16 10:00", 1),
    ]
    assert shop.rows(number_of_orders, sales) == [
        ("dia", "2026-03-15", 1, 0),
        ("dia", "2026-03-16", 1, 1),
        ("dia", "2026-03-17", 0, 0),
        ("dia", "2026-03-18", 0, 0),
        ("mes", "2026-03-01", 2, 0),
        ("semana", "2026-03-09", 1, 0),
        ("semana", "2026-03-16", 1, 1),
    ]
