import datetime as dt

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation import allocate, item_weights
from jobs.batch.sharing import PriceHistory, share_totals
from tests.batch.conftest import at, identity, version

SMALL = st.tuples(st.one_of(st.none(), st.integers(0, 10_000)), st.integers(1, 20))
HUGE = st.tuples(st.one_of(st.none(), st.integers(0, 10**14)), st.integers(1, 2**31 - 1))
ORDERS = st.lists(
    st.tuples(st.integers(0, 10**14), st.lists(st.one_of(SMALL, HUGE), min_size=1, max_size=6)), max_size=12
)


@given(ORDERS)
def test_many_orders_at_once_are_shared_exactly_as_each_alone(orders):
    items = [item for _, of_order in orders for item in of_order]
    counts = np.array([len(of_order) for _, of_order in orders], np.int64)
    shares = share_totals(
        np.array([total for total, _ in orders], np.int64),
        np.cumsum(counts) - counts,
        np.array([-1 if price is None else price for price, _ in items], np.int64),
        np.array([quantity for _, quantity in items], np.int64),
    )
    expected = [
        share
        for total, of_order in orders
        for share in allocate(total, item_weights([price for price, _ in of_order], [it for _, it in of_order]))
    ]
    assert shares.tolist() == expected


def test_the_price_is_the_one_of_the_last_version_at_that_moment():
    rows = [
        version(2, "2026-03-02 00:00", "b", 20),
        version(1, "2026-03-03 00:00", "a2", 30),
        version(1, "2026-03-01 00:00", "a", 10),
    ]
    history = PriceHistory(pa.Table.from_pylist(rows))
    asked = [
        (1, "2026-02-01 00:00"),
        (1, "2026-03-01 00:00"),
        (1, "2026-03-02 23:59:59.999999"),
        (1, "2026-03-03 00:00"),
        (2, "2026-03-01 12:00"),
        (2, "2026-04-01 00:00"),
        (3, "2026-03-02 00:00"),
    ]
    prices, categories = history.at(
        pa.array([identity(it).bytes for it, _ in asked]),
        pa.array([at(when).astimezone(dt.UTC) for _, when in asked], pa.timestamp("us", "UTC")),
    )
    assert prices.tolist() == [10, 10, 10, 30, 20, 20, -1]
    assert [history.categories[it] for it in categories] == ["a", "a", "a", "a2", "b", "b", "desconhecido"]
