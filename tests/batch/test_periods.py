import datetime as dt

from jobs.batch.periods import Kind, Period, periods, up_to_the_same_point
from tests.batch.conftest import ZONE, at


def test_the_calendar_has_no_gaps_and_ends_with_the_instant():
    days = [it for it in periods(dt.date(2024, 2, 27), at("2024-03-01 00:00"), ZONE) if it.kind is Kind.DAY]
    assert [(it.first.isoformat(), it.complete) for it in days] == [
        ("2024-02-27", True),
        ("2024-02-28", True),
        ("2024-02-29", True),
    ]


def test_the_29th_of_february_is_compared_with_the_28th():
    leap = Period(Kind.DAY, dt.date(2024, 2, 29), dt.date(2024, 3, 1), complete=True)
    assert leap.year_before == dt.date(2023, 2, 28)
    assert leap.previous == dt.date(2024, 2, 28)


def test_a_week_is_compared_with_a_monday_a_year_before():
    week = Period(Kind.WEEK, dt.date(2026, 3, 16), dt.date(2026, 3, 23), complete=True)
    assert week.year_before == dt.date(2025, 3, 17)
    assert week.previous == dt.date(2026, 3, 9)


def test_the_month_before_january_is_december():
    month = Period(Kind.MONTH, dt.date(2026, 1, 1), dt.date(2026, 2, 1), complete=False)
    assert month.previous == dt.date(2025, 12, 1)
    assert month.year_before == dt.date(2025, 1, 1)


def test_the_same_point_of_a_month_is_the_same_day_and_time():
    month = Period(Kind.MONTH, dt.date(2026, 3, 1), dt.date(2026, 4, 1), complete=False)
    span = up_to_the_same_point(month, dt.date(2026, 2, 1), at("2026-03-18 15:30"), ZONE)
    assert (span.start, span.end) == (at("2026-02-01 00:00"), at("2026-02-18 15:30"))
