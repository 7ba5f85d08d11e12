"""Drawings of named rows: bars beside targets, strips of quantiles, the funnel, small panels. SVG from plain values."""

from collections.abc import Sequence
from typing import NamedTuple

from simulators.report.charts import COLUMN, Axis, Box, Plot, drawing, titled, write
from simulators.report.markup import Markup, coordinate, element

ROW = 17.0


class Bar(NamedTuple):
    """A row: its name, value and target (None for none), the words at its end, and what it says under the pointer."""

    name: str
    value: float
    target: float | None
    text: str
    title: str
    kind: str = "main"


class Strip(NamedTuple):
    """A row of quantiles (5, 25, 50, 75, 95 %) with a target for the median."""

    name: str
    quantiles: Sequence[float]
    target: float
    title: str


class Stage(NamedTuple):
    """A step of the funnel: its share of the stage it is drawn with, a second part that came later, and words."""

    name: str
    share: float
    later: float
    target: float
    text: str


def rows(bars: Sequence[Bar], *, left: float, right: float, row: float = ROW) -> tuple[float, list[Markup]]:
    """Bars from the left with a tick at each target: their height and their layers."""
    most = max(max(it.value, it.target or 0.0) for it in bars) or 1.0
    inside = COLUMN - left - right
    layers: list[Markup] = []
    for number, it in enumerate(bars):
        top = number * row
        thick = row - 5
        layers += [
            write(left - 6, top + row / 2 + 4, it.name, kind="name", anchor="end"),
            element(
                "rect",
                titled(it.title),
                x=left,
                y=top + 2.5,
                width=max(it.value / most * inside, 0.8),
                height=thick,
                rx=1.5,
                class_=f"bar {it.kind}",
            ),
            write(COLUMN, top + row / 2 + 4, it.text, kind="value", anchor="end"),
        ]
        if it.target is not None:
            here = coordinate(left + it.target / most * inside)
            path = f"M{here} {coordinate(top + 0.5)}V{coordinate(top + row - 0.5)}"
            layers.append(element("path", d=path, class_="line documented tick"))
    return len(bars) * row, layers


def bars(
    title: str, description: str, entries: Sequence[Bar], *, left: float = 84, right: float = 92, row: float = ROW
) -> Markup:
    """Rows as a drawing."""
    height, layers = rows(entries, left=left, right=right, row=row)
    return drawing(COLUMN, height, title, description, *layers)


def strips(title: str, description: str, entries: Sequence[Strip], axis: Axis, *, left: float = 130) -> Markup:
    """Each row's quantiles: thin from 5 to 95 %, thick from 25 to 75 %, a notch at the median, a ring at the target."""
    row, bottom = 31.0, 22.0
    plot = Plot(
        axis,
        Axis(0, len(entries), []),
        Box(height=row * len(entries) + bottom + 4, left=left, right=10, top=4, bottom=bottom),
    )
    for value, _text in axis.labels:
        plot.upright(value, "grid")
    for number, it in enumerate(entries):
        middle = plot.box.top + (number + 0.5) * row
        low, begin, median, end, high = (plot.px(value) for value in it.quantiles)
        here = coordinate(middle)
        plot.add(write(left - 7, middle + 4, it.name, kind="name", anchor="end"))
        plot.add(
            element(
                "g",
                titled(it.title),
                element("rect", x=left, y=middle - row / 2, width=COLUMN - left - 10, height=row, class_="hit"),
                element("path", d=f"M{coordinate(low)} {here}H{coordinate(high)}", class_="line main thin"),
                element("rect", x=begin, y=middle - 4.5, width=end - begin, height=9, rx=1.5, class_="bar main soft"),
                element(
                    "path",
                    d=f"M{coordinate(median)} {coordinate(middle - 6)}V{coordinate(middle + 6)}",
                    class_="line main thick",
                ),
                element("circle", cx=plot.px(it.target), cy=middle, r=3.4, class_="dot documented ring"),
            )
        )
    return plot.svg(title, description)


def funnel(title: str, description: str, whole: str, stages: Sequence[Stage]) -> Markup:
    """All visits as a bar of which the first stage is a sliver; below it, the sliver at full width and what is left."""
    thick, gap, step = 26.0, 44.0, 50.0
    first = stages[0]
    sliver = max(first.share * COLUMN, 1.5)
    top = 18 + thick + gap
    layers = [
        write(0, 11, whole, kind="name strong"),
        element("rect", titled(whole), x=0, y=18, width=COLUMN, height=thick, rx=2, class_="bar muted soft"),
        element("rect", titled(first.text), x=0, y=18, width=sliver, height=thick, rx=1, class_="bar main"),
        element(
            "path",
            d=f"M0 {18 + thick}H{coordinate(sliver)}L{COLUMN} {coordinate(top)}H0Z",
            class_="area main faint",
        ),
    ]
    for number, it in enumerate(stages):
        here = top + number * step
        share = 1.0 if number == 0 else it.share
        later = share * COLUMN
        layers += [
            write(0, here - 6, f"{it.name}: {it.text}", kind="name strong"),
            element("rect", x=0, y=here, width=COLUMN, height=thick, rx=2, class_="bar muted faint"),
            element("rect", titled(it.text), x=0, y=here, width=later, height=thick, rx=2, class_="bar main"),
        ]
        if it.later:
            layers.append(
                element(
                    "rect", titled(it.text), x=later, y=here, width=it.later * COLUMN, height=thick, class_="bar second"
                )
            )
        if number:
            target = coordinate(it.target * COLUMN)
            layers.append(
                element(
                    "path",
                    d=f"M{target} {coordinate(here - 3)}V{coordinate(here + thick + 3)}",
                    class_="line documented tick",
                )
            )
    return drawing(COLUMN, top + (len(stages) - 1) * step + thick + 4, title, description, *layers)


class Panel(NamedTuple):
    """A small drawing of one thing over time: a name, points, and the words of the vertical axis."""

    name: str
    points: Sequence[tuple[float, float]]
    axis: Axis
    title: str
    is_stepped: bool


def panels(title: str, description: str, entries: Sequence[Panel], x: Axis, *, height: float = 84) -> Markup:
    """Small drawings one above the other on the same time."""
    layers: list[Markup] = []
    for number, it in enumerate(entries):
        is_last = number == len(entries) - 1
        labelled = x if is_last else x._replace(labels=[])
        plot = Plot(
            labelled, it.axis, Box(height=height + (16 if is_last else 0), left=44, top=24, bottom=20 if is_last else 4)
        )
        plot.add(write(0, 11, it.name, kind="name strong"))
        if it.is_stepped:
            plot.steps(it.points, "main", it.title)
        else:
            plot.band([(a, it.axis.low, b) for a, b in it.points], "main faint", it.title)
            plot.line(it.points, "main", it.title)
            _mark_empty(plot, it.points)
        layers.append(element("g", plot.layers, transform=f"translate(0 {coordinate(number * height)})"))
    return drawing(COLUMN, height * len(entries) + 16, title, description, *layers)


def _mark_empty(plot: Plot, points: Sequence[tuple[float, float]]) -> None:
    """A thick line on the ground for as long as the value is 0."""
    begin: float | None = None
    for here, value in [*points, (points[-1][0], 1.0)]:
        if value == 0 and begin is None:
            begin = here
        elif value != 0 and begin is not None:
            plot.levels([(begin, here, 0.0)], "empty")
            begin = None
