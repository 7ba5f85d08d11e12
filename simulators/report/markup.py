"""Elements of HTML and SVG. Text becomes ``Markup`` by ``escaped`` only, so none gets into a page as it is."""

import html
from typing import NewType

Markup = NewType("Markup", str)

NOTHING = Markup("")


def escaped(text: str) -> Markup:
    """Text that comes from data."""
    return Markup(html.escape(text))


def joined(*parts: Markup) -> Markup:
    """Elements one after the other."""
    return Markup("".join(parts))


def element(name: str, /, *content: Markup, **attributes: str | float | None) -> Markup:
    """An element; ``class_`` and ``aria_label`` become class and aria-label, an attribute that is None is left out."""
    given = "".join(
        f' {attribute(key)}="{html.escape(coordinate(value) if isinstance(value, float | int) else value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(content)
    return Markup(f"<{name}{given}>{inside}</{name}>")


def attribute(key: str) -> str:
    """An attribute's name from that of a Python argument."""
    # viewBox and the like keep their letters.
    return key.rstrip("_").replace("_", "-")


def coordinate(value: float) -> str:
    """A place in a drawing, to a tenth: more nobody sees, and it would double the file."""
    return f"{round(float(value), 1) + 0.0:g}"
