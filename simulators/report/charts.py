"""Drawings on two axes: SVG from plain values. Colours and type are classes of the page's style."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from simulators.report.formats import trimmed
from simulators.report.markup import NOTHING, Markup, coordinate, element, escaped, joined

Point = tuple[float, float]
Labelled = tuple[float, str]

# The width for which a drawing of one column is made; at 390 px a phone shows it as large as that.
COLUMN = 344
WIDE = 1_120


class Axis(NamedTuple):
    """From ``low`` to ``high``, with what is written beside it; ``log`` for a logarithmic one."""

    low: float
    high: float
    labels: Sequence[Labelled]
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies, 0 at the low end and 1 at the high one; what is beyond stays at the end."""
        low, high, here = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, here = math.log(low), math.log(high), math.log(here)
        return (here - low) / (high - low)


def axis(high: float, text: Callable[[float], str] = trimmed, *, low: float = 0.0, steps: int = 4) -> Axis:
    """A linear axis from ``low`` to a round number at or above ``high``, in about ``steps`` steps."""
    raw = (high - low) / steps or 1.0
    size = 10 ** math.floor(math.log10(raw))
    step = next(it * size for it in (1, 2, 2.5, 5, 10) if it * size >= raw * 0.999)
    count = math.ceil((high - low) / step - 1e-9) or 1
    return Axis(low, low + count * step, [(low + it * step, text(low + it * step)) for it in range(count + 1)])


class Box(NamedTuple):
    """A drawing's width and height and the margins around what is drawn."""

    width: float = COLUMN
    height: float = 210
    left: float = 36
    right: float = 8
    top: float = 10
    bottom: float = 22


class Plot:
    """A drawing that is added to, layer by layer; ``svg`` gives the whole."""

    def __init__(self, x: Axis, y: Axis, box: Box | None = None) -> None:
        self.x, self.y = x, y
        self.box = box or Box()
        self._layers: list[Markup] = []
        self._frame()

    def px(self, value: float) -> float:
        """Where a value of the horizontal axis lies."""
        inside = self.box.width - self.box.left - self.box.right
        return self.box.left + self.x.place(value) * inside

    def py(self, value: float) -> float:
        """Where a value of the vertical axis lies."""
        inside = self.box.height - self.box.top - self.box.bottom
        return self.box.height - self.box.bottom - self.y.place(value) * inside

    def add(self, layer: Markup) -> None:
        """Anything else on top."""
        self._layers.append(layer)

    def line(self, points: Iterable[Point], kind: str, title: str = "") -> None:
        """A line through points."""
        path = "L".join(f"{coordinate(self.px(a))} {coordinate(self.py(b))}" for a, b in points)
        self.add(element("path", titled(title), d=f"M{path}", class_=f"line {kind}"))

    def steps(self, points: Sequence[Point], kind: str, title: str = "") -> None:
        """A line that keeps each value until the next."""
        corners: list[Point] = []
        for at, (here, value) in enumerate(points):
            if at and points[at - 1][1] != value:
                corners += [(here, points[at - 1][1]), (here, value)]
            elif at in (0, len(points) - 1):
                corners.append((here, value))
        self.line(corners, kind, title)

    def band(self, points: Sequence[tuple[float, float, float]], kind: str, title: str = "") -> None:
        """The area between two lines: (x, low, high)."""
        there = [f"{coordinate(self.px(x))} {coordinate(self.py(high))}" for x, _low, high in points]
        back = [f"{coordinate(self.px(x))} {coordinate(self.py(low))}" for x, low, _high in reversed(points)]
        self.add(element("path", titled(title), d=f"M{'L'.join(there + back)}Z", class_=f"area {kind}"))

    def dots(self, points: Iterable[tuple[float, float, str]], kind: str, radius: float = 2.5) -> None:
        """Dots: (x, y, title)."""
        for x, y, title in points:
            self.add(element("circle", titled(title), cx=self.px(x), cy=self.py(y), r=radius, class_=f"dot {kind}"))

    def columns(self, columns: Iterable[tuple[float, float, float, str]], kind: str, gap: float = 1.0) -> None:
        """Columns that stand on the axis: (from, to, value, title)."""
        ground = self.py(self.y.low)
        for begin, end, value, title in columns:
            left, right, top = self.px(begin) + gap / 2, self.px(end) - gap / 2, self.py(value)
            self.add(
                element(
                    "rect",
                    titled(title),
                    x=left,
                    y=top,
                    width=max(right - left, 0.5),
                    height=max(ground - top, 0),
                    class_=f"bar {kind}",
                )
            )

    def levels(self, levels: Iterable[tuple[float, float, float]], kind: str = "documented") -> None:
        """Short horizontal lines: (from, to, value)."""
        path = "".join(
            f"M{coordinate(self.px(a))} {coordinate(self.py(y))}H{coordinate(self.px(b))}" for a, b, y in levels
        )
        self.add(element("path", d=path, class_=f"line {kind}"))

    def hits(self, spans: Iterable[tuple[float, float, str]]) -> None:
        """Invisible columns over the whole height that say something under the pointer: (from, to, title)."""
        top, height = self.box.top, self.box.height - self.box.top - self.box.bottom
        for begin, end, title in spans:
            left = self.px(begin)
            self.add(
                element(
                    "rect",
                    titled(title),
                    x=left,
                    y=top,
                    width=max(self.px(end) - left, 0.5),
                    height=height,
                    class_="hit",
                )
            )

    def upright(self, x: float, kind: str = "mark", *, low: float | None = None, high: float | None = None) -> None:
        """A vertical line at a value, over the whole height or from ``low`` to ``high``."""
        begin = self.box.height - self.box.bottom if low is None else self.py(low)
        end = self.box.top if high is None else self.py(high)
        here = coordinate(self.px(x))
        self.add(element("path", d=f"M{here} {coordinate(begin)}V{coordinate(end)}", class_=f"line {kind}"))

    def strip(self, begin: float, end: float, top: float, height: float, kind: str, title: str) -> None:
        """A box from one value to another at a height of the drawing itself, in the margin for example."""
        left = self.px(begin)
        width = max(self.px(end) - left, 1.0)
        self.add(element("rect", titled(title), x=left, y=top, width=width, height=height, class_=kind))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        kind: str = "",
        anchor: str = "middle",
        up: float = 0.0,
        right: float = 0.0,
    ) -> None:
        """Words at a point, moved by so many units."""
        self.add(write(self.px(x) + right, self.py(y) - up, text, kind=kind, anchor=anchor))

    @property
    def layers(self) -> Markup:
        """All that was drawn, to be put into another drawing."""
        return joined(*self._layers)

    def svg(self, title: str, description: str, *, kind: str = "") -> Markup:
        """The drawing."""
        return drawing(self.box.width, self.box.height, title, description, self.layers, kind=kind)

    def _frame(self) -> None:
        box = self.box
        ground = box.height - box.bottom
        rules = []
        for value, text in self.y.labels:
            here = coordinate(self.py(value))
            rules.append(f"M{coordinate(box.left)} {here}H{coordinate(box.width - box.right)}")
            self.add(write(box.left - 5, self.py(value) + 3.5, text, kind="label", anchor="end"))
        self.add(element("path", d="".join(rules), class_="grid"))
        for value, text in self.x.labels:
            middle = self.px(value)
            # What would stand out of the drawing is drawn inwards.
            half = 3 * len(text)
            anchor = "start" if middle - half < 0 else "end" if middle + half > box.width else "middle"
            self.add(write(middle, ground + 14, text, kind="label", anchor=anchor))
        self.add(
            element(
                "path",
                d=f"M{coordinate(box.left)} {coordinate(ground)}H{coordinate(box.width - box.right)}",
                class_="ground",
            )
        )


def titled(text: str) -> Markup:
    """What a mark says under the pointer; nothing for no text."""
    return element("title", escaped(text)) if text else NOTHING


def write(x: float, y: float, text: str, *, kind: str = "", anchor: str = "start") -> Markup:
    """Words with their baseline at a point."""
    return element(
        "text", escaped(text), x=x, y=y, class_=kind or None, text_anchor=None if anchor == "start" else anchor
    )


def drawing(width: float, height: float, title: str, description: str, *layers: Markup, kind: str = "") -> Markup:
    """An SVG image with a name and a description for those who do not see it."""
    return element(
        "svg",
        element("title", escaped(title)),
        element("desc", escaped(description)),
        joined(*layers),
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        role="img",
        class_=f"chart {kind}".strip(),
        style=f"--width:{coordinate(width)}px",
    )
