"""What is drawn of what is measured, and in which words: cards by section."""

from collections.abc import Sequence
from typing import NamedTuple

from simulators.report.markup import Markup, element, escaped, joined


class Card(NamedTuple):
    """One picture: what it is, what to look for, and the drawing; ``span`` columns wide where there is room."""

    title: str
    caption: str
    body: Markup
    span: int = 1


class Section(NamedTuple):
    """Cards under one heading; several in an inner tuple stand one above the other."""

    name: str
    title: str
    cards: tuple[Card | tuple[Card, ...], ...]


def key(entries: Sequence[tuple[str, str]], *, lines: bool = False) -> Markup:
    """What the colours of a drawing mean, or its lines: (kind, words)."""

    def sign(kind: str) -> Markup:
        if not lines and kind != "documented":
            return element("i", class_=f"swatch {kind}", aria_hidden="true")
        line = element("path", d="M0 4H26", class_=f"line {kind}")
        return element("svg", line, viewBox="0 0 26 8", class_="sample", aria_hidden="true")

    return element("ul", *(element("li", sign(kind), escaped(words)) for kind, words in entries), class_="key")


def both(wide: Markup, narrow: Markup) -> Markup:
    """A drawing for a broad screen and the same for a narrow one; the style shows one of them."""
    return joined(element("div", wide, class_="broad"), element("div", narrow, class_="narrow"))
