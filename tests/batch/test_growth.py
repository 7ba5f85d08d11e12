import datetime as dt

from jobs.batch.metrics.growth import average_order_value_change, revenue_growth
from tests.batch.conftest import sale

# The run is on Wednesday 18 March 2026 at 15:00.


def test_a_complete_period_is_compared_with_the_whole_one_before(shop):
    sales = [sale(1, "2026-03-16 20:00", 100), sale(2, "2026-03-17 01:00", 150)]
    assert shop.rows(revenue_growth, sales, kind="dia")[:2] == [
        ("2026-03-16", 100, None, None),
        ("2026-03-17", 150, 100, None),
    ]


def test_an_incomplete_period_is_compared_up_to_the_same_point(shop):
    sales = [
        sale(1, "2026-03-17 14:59", 100),
        sale(2, "2026-03-17 15:00", 7_000),
        sale(3, "2026-03-18 10:00", 80),
        # Wednesday of the week before, before and after 15:00; the 18th of the month before, too.
        sale(4, "2026-03-11 14:00", 20),
        sale(5, "2026-03-11 16:00", 5_000),
        sale(6, "2026-02-18 14:00", 3),
        sale(7, "2026-02-18 16:00", 900),
    ]
    rows = {(kind, first): (net, before) for kind, first, net, before, _ in shop.rows(revenue_growth, sales)}
    assert rows["dia", "2026-03-18"] == (80, 100)
    assert rows["semana", "2026-03-16"] == (7_180, 20)
    assert rows["mes", "2026-03-01"] == (12_200, 3)
    assert rows["dia", "2026-03-17"] == (7_100, 0)


def test_a_shorter_month_before_is_compared_whole(shop):
    now = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
    sales = [sale(1, "2026-02-28 23:00", 70), sale(2, "2026-03-01 00:30", 1)]
    assert shop.rows(revenue_growth, sales, kind="mes", now=now) == [
        ("2026-02-01", 70, None, None),
        ("2026-03-01", 1, 70, None),
    ]


def test_the_year_before_is_the_same_date_month_or_week_number(shop):
    now = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)
    sales = [
        sale(1, "2024-02-28 10:00", 28),
        sale(2, "2024-02-29 10:00", 29),
        sale(3, "2025-02-28 10:00", 5),
    ]
    rows = {(kind, first): year for kind, first, _, _, year in shop.rows(revenue_growth, sales, now=now)}
    assert rows["dia", "2025-02-28"] == 28
    assert rows["mes", "2025-02-01"] == 57
    # The week of Monday 24 February 2025 and that of Monday 26 February 2024, up to Saturday 09:00.
    assert rows["semana", "2025-02-24"] == 57
    assert rows["dia", "2024-02-29"] is None


def test_the_average_order_value_is_compared_by_its_parts(shop):
    sales = [
        sale(1, "2026-03-17 10:00", 100),
        sale(2, "2026-03-17 11:00", 300),
        sale(3, "2026-03-17 15:00", 900),
        sale(4, "2026-03-17 11:00", 50, cancelled=True),
        sale(5, "2026-03-18 11:00", 90),
    ]
    assert shop.rows(average_order_value_change, sales, kind="dia")[-1] == ("2026-03-18", 90, 1, 400, 2, None, None)
