"""How the history's customers came to their segments: by the orders they placed, in order of time. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulators import identity
from simulators.behaviour import LOYAL_ORDERS, PROMOTION_DELAY, VIP_ORDERS
from simulators.customers import Customers

Ids = NDArray[np.uint8]
Integers = NDArray[np.int64]


class Standing(NamedTuple):
    """Of each order the index into ``SEGMENTS`` in which it was placed; and who got which segment by which order."""

    segments: Integers
    promoted: Integers
    reached: Integers


def standing(base: Customers, customer: Ids, bought: Integers) -> Standing:
    """What orders, given by their customers' ids and times, made of the customers.

    ``promoted`` are indices of orders by time, ``reached`` the segments that followed them.
    """
    words = identity.low_words(customer)
    order = np.lexsort((bought, words))
    sorted_words = words[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = sorted_words[1:] != sorted_words[:-1]
    first = np.flatnonzero(is_first)
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    before = np.empty(len(order), np.int64)
    before[order] = rank
    before += _orders_before(base, words)
    after = _segment(before + 1)
    promoted = np.flatnonzero(after != _segment(before))
    promoted = promoted[np.argsort(bought[promoted], kind="stable")]
    segments = np.empty(len(order), np.int64)
    segments[order] = _segment(before[order] - _not_valid_yet(sorted_words, bought[order]))
    return Standing(segments, promoted, after[promoted])


def _not_valid_yet(words: identity.Words, bought: Integers) -> Integers:
    """Of each order, by customer and time, how many before it cannot have promoted its customer yet."""
    count = np.zeros(len(words), np.int64)
    for back in range(1, len(words)):
        near = (words[back:] == words[:-back]) & (bought[back:] - bought[:-back] < PROMOTION_DELAY)
        if not near.any():
            break
        count[back:] += near
    return count


def _segment(orders: Integers) -> Integers:
    """The index into ``SEGMENTS`` after so many orders."""
    return (orders >= LOYAL_ORDERS).astype(np.int64) + (orders >= VIP_ORDERS)


def _orders_before(base: Customers, words: identity.Words) -> Integers:
    """The orders that customers, by the last 8 bytes of their ids, had placed before the shop opened."""
    numbers = np.arange(base.size)
    known = identity.low_words(base.id_bytes(numbers))
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], words), base.size - 1)
    earlier = base.orders_before(numbers)[order]
    return np.where(known[order][place] == words, earlier[place], 0)
