"""How busy the shop is at a moment: day, week, pay days, feasts and the year; the year's mean is 1."""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from simulators.behaviour import BLACK_FRIDAY_HOURS, HOURS, WEEKDAYS
from simulators.moments import SECOND

# Months of Brazilian retail online, January first; ours, after the shape of the trade's monthly index.
MONTHS = (0.93, 0.90, 0.96, 0.95, 1.02, 0.98, 0.98, 1.00, 0.96, 1.00, 1.12, 1.20)
# Salaries come by the fifth working day and, in part, on the 20th: days of the month and their factor.
PAY_DAYS = {5: 1.10, 6: 1.15, 7: 1.12, 8: 1.08, 9: 1.05, 20: 1.06, 21: 1.06}
# Before the next salary: the end of the month.
LEAN_DAYS = dict.fromkeys(range(26, 32), 0.94)
# Around Black Friday, by days after it. Within the 2 to 8 times that shops report.
BLACK_FRIDAY = {-4: 1.3, -3: 1.3, -2: 1.4, -1: 1.8, 0: 4.0, 1: 2.2, 2: 1.7, 3: 1.8, 4: 1.1}
# Days of December: presents are bought until they can no longer arrive.
CHRISTMAS = {
    **dict.fromkeys(range(1, 18), 1.2),
    **dict.fromkeys(range(18, 23), 1.05),
    23: 0.9,
    24: 0.55,
    25: 0.45,
    31: 0.6,
}
# Other days of presents, in the week before them.
PRESENTS = 1.25

_MINUTES = 1_440


class Seasons:
    """The shop's calendar in a time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def at(self, time: int) -> float:
        """How busy the shop is at ``time`` (microseconds), in relation to the year's mean."""
        local = dt.datetime.fromtimestamp(time / SECOND, self._zone)
        day = local.date()
        return day_factor(day) * float(_curve(day == black_friday(day.year))[local.hour * 60 + local.minute])

    def minutes(self, day: dt.date) -> NDArray[np.float64]:
        """The same for each minute of a day's 24 hours, as an array of 1,440."""
        return day_factor(day) * _curve(day == black_friday(day.year))


@lru_cache(maxsize=1_024)
def day_factor(day: dt.date) -> float:
    """How busy a day is; the mean over its year is 1."""
    return _raw(day) / _mean(day.year)


def black_friday(year: int) -> dt.date:
    """The day after the fourth Thursday of November, as in the United States."""
    first = dt.date(year, 11, 1)
    thursday = first + dt.timedelta(days=(3 - first.weekday()) % 7 + 21)
    return thursday + dt.timedelta(days=1)


@lru_cache(maxsize=64)
def _days_of_presents(year: int) -> frozenset[dt.date]:
    """Mothers' day, the lovers' day, fathers' day, children's day, and the six days before each."""

    def second_sunday(month: int) -> dt.date:
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(6 - first.weekday()) % 7 + 7)

    feasts = (second_sunday(5), dt.date(year, 6, 12), second_sunday(8), dt.date(year, 10, 12))
    return frozenset(it - dt.timedelta(days=before) for it in feasts for before in range(7))


def _raw(day: dt.date) -> float:
    factor = WEEKDAYS[day.weekday()] * 7 / sum(WEEKDAYS) * MONTHS[day.month - 1]
    factor *= PAY_DAYS.get(day.day, 1.0) * LEAN_DAYS.get(day.day, 1.0)
    factor *= BLACK_FRIDAY.get((day - black_friday(day.year)).days, 1.0)
    if day.month == 12:
        factor *= CHRISTMAS.get(day.day, 1.0)
    if day in _days_of_presents(day.year):
        factor *= PRESENTS
    return factor


@lru_cache(maxsize=64)
def _mean(year: int) -> float:
    first = dt.date(year, 1, 1)
    days = (dt.date(year + 1, 1, 1) - first).days
    return sum(_raw(first + dt.timedelta(days=it)) for it in range(days)) / days


@lru_cache(maxsize=2)
def _curve(is_black_friday: bool) -> NDArray[np.float64]:
    """The minutes of a day: the hours' figures at the middle of each hour, straight lines between; mean 1."""
    hours = np.array(BLACK_FRIDAY_HOURS if is_black_friday else HOURS)
    around = np.concatenate([hours[-1:], hours, hours[:1]])
    minutes = np.interp(np.arange(_MINUTES) + 0.5, np.arange(-1, 25) * 60 + 30, around)
    return np.asarray(minutes / minutes.mean(), np.float64)
