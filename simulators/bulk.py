"""Rows in the form that ``COPY`` takes: binary for the many web events, text for the rest.

The binary form is PostgreSQL's own ("COPY", file formats): a header, then for each row the number
of its columns and each column's length and bytes, all big-endian; length -1 is null.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from contracts.database import Connection
from simulators.sessions import WEB_TYPES

HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER = b"\xff\xff"

WEB_EVENT_COLUMNS = "id_evento, id_usuario, id_sessao, id_carrinho, tipo_evento, id_produto, timestamp_evento"
# Microseconds from 1970 to 2000, where PostgreSQL's timestamps begin.
_POSTGRES_EPOCH = 946_684_800_000_000

_HEADER_BYTES = len(HEADER)

Ids = NDArray[np.uint8]
Flags = NDArray[np.bool_]


def web_events(
    event: Ids,
    user: Ids,
    session: Ids,
    cart: Ids,
    step: NDArray[np.int64],
    product: Ids,
    time: NDArray[np.int64],
    *,
    has_user: Flags,
    has_cart: Flags,
    has_product: Flags,
) -> Iterable[bytes]:
    """Rows of ``eventos_web``; ids are rows of 16 bytes, ``step`` indices of ``WEB_TYPES``.

    Rows with the same type and the same nulls have the same length, so each such group is one array;
    rows come group by group.
    """
    pattern = ((step * 2 + has_user) * 2 + has_cart) * 2 + has_product
    for code in np.unique(pattern).tolist():
        rows = np.flatnonzero(pattern == code)
        label = WEB_TYPES[code >> 3].encode()
        columns: list[tuple[str, int, NDArray[np.uint8] | None]] = [
            ("event", 16, event[rows]),
            ("user", 16, user[rows] if code & 4 else None),
            ("session", 16, session[rows]),
            ("cart", 16, cart[rows] if code & 2 else None),
            ("label", len(label), np.frombuffer(label, np.uint8)),
            ("product", 16, product[rows] if code & 1 else None),
            ("time", 8, (time[rows] - _POSTGRES_EPOCH).astype(">i8").view(np.uint8).reshape(-1, 8)),
        ]
        yield _rows(columns, len(rows))


def _rows(columns: Sequence[tuple[str, int, NDArray[np.uint8] | None]], count: int) -> bytes:
    fields: list[tuple[str, str] | tuple[str, str, tuple[int]]] = [("columns", ">i2")]
    for name, length, values in columns:
        fields.append((f"{name}_length", ">i4"))
        if values is not None:
            fields.append((name, "u1", (length,)))
    rows = np.empty(count, np.dtype(fields))
    rows["columns"] = len(columns)
    for name, length, values in columns:
        rows[f"{name}_length"] = -1 if values is None else length
        if values is not None:
            rows[name] = values
    return rows.tobytes()


def read(connection: Connection, query: str, fields: np.dtype[np.void]) -> NDArray[np.void]:
    """The rows of a query all of whose columns are of fixed length and never null, as an array.

    ``fields`` are the columns in order, big-endian. Raises ``ValueError`` where the server sent rows of
    another shape.
    """
    received = BytesIO()
    connection.cursor().execute(f"copy ({query}) to stdout with (format binary)", stream=received)
    described: list[tuple[str, str] | tuple[str, str, tuple[int, ...]]] = [("columns", ">i2")]
    for name in fields.names or ():
        base, shape = fields[name].subdtype or (fields[name], ())
        described += [(f"{name}_length", ">i4"), (name, base.str, shape)]
    rows = np.dtype(described)
    body = received.getbuffer()[_HEADER_BYTES : -len(TRAILER)]
    if len(body) % rows.itemsize:
        raise ValueError(f"{query}: {len(body)} bytes are no whole number of rows of {rows.itemsize} bytes")
    found = np.frombuffer(body, rows)
    return np.asarray(found[list(fields.names or ())])


def text_row(values: Sequence[object]) -> str:
    r"""One row of the text form: columns between tabs, ``\N`` for null, escaped as COPY wants it."""
    return "\t".join(_text(it) for it in values) + "\n"


def _text(value: object) -> str:
    if value is None:
        return r"\N"
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")
    return text
