import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.allocation import allocate, item_weights

TOTALS = st.integers(0, 10**14)
WEIGHTS = st.lists(st.integers(0, 10**14), min_size=1, max_size=30)


def test_an_order_is_shared_in_proportion():
    assert allocate(1000, [1, 3]) == [250, 750]


def test_the_centavos_left_over_go_to_the_largest_remainders():
    # Exact shares: 14.28…, 28.57…, 57.14…: the second has the largest remainder.
    assert allocate(100, [1, 2, 4]) == [14, 29, 57]


def test_equal_remainders_favour_the_earlier_position():
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(2, [5, 5, 5]) == [1, 1, 0]


def test_weights_that_are_all_zero_count_as_equal():
    assert allocate(7, [0, 0]) == [4, 3]


def test_a_weight_of_zero_gets_nothing_while_others_weigh():
    assert allocate(7, [0, 2]) == [0, 7]


def test_one_item_gets_everything_whatever_it_weighs():
    assert allocate(1234, [0]) == [1234]


def test_nothing_is_shared_as_nothing():
    assert allocate(0, [3, 4]) == [0, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [-1, 2]), (1, [])])
def test_what_cannot_be_shared_is_refused(total, weights):
    with pytest.raises(ValueError, match="must be 0 or more"):
        allocate(total, weights)


@given(TOTALS, WEIGHTS)
def test_shares_add_up_to_the_total(total, weights):
    assert sum(allocate(total, weights)) == total


@given(TOTALS, WEIGHTS)
def test_no_share_is_a_centavo_or_more_from_its_exact_proportion(total, weights):
    weights = weights if any(weights) else [1] * len(weights)
    whole = sum(weights)
    for share, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(share * whole - total * weight) < whole


@given(TOTALS, WEIGHTS)
def test_a_heavier_item_never_gets_less(total, weights):
    shares = allocate(total, weights)
    for weight, share in zip(weights, shares, strict=True):
        for other_weight, other_share in zip(weights, shares, strict=True):
            assert weight <= other_weight or share >= other_share


def test_an_item_weighs_its_price_times_its_quantity():
    assert item_weights([1990, 500], [2, 3]) == [3980, 1500]


def test_one_unknown_price_makes_all_items_weigh_by_quantity_alone():
    assert item_weights([1990, None], [2, 3]) == [2, 3]
