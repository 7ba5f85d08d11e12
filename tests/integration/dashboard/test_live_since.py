"""Since when the shop is live, as Postgres tells it."""

import datetime as dt

import pytest

from dashboard.data.shop import read_live_since

LOADED = dt.datetime(2026, 11, 23, 17, 0, tzinfo=dt.UTC)
MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@pytest.fixture
def live_since(connection):
    return lambda: read_live_since(connection)


def test_without_an_order_nothing_is_known(live_since):
    assert live_since() is None


def test_it_is_live_since_the_first_order_after_its_past_was_loaded(order, live_since):
    # A loaded past reaches up to its loading; the shop may open later.
    for bought in (LOADED - 90 * DAY, LOADED - DAY, LOADED - MINUTE / 60):
        order(bought, written=LOADED)
    assert live_since() == LOADED.timestamp()
    order(LOADED + 3 * MINUTE)
    order(LOADED + 4 * MINUTE)
    assert live_since() == (LOADED + 3 * MINUTE).timestamp()


def test_a_shop_without_a_past_is_live_since_its_first_orders(order, live_since):
    for minutes in (0, 1, 2):
        order(LOADED + minutes * MINUTE, written=LOADED + minutes * MINUTE + MINUTE / 60)
    assert live_since() == (LOADED + MINUTE).timestamp()


def test_orders_that_come_late_or_are_dated_long_ago_change_nothing(order, live_since):
    for days in range(3):
        order(LOADED - days * DAY, written=LOADED)
    order(LOADED + 3 * MINUTE)
    # Written after a stop of ten days, and dated before all others.
    order(LOADED + DAY, written=LOADED + 10 * DAY)
    order(LOADED - 900 * DAY, written=LOADED + 10 * DAY)
    assert live_since() == (LOADED + 3 * MINUTE).timestamp()
