"""The shop's clock: from the wall's time to the shop's and back."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import clock
from contracts.clock import ShopClock

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# A shop's day in a wall's minute.
FAST = ShopClock(wall_epoch=NOON, shop_epoch=NEW_YEAR, speed=1440.0)


def test_the_walls_clock_shows_the_walls_time() -> None:
    assert clock.WALL.at(NOON) == NOON
    assert clock.WALL.wall_at(NOON) == NOON
    assert clock.WALL.is_live


def test_at_speed_1440_a_minute_is_a_day() -> None:
    assert FAST.at(NOON) == NEW_YEAR
    assert FAST.at(NOON + dt.timedelta(minutes=1)) == dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    assert FAST.at(NOON - dt.timedelta(seconds=30)) == dt.datetime(2025, 12, 31, 12, tzinfo=dt.UTC)


def test_the_walls_time_of_a_shops_midnight_is_found() -> None:
    assert FAST.wall_at(dt.datetime(2026, 1, 31, tzinfo=dt.UTC)) == NOON + dt.timedelta(minutes=30)


@pytest.mark.parametrize(
    ("speed", "shop_epoch", "is_live"), [(1.0, NOON, True), (1.0, NEW_YEAR, False), (2.0, NOON, False)]
)
def test_live_is_only_a_shop_whose_clock_is_the_walls(speed: float, shop_epoch: dt.datetime, is_live: bool) -> None:
    assert ShopClock(wall_epoch=NOON, shop_epoch=shop_epoch, speed=speed).is_live is is_live


def test_a_moment_that_has_passed_is_no_seconds_away() -> None:
    assert clock.WALL.wall_seconds_until(NEW_YEAR) == 0.0


def test_a_shops_day_ahead_is_a_minute_of_the_wall_away() -> None:
    running = ShopClock(wall_epoch=NOON, shop_epoch=NOON, speed=1440.0)
    seconds = running.wall_seconds_until(running.now() + dt.timedelta(days=1))
    assert 50 < seconds <= 60


@given(
    st.floats(0.01, 100_000),
    st.timedeltas(dt.timedelta(days=-1), dt.timedelta(days=1)),
)
def test_wall_at_is_the_inverse_of_at(speed: float, elapsed: dt.timedelta) -> None:
    shop = ShopClock(wall_epoch=NOON, shop_epoch=NEW_YEAR, speed=speed)
    # Both are rounded to a microsecond: the shop's weighs 1 / speed of the wall's.
    tolerance = dt.timedelta(microseconds=2 + 1 / speed)
    assert abs(shop.wall_at(shop.at(NOON + elapsed)) - (NOON + elapsed)) <= tolerance


@given(st.floats(0.01, 100_000), st.timedeltas(dt.timedelta(0), dt.timedelta(days=1)))
def test_the_shops_time_never_goes_back(speed: float, elapsed: dt.timedelta) -> None:
    shop = ShopClock(wall_epoch=NOON, shop_epoch=NEW_YEAR, speed=speed)
    assert shop.at(NOON + elapsed + dt.timedelta(seconds=1)) > shop.at(NOON + elapsed)
