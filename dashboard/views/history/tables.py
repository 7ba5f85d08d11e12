"""Tables of history: values with their kinds, shown in a language and taken away as CSV or Parquet."""

import csv
import datetime as dt
import io
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct

from dashboard.formats import NONE, Formats
from dashboard.texts import Texts
from dashboard.views.parts import Delta, growth

# ``money`` is integer centavos, ``ratio`` and ``change`` 0.25 for 25 %, ``decimal`` a mean.
Kind = Literal["text", "period", "money", "integer", "ratio", "change", "decimal", "flag"]
Value = str | int | float | bool | dt.date | None


class Field(Struct, frozen=True):
    """A column: ``id`` is its name in every language, for programs."""

    id: str
    name: str
    kind: Kind


class Table(Struct, frozen=True, kw_only=True):
    """Rows of values, in the order they are shown.

    ``labels`` are what the first cell of each row shows where that is not its value; ``bars`` (0 to 1) are drawn
    under it.
    """

    fields: Sequence[Field]
    rows: Sequence[tuple[Value, ...]]
    labels: list[str] | None = None
    bars: list[float] | None = None


class ShownCell(Struct, frozen=True):
    """A finished text; the tone of a change is in the text too."""

    text: str
    tone: str = ""


class ShownTable(Struct, frozen=True, kw_only=True):
    """A table as the browser places it: ``texts`` says which columns begin at the left."""

    columns: list[str]
    texts: list[bool]
    rows: list[list[ShownCell]]
    bars: list[float] | None


def shown(table: Table, formats: Formats, texts: Texts) -> ShownTable:
    """The table in a language."""
    rows = []
    for at, values in enumerate(table.rows):
        cells = [_cell(value, field.kind, formats, texts) for value, field in zip(values, table.fields, strict=True)]
        if table.labels is not None:
            cells[0] = ShownCell(table.labels[at])
        rows.append(cells)
    return ShownTable(
        columns=[it.name for it in table.fields],
        texts=[it.kind in ("text", "period") for it in table.fields],
        rows=rows,
        bars=table.bars,
    )


def _cell(value: Any, kind: Kind, formats: Formats, texts: Texts) -> ShownCell:
    if value is None:
        return ShownCell(NONE)
    if kind == "change":
        delta = change(value, formats, texts)
        return ShownCell(delta.text, delta.tone)
    if kind == "money":
        return ShownCell(formats.money(value))
    if kind == "integer":
        return ShownCell(formats.integer(value))
    if kind == "ratio":
        return ShownCell(formats.percent(value))
    if kind == "decimal":
        return ShownCell(formats.decimal(value, 2))
    if kind == "flag":
        return ShownCell(texts.yes if value else texts.no)
    return ShownCell(formats.date(value) if isinstance(value, dt.date) else str(value))


def change(ratio: float, formats: Formats, texts: Texts) -> Delta:
    """A relative change that is already known as such."""
    return growth(1.0 + ratio, 1.0, formats, texts)


def relative(current: float | None, before: float | None) -> float | None:
    """The relative change; None without a base (none, zero or less)."""
    if current is None or before is None or before <= 0:
        return None
    return (current - before) / before


def to_csv(table: Table, formats: Formats, texts: Texts) -> bytes:
    """All rows as spreadsheets of the language read them; money in reais, dates ISO 8601, ratios as numbers."""
    out = io.StringIO()
    comma = formats.language == "pt"
    writer = csv.writer(out, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([it.name for it in table.fields])
    for values in table.rows:
        writer.writerow(
            [_csv_cell(value, field.kind, comma, texts) for value, field in zip(values, table.fields, strict=True)]
        )
    # Excel takes a file for UTF-8 only with the mark in front.
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _csv_cell(value: Any, kind: Kind, comma: bool, texts: Texts) -> str:
    if value is None:
        return ""
    if kind == "flag":
        return texts.yes if value else texts.no
    if kind == "money":
        whole, cents = divmod(abs(round(value)), 100)
        text = f"{'-' if value < 0 else ''}{whole}.{cents:02d}"
    elif kind in ("ratio", "change", "decimal"):
        text = f"{value:.6f}".rstrip("0").rstrip(".")
    elif kind == "text":
        # A spreadsheet would run what begins like a formula.
        return f"'{value}" if str(value)[:1] in "=+-@\t\r" and str(value) else str(value)
    else:
        return str(value)
    return text.replace(".", ",") if comma else text


def to_parquet(table: Table) -> bytes:
    """All rows with their types: money as DECIMAL(20, 2) reais, dates as dates; columns by their ``id``."""
    import pyarrow as pa
    from pyarrow import parquet

    types: dict[Kind, Any] = {
        "text": pa.string(),
        "money": pa.decimal128(20, 2),
        "integer": pa.int64(),
        "ratio": pa.float64(),
        "change": pa.float64(),
        "decimal": pa.float64(),
        "flag": pa.bool_(),
        "period": pa.date32(),
    }
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.fields)
    arrays = [
        pa.array([_parquet_cell(it, field.kind) for it in values], types[field.kind])
        for field, values in zip(table.fields, columns, strict=True)
    ]
    out = io.BytesIO()
    parquet.write_table(pa.table(arrays, names=[it.id for it in table.fields]), out)
    return out.getvalue()


def _parquet_cell(value: Any, kind: Kind) -> Any:
    if value is None or kind != "money":
        return value
    return Decimal(round(value)).scaleb(-2)


def bars(values: Sequence[float]) -> list[float]:
    """Values as parts of the highest, for bars; to what a bar can show."""
    highest = max(values, default=0)
    return [round(max(0.0, it) / highest, 4) if highest > 0 else 0.0 for it in values]


def rounded(value: float) -> int:
    """A value that is not negative as a whole number, halves up, as the views round quotients."""
    return math.floor(value + 0.5)
