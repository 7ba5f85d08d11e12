"""What was sold, as plain values."""

import datetime as dt

from msgspec import Struct

from dashboard.data.history.spans import Part
from dashboard.selection import Days


class Day(Struct, frozen=True, kw_only=True):
    """Sales of one day. ``orders`` are valid ones; None where a choice of categories leaves them uncounted.

    ``units`` are counted where categories were chosen.
    """

    day: dt.date
    gross: int
    cancelled: int
    net: int
    orders: int | None
    orders_cancelled: int | None
    units: int | None = None


class Hour(Struct, frozen=True, kw_only=True):
    """An hour of the week (1 is Monday): what was sold in it on ``days`` such days."""

    weekday: int
    hour: int
    days: int
    orders: int
    net: int


class Growth(Struct, frozen=True, kw_only=True):
    """A period beside the one before it and that of a year before; an open one up to the same point."""

    start: dt.date
    is_complete: bool
    net: int
    growth: float | None
    growth_year: float | None
    ticket: int | None
    ticket_change: float | None
    ticket_change_year: float | None


class Sales(Struct, frozen=True, kw_only=True):
    """The answer. ``hours`` are of the months of ``hours_of``; where filters are on there are none, nor ``growth``."""

    days: list[Day]
    before: list[Day]
    categories: list[Part]
    payments: list[Part]
    segments: list[Part]
    states: list[Part]
    hours: list[Hour]
    hours_of: Days
    growth: list[Growth]
