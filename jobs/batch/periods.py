"""The calendar of a run: every day, ISO week and month from the first order to the run's instant."""

import calendar
import datetime as dt
from collections.abc import Iterator
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec


class Kind(StrEnum):
    """The lengths of periods, as the results name them."""

    DAY = "dia"
    WEEK = "semana"
    MONTH = "mes"


class Span(msgspec.Struct, frozen=True):
    """Moments from ``start`` up to, but without, ``end``; both aware."""

    start: dt.datetime
    end: dt.datetime


class Period(msgspec.Struct, frozen=True):
    """One period of the shop's calendar: days ``first`` up to, but without, ``end``."""

    kind: Kind
    first: dt.date
    end: dt.date
    complete: bool

    @property
    def previous(self) -> dt.date:
        """First day of the period before this one."""
        return start_of(self.kind, self.first - dt.timedelta(days=1))

    @property
    def year_before(self) -> dt.date:
        """First day of the period a year before: the same date or month, the week 52 weeks earlier.

        29 February is compared with 28 February.
        """
        if self.kind is Kind.WEEK:
            return self.first - dt.timedelta(weeks=52)
        last = calendar.monthrange(self.first.year - 1, self.first.month)[1]
        return self.first.replace(year=self.first.year - 1, day=min(self.first.day, last))


def start_of(kind: Kind, day: dt.date) -> dt.date:
    """First day of the period that ``day`` is in. Weeks begin on Monday."""
    if kind is Kind.WEEK:
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if kind is Kind.MONTH else day


def end_of(kind: Kind, first: dt.date) -> dt.date:
    """First day after the period that begins on ``first``."""
    if kind is Kind.MONTH:
        return (first + dt.timedelta(days=31)).replace(day=1)
    return first + dt.timedelta(days=7 if kind is Kind.WEEK else 1)


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The moment a day of the shop begins, aware."""
    return dt.datetime.combine(day, dt.time(), zone)


def periods(first_day: dt.date, instant: dt.datetime, zone: ZoneInfo) -> list[Period]:
    """Every period from the one of ``first_day`` to the one that ``instant`` lies in, gaps and all.

    A period that ends after ``instant`` is incomplete; none begins at ``instant`` or later.
    """
    return [it for kind in Kind for it in _of_kind(kind, first_day, instant, zone)]


def _of_kind(kind: Kind, first_day: dt.date, instant: dt.datetime, zone: ZoneInfo) -> Iterator[Period]:
    first = start_of(kind, first_day)
    while midnight(first, zone) < instant:
        end = end_of(kind, first)
        yield Period(kind, first, end, midnight(end, zone) <= instant)
        first = end


def up_to_the_same_point(period: Period, other: dt.date, instant: dt.datetime, zone: ZoneInfo) -> Span:
    """The part of the period that begins on ``other`` which lies as far into it as ``instant`` into ``period``.

    Measured in days and time of day on the shop's clock; a shorter period ends the part early.
    """
    local = instant.astimezone(zone)
    day = other + (local.date() - period.first)
    end = end_of(period.kind, other)
    until = midnight(end, zone) if day >= end else dt.datetime.combine(day, local.time(), zone)
    return Span(midnight(other, zone), until)
