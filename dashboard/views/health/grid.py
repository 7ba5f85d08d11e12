"""A table of finished texts, and the words that all tables of the page share."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from dashboard.data.health.probing import Known
from dashboard.formats import NONE, Formats
from dashboard.texts import HealthTexts

Tone = Literal["", "good", "warn", "bad", "quiet"]
_UNITS = ("B", "kB", "MB", "GB", "TB")


class Cell(Struct, frozen=True):
    """A text; its tone never says more than the text does. ``title`` is the whole of what was cut."""

    text: str
    tone: Tone = ""
    title: str = ""


class Column(Struct, frozen=True):
    """A column's name; figures stand to the right."""

    label: str
    is_figure: bool = False


class Grid(Struct, frozen=True, kw_only=True):
    """A table; ``trouble`` says why it is old or missing, ``empty`` what stands there without rows."""

    id: str
    title: str
    note: str = ""
    trouble: str = ""
    empty: str = ""
    columns: list[Column]
    rows: list[list[Cell]]


def columns(*labels: str, figures: Sequence[str] = ()) -> list[Column]:
    """Columns by their names; those in ``figures`` are numbers."""
    return [Column(it, it in figures) for it in labels]


def trouble(known: Known[Any], formats: Formats, texts: HealthTexts) -> str:
    """What is to be said of an answer that is old or missing; nothing where it is fresh."""
    if known.trouble is not None:
        pattern = texts.trouble_away if known.trouble.kind == "away" else texts.trouble_failed
        return pattern.format(since=formats.time(known.trouble.since))
    return texts.waiting if known.at is None else ""


def size(count: float | None, formats: Formats) -> str:
    """Bytes in the largest fitting unit, three digits at least: ``1,23 GB``."""
    if count is None:
        return NONE
    value, unit = float(count), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    places = 0 if unit == 0 or value >= 100 else 1 if value >= 10 else 2
    return f"{formats.decimal(value, places)}\N{NO-BREAK SPACE}{_UNITS[unit]}"


def rate(value: float | None, formats: Formats, texts: HealthTexts) -> str:
    """So many a second."""
    if value is None:
        return NONE
    return texts.per_second.format(rate=formats.decimal(value, 0 if value >= 10 or value == 0 else 1))


def ago(moment: dt.datetime | float | None, now: dt.datetime, formats: Formats) -> str:
    """How long it is since a moment."""
    if moment is None:
        return NONE
    second = moment.timestamp() if isinstance(moment, dt.datetime) else moment
    return formats.age(now.timestamp() - second)
