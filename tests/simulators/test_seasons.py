"""The calendar: every feast written out."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from simulators import seasons
from simulators.moments import to_microseconds
from simulators.seasons import Seasons

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def at(*moment: int) -> float:
    return Seasons(SAO_PAULO).at(to_microseconds(dt.datetime(*moment, tzinfo=SAO_PAULO)))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(("year", "day"), [(2024, 29), (2025, 28), (2026, 27), (2027, 26), (2028, 24)])
def test_black_friday_is_the_day_after_the_fourth_thursday(year: int, day: int) -> None:
    assert seasons.black_friday(year) == dt.date(year, 11, day)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_years_mean_is_one(year: int) -> None:
    days = [dt.date(year, 1, 1) + dt.timedelta(days=it) for it in range(366 if year == 2024 else 365)]

    assert sum(map(seasons.day_factor, days)) / len(days) == pytest.approx(1.0)


def test_a_days_mean_is_its_factor() -> None:
    for day in (dt.date(2026, 3, 11), dt.date(2026, 11, 27)):
        assert Seasons(SAO_PAULO).minutes(day).mean() == pytest.approx(seasons.day_factor(day))


def test_black_friday_is_the_busiest_day_and_christmas_the_quietest() -> None:
    factors = {
        day: seasons.day_factor(day) for day in (dt.date(2026, 1, 1) + dt.timedelta(days=it) for it in range(365))
    }

    assert max(factors, key=factors.__getitem__) == dt.date(2026, 11, 27)
    assert min(factors, key=factors.__getitem__) == dt.date(2026, 12, 25)
    # Against a Friday three weeks before: the twofold to eightfold that shops report.
    assert 2 <= factors[dt.date(2026, 11, 27)] / factors[dt.date(2026, 11, 13)] <= 8


def test_black_friday_begins_at_midnight_and_has_peaks_at_lunch_and_in_the_evening() -> None:
    hours = [at(2026, 11, 27, hour, 30) for hour in range(24)]

    assert hours[0] == max(hours)
    assert hours[14] > hours[11]
    assert hours[14] > hours[17] < hours[20]
    assert hours[20] > hours[23]


def test_pay_days_are_busier_than_the_end_of_the_month() -> None:
    # Two Mondays, two weeks apart.
    assert seasons.day_factor(dt.date(2026, 7, 6)) > 1.15 * seasons.day_factor(dt.date(2026, 7, 27))


def test_nights_are_quiet_and_afternoons_busy_in_the_shops_own_zone() -> None:
    assert at(2026, 3, 11, 15) > 10 * at(2026, 3, 11, 3, 30)
    # The same moment, said in UTC.
    moment = to_microseconds(dt.datetime(2026, 3, 11, 18, tzinfo=dt.UTC))
    assert Seasons(SAO_PAULO).at(moment) == at(2026, 3, 11, 15)


def test_the_week_before_mothers_day_is_busier_than_the_one_after() -> None:
    # Sunday 10 May 2026 is the second of the month.
    assert seasons.day_factor(dt.date(2026, 5, 9)) > 1.2 * seasons.day_factor(dt.date(2026, 5, 16))
