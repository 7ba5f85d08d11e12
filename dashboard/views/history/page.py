"""The shape that every page of history has: tiles, then blocks, each with a table that can be taken away."""

from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts import metrics
from dashboard.formats import Formats
from dashboard.texts import Texts
from dashboard.texts.history import HistoryTexts
from dashboard.views.breakdowns import State
from dashboard.views.history.tables import Table, shown
from dashboard.views.parts import Chart, Delta, Tile, Tone

# Twelve columns.
Span = Literal[4, 5, 6, 7, 8, 12]
# Shades of a heat map's cells, 0 for nothing to show.
HEAT_LEVELS = 5


class Say(Struct, frozen=True, kw_only=True):
    """How one viewer reads: formats and words of a language."""

    formats: Formats
    texts: Texts
    words: HistoryTexts


class Cell(Struct, frozen=True, kw_only=True):
    """A cell of a heat map. ``is_open`` marks what may still change; ``title`` says more to who points at it.

    To whoever cannot point the block's table says the same.
    """

    text: str = ""
    level: int = 0
    title: str = ""
    is_open: bool = False


class HeatRow(Struct, frozen=True):
    """A row of a heat map."""

    label: str
    cells: list[Cell]


class Heat(Struct, frozen=True, kw_only=True):
    """A heat map: a table whose cells are shaded, so that it reads without the shades as well."""

    corner: str
    columns: list[str]
    rows: list[HeatRow]
    note: str = ""


class Block(Struct, frozen=True, kw_only=True):
    """A card of the page, ``span`` of twelve columns wide: a chart, a heat map, a map, or only its table.

    ``table`` holds the block's values whatever it is drawn as. ``empty`` says why there is nothing to see.
    ``is_folded`` shows a table only when it is asked for.
    """

    id: str
    title: str
    table: Table
    span: Span = 12
    note: str = ""
    chart: Chart | None = None
    heat: Heat | None = None
    states: list[State] | None = None
    is_folded: bool = False
    empty: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """A page: ``metrics`` are those of the catalogue that it shows."""

    tiles: list[Tile]
    blocks: list[Block]
    metrics: tuple[str, ...]


def heat_level(value: float, highest: float) -> int:
    """The shade of a value that is not negative: nothing has none, the highest the darkest."""
    if value <= 0 or highest <= 0:
        return 0
    return max(1, min(HEAT_LEVELS, round(value / highest * HEAT_LEVELS)))


def definition(metric: str, formats: Formats) -> str:
    """A metric's historical definition, from the catalogue."""
    historical = metrics.BY_ID[metric].historical
    assert historical is not None, f"{metric} has no historical definition"
    return historical.definition.pt if formats.language == "pt" else historical.definition.en


def tile(
    say: Say, *, name: str, label: str, metric: str, value: str, delta: Delta, against: str = "", note: str = ""
) -> Tile:
    """A tile; it says what it is compared with only where it could be."""
    return Tile(
        id=name,
        label=label,
        value=value,
        delta=delta,
        against=against if delta.tone != "none" else "",
        note=note,
        definition=definition(metric, say.formats),
    )


NO_DELTA = Delta("", "none")
_OTHER_WAY: dict[Tone, Tone] = {"up": "down", "down": "up"}


def less_is_better(delta: Delta) -> Delta:
    """A change of what should be little: the arrow stays, the colours of good and bad change places."""
    return Delta(delta.text, _OTHER_WAY.get(delta.tone, delta.tone))


def without_comparison(page: Page) -> Page:
    """The page for who asked for none: no tile then says that there is nothing to compare with."""
    plain = [replace(it, delta=NO_DELTA) if it.delta.tone == "none" else it for it in page.tiles]
    return replace(page, tiles=plain)


def drawn(page: Page, say: Say) -> dict[str, Any]:
    """The page as its script takes it: finished texts, and of a table only what is on the screen."""
    blocks = []
    for it in page.blocks:
        plain = msgspec.to_builtins(
            {name: getattr(it, name) for name in ("id", "title", "span", "note", "chart", "heat", "states", "empty")}
        )
        plain["is_folded"] = it.is_folded
        # A chart has its values as a table by itself, the map beside it.
        has_own = it.chart is not None or it.states is not None
        plain["table"] = None if has_own else msgspec.to_builtins(shown(it.table, say.formats, say.texts))
        blocks.append(plain)
    return {"tiles": msgspec.to_builtins(page.tiles), "blocks": blocks}
