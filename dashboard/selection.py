"""What of history a viewer asks for, as a link says it, and the days that this means in a run.

Nothing here reads, draws or knows Streamlit.
"""

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar, get_args

import msgspec
from msgspec import Struct

Granularity = Literal["dia", "semana", "mes"]
Preset = Literal["7d", "30d", "90d", "12m", "tudo", "este_mes", "mes_passado", "este_ano", "livre"]
Comparison = Literal["anterior", "ano", "nada"]

GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
PRESETS: tuple[Preset, ...] = get_args(Preset)
COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)

# Names in a link.
PRESET, FIRST, LAST, GRANULARITY, COMPARISON = "intervalo", "de", "ate", "periodo", "comparar"

_LENGTHS: dict[Preset, int] = {"7d": 7, "30d": 30, "90d": 90}
_YEAR_MONTHS = 12
# Ten years; older days are in the database, not on the page.
_MOST_DAYS = 3_660
# Two years of single days are more than any screen has pixels for.
_MOST_SINGLE_DAYS = 731
_MOST_VALUES = 50
_Option = TypeVar("_Option", bound=str)


class Days(Struct, frozen=True):
    """The days from ``first`` to ``last``, both included."""

    first: dt.date
    last: dt.date

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


class Filters(Struct, frozen=True, kw_only=True):
    """What is left out; an empty filter leaves out nothing. The names are those in a link."""

    categoria: tuple[str, ...] = ()
    uf: tuple[str, ...] = ()
    pagamento: tuple[str, ...] = ()
    segmento: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(msgspec.structs.astuple(self))

    def only(self, names: Sequence[str]) -> "Filters":
        """Those filters alone that ``names`` has; the others leave out nothing."""
        return Filters(**{it: getattr(self, it) for it in names})


FILTERS: tuple[str, ...] = Filters.__struct_fields__


class Selection(Struct, frozen=True, kw_only=True):
    """All that a viewer can choose on a page of history, but the language.

    ``first`` and ``last`` are those of the free range, whatever the preset is.
    """

    preset: Preset = "30d"
    first: dt.date | None = None
    last: dt.date | None = None
    granularity: Granularity = "dia"
    comparison: Comparison = "anterior"
    filters: Filters = Filters()

    def query(self) -> dict[str, list[str]]:
        """The selection as a link has it: what is as usual is not in it."""
        usual = Selection()
        said: dict[str, list[str]] = {}
        for name, value, default in (
            (PRESET, self.preset, usual.preset),
            (GRANULARITY, self.granularity, usual.granularity),
            (COMPARISON, self.comparison, usual.comparison),
        ):
            if value != default:
                said[name] = [value]
        if self.preset == "livre":
            said |= {
                name: [day.isoformat()] for name, day in ((FIRST, self.first), (LAST, self.last)) if day is not None
            }
        return said | {it: list(values) for it in FILTERS if (values := getattr(self.filters, it))}


def parse(said: Mapping[str, Sequence[str]]) -> Selection:
    """The selection that a link's parameters mean; what they say wrongly is as usual."""
    usual = Selection()
    first, last = _day(said.get(FIRST, ())), _day(said.get(LAST, ()))
    if first is not None and last is not None and first > last:
        first, last = last, first
    preset = _option(said.get(PRESET, ()), PRESETS, usual.preset)
    if preset == "livre" and (first is None or last is None):
        preset = usual.preset
    return Selection(
        preset=preset,
        first=first if preset == "livre" else None,
        last=last if preset == "livre" else None,
        granularity=_option(said.get(GRANULARITY, ()), GRANULARITIES, usual.granularity),
        comparison=_option(said.get(COMPARISON, ()), COMPARISONS, usual.comparison),
        filters=Filters(**{it: tuple(dict.fromkeys(said.get(it, ())))[:_MOST_VALUES] for it in FILTERS}),
    )


def _option(values: Sequence[str], options: Sequence[_Option], default: _Option) -> _Option:
    return next((it for it in options if values and it == values[0]), default)


def _day(values: Sequence[str]) -> dt.date | None:
    try:
        return dt.date.fromisoformat(values[0]) if values else None
    except ValueError:
        return None


class Request(Struct, frozen=True, kw_only=True):
    """A selection over the days of one run.

    ``complete`` are those of ``days`` that had ended at the run's instant, None where there is none.
    ``before`` are as many days to compare ``days`` with, and ``before_complete`` those of them that belong to
    ``complete``: an open day is never compared with a whole one. Both are None where nothing was asked for or
    history does not reach back so far.
    """

    granularity: Granularity
    comparison: Comparison
    days: Days
    complete: Days | None
    before: Days | None
    before_complete: Days | None
    filters: Filters = Filters()
    # The days asked for were too many to show one by one.
    is_coarser: bool = False

    @property
    def counted(self) -> Days:
        """The days that totals are made of: the complete ones, or the open one where it is alone."""
        return self.complete or self.days

    def moved(self, day: dt.date) -> dt.date:
        """The day of ``days`` that a day of ``before`` is compared with."""
        if self.comparison == "ano":
            return _other_year(day, 1)
        return day + dt.timedelta(days=self.days.count)


def resolve(selection: Selection, *, first_day: dt.date, last_day: dt.date, is_last_complete: bool) -> Request | None:
    """The days that a selection means in a history from ``first_day`` to ``last_day``; None where it has none."""
    wanted = _wanted(selection, first_day, last_day)
    days = Days(max(wanted.first, first_day, last_day - dt.timedelta(days=_MOST_DAYS - 1)), min(wanted.last, last_day))
    if days.first > days.last:
        return None
    complete: Days | None = days
    if days.last == last_day and not is_last_complete:
        complete = Days(days.first, last_day - dt.timedelta(days=1)) if days.count > 1 else None
    before = _before(days, selection.comparison)
    if before is not None and before.first < first_day:
        before = None
    before_complete = None
    if before is not None and complete is not None:
        before_complete = Days(
            before.first,
            _other_year(complete.last, -1)
            if selection.comparison == "ano"
            else before.first + dt.timedelta(days=complete.count - 1),
        )
    is_too_fine = selection.granularity == "dia" and days.count > _MOST_SINGLE_DAYS
    return Request(
        granularity="semana" if is_too_fine else selection.granularity,
        comparison=selection.comparison,
        days=days,
        complete=complete,
        before=before,
        before_complete=before_complete,
        filters=selection.filters,
        is_coarser=is_too_fine,
    )


def _wanted(selection: Selection, first_day: dt.date, last_day: dt.date) -> Days:
    month = last_day.replace(day=1)
    if selection.first is not None and selection.last is not None:
        return Days(selection.first, selection.last)
    if selection.preset in _LENGTHS:
        return Days(last_day - dt.timedelta(days=_LENGTHS[selection.preset] - 1), last_day)
    if selection.preset == "12m":
        return Days(months_before(month, _YEAR_MONTHS - 1), last_day)
    if selection.preset == "este_mes":
        return Days(month, last_day)
    if selection.preset == "mes_passado":
        return Days(months_before(month, 1), month - dt.timedelta(days=1))
    if selection.preset == "este_ano":
        return Days(last_day.replace(month=1, day=1), last_day)
    return Days(first_day, last_day)


def _before(days: Days, comparison: Comparison) -> Days | None:
    if comparison == "anterior":
        length = dt.timedelta(days=days.count)
        return Days(days.first - length, days.last - length)
    if comparison == "ano":
        return Days(_other_year(days.first, -1), _other_year(days.last, -1))
    return None


def _other_year(day: dt.date, years: int) -> dt.date:
    """The same date; 29 February is the 28th where there is none."""
    year = day.year + years
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def months_before(month: dt.date, count: int) -> dt.date:
    """The first day of the month ``count`` months before that of ``month``."""
    months = month.year * _YEAR_MONTHS + month.month - 1 - count
    return dt.date(months // _YEAR_MONTHS, months % _YEAR_MONTHS + 1, 1)


def period_start(day: dt.date, granularity: Granularity) -> dt.date:
    """The first day of the period that holds ``day``; weeks begin on Monday."""
    if granularity == "semana":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "mes" else day


def next_start(start: dt.date, granularity: Granularity) -> dt.date:
    """The first day after the period that begins on ``start``."""
    if granularity == "mes":
        return months_before(start, -1)
    return start + dt.timedelta(days=7 if granularity == "semana" else 1)


def earlier_start(start: dt.date, granularity: Granularity, comparison: Comparison, periods: int) -> dt.date:
    """The period ``periods`` before the one that begins on ``start``, or that of a year before.

    A week's is 52 weeks before, as in the batch's own comparisons.
    """
    if comparison == "ano":
        return start - dt.timedelta(weeks=52) if granularity == "semana" else _other_year(start, -1)
    if granularity == "mes":
        return months_before(start, periods)
    return start - dt.timedelta(days=periods * (7 if granularity == "semana" else 1))
