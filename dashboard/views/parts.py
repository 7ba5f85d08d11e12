"""The pieces that views are made of: tiles with their deltas, charts with their scales."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from dashboard.formats import NONE, Formats
from dashboard.texts import Texts

Tone = Literal["up", "down", "flat", "none"]


class Delta(Struct, frozen=True):
    """A change as text; the sign is in the text, so colour is never its only carrier."""

    text: str
    tone: Tone


class Tile(Struct, frozen=True, kw_only=True):
    """One number with its change, what belongs beside it, and its definition.

    ``spark`` are the heights (0 to 100) of a small chart of its shape over time; None is a gap. ``reason`` says
    why it is compared with nothing, where that is not plain.
    """

    id: str
    label: str
    value: str
    delta: Delta
    against: str
    note: str
    definition: str
    spark: list[int | None] = []
    reason: str = ""


class Tick(Struct, frozen=True):
    """A mark on an axis: an index on x, a value on y."""

    at: float
    text: str


SeriesKind = Literal["area", "line", "bar", "band", "before", "interval"]
SeriesTone = Literal["main", "second", "third", "fourth", "fifth", "muted"]


class Series(Struct, frozen=True, kw_only=True):
    """Values over a chart's x, each with the text to show for it; None is a gap.

    ``open_from`` is the index of the first point that is not final, None where all are; bars before
    ``open_until`` are not whole either. A band is what the others are compared with: an area behind them; of
    several the reader chooses one by its ``id``. ``before`` is the same as a faint line. An interval reaches
    from ``values`` to ``upper``.
    """

    name: str
    kind: SeriesKind
    tone: SeriesTone
    values: list[float | None]
    texts: list[str]
    open_from: int | None = None
    id: str = ""
    open_until: int = 0
    upper: list[float | None] | None = None


class Chart(Struct, frozen=True, kw_only=True):
    """A chart ready to draw. Bars of several series are stacked. ``summary`` is for who cannot see it."""

    title: str
    note: str
    summary: str
    x_name: str
    x: list[str]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    series: list[Series]


def growth(current: float | None, previous: float | None, formats: Formats, texts: Texts) -> Delta:
    """The relative change; without a base (none, zero or less) there is none."""
    if current is None or previous is None or previous <= 0:
        return Delta(texts.delta_none, "none")
    return _delta((current - previous) / previous, formats.change, texts)


def points(current: float | None, previous: float | None, formats: Formats, texts: Texts) -> Delta:
    """The change of a ratio in percentage points."""
    if current is None or previous is None:
        return Delta(texts.delta_none, "none")
    return _delta(current - previous, lambda it: texts.delta_points.format(value=formats.decimal(it * 100, 1)), texts)


def _delta(change: float, say: Callable[[float], str], texts: Texts) -> Delta:
    # What rounds to nothing is no movement.
    if abs(change) < 0.0005:
        return Delta(texts.delta_flat.format(value=say(0.0)), "flat")
    if change > 0:
        return Delta(texts.delta_up.format(value=say(change)), "up")
    return Delta(texts.delta_down.format(value=say(-change)), "down")


_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def y_ticks(
    highest: float, say: Callable[[float], str], *, lowest: float = 0.0, about: int = 4, least_step: float = 1.0
) -> list[Tick]:
    """Round marks from ``lowest`` or below to ``highest`` or above, always with zero among them.

    ``least_step`` keeps counts and centavos from marks between whole numbers.
    """
    low, high = min(lowest, 0.0), max(highest, 0.0)
    if high == low:
        high = about * least_step
    step = _round_step((high - low) / about, least_step)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [Tick(it * step, say(it * step)) for it in range(first, last + 1)]


def _round_step(raw: float, least: float) -> float:
    if raw <= least:
        return least
    size = 10.0 ** math.floor(math.log10(raw))
    steps = (size * it for it in _STEPS)
    return next(it for it in steps if it >= raw and (it % least == 0 or least < 1))


def x_ticks(labels: Sequence[str], most: int) -> list[Tick]:
    """At most ``most`` of the labels, evenly spaced, counted from the newest."""
    if not labels:
        return []
    every = max(1, math.ceil(len(labels) / most))
    return [Tick(at, labels[at]) for at in range(len(labels) - 1, -1, -every)][::-1]


def share_text(part: float, whole: float, formats: Formats) -> str:
    """A part of a whole as a percentage; nothing of nothing is no value."""
    return formats.percent(part / whole, 0) if whole > 0 else NONE
