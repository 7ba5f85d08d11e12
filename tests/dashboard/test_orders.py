"""The watch over the latest orders, without a server."""

import datetime as dt
import time

import pytest

from contracts import settings
from dashboard.data import orders
from dashboard.data.orders import Orders, OrdersWatch


def test_what_nobody_has_looked_at_for_a_while_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "_KEPT_SECONDS", 0.0)
    watch = OrdersWatch(settings.load({}), wanted=lambda: False, now=lambda: dt.datetime.now(dt.UTC))
    watch.orders = Orders(latest=[])
    watch.start()
    deadline = time.monotonic() + 30
    while watch.orders.latest is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    watch.stop()
