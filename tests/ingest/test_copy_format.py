"""Rows of columns in COPY's binary format say what the lines of the text format say of the same events."""

import datetime as dt
import json
import struct
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from contracts.broker import Delivery
from contracts.topology import Source
from jobs.ingest import copy_format
from jobs.ingest.copy_format import Field
from jobs.ingest.decoding import decode_batch
from jobs.ingest.upserts import MERGES, binary_rows
from tests.odd_messages import SALE, WEB_EVENT

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SKEW = dt.timedelta(seconds=60)
EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def parsed(rows: bytes) -> Iterator[list[bytes | None]]:
    """The values of each row, as COPY takes them."""
    assert rows[:19] == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    at = 19
    while (fields := struct.unpack_from(">h", rows, at)[0]) != -1:
        at += 2
        row: list[bytes | None] = []
        for _ in range(fields):
            (length,) = struct.unpack_from(">i", rows, at)
            at += 4
            row.append(None if length == -1 else rows[at : at + length])
            at += max(0, length)
        yield row
    assert at + 2 == len(rows)


def uuid_(value: bytes) -> str:
    return str(UUID(bytes=value))


def word(value: bytes) -> str:
    return value.decode()


def integer(value: bytes) -> str:
    return str(struct.unpack(">i", value)[0])


def instant(value: bytes) -> str:
    return str(EPOCH + dt.timedelta(microseconds=struct.unpack(">q", value)[0]))


def amount(value: bytes) -> str:
    count, weight, sign, decimals, *digits = struct.unpack(f">{len(value) // 2}h", value)
    assert (count, sign) == (len(digits), 0)
    assert all(0 <= it < 10_000 for it in digits)
    exact = sum(Decimal(digit) * Decimal(10_000) ** (weight - place) for place, digit in enumerate(digits))
    return f"{exact:.{decimals}f}"


def array_of(oid: int, element: Callable[[bytes], str]) -> Callable[[bytes], str]:
    def read(value: bytes) -> str:
        dimensions, nulls, kind, count, first = struct.unpack_from(">5i", value)
        assert (dimensions, nulls, kind, first) == (1, 0, oid, 1)
        elements, at = [], 20
        for _ in range(count):
            (length,) = struct.unpack_from(">i", value, at)
            elements.append(element(value[at + 4 : at + 4 + length]))
            at += 4 + length
        assert at == len(value)
        return "{" + ",".join(elements) + "}"

    return read


READERS: dict[Source, list[Callable[[bytes], str]]] = {
    Source.WEB_EVENTS: [uuid_, uuid_, uuid_, uuid_, word, uuid_, instant],
    Source.TRANSACTIONS: [
        *(integer, uuid_, uuid_, uuid_, array_of(2950, uuid_), array_of(23, integer), amount),
        *(instant, word, word, instant, uuid_),
    ],
}
TIMES = ("2000-01-01T00:00:00.000000Z", "2026-11-23T11:59:59.999999Z")
CASES: dict[Source, list[dict[str, Any]]] = {
    Source.WEB_EVENTS: [
        {**WEB_EVENT, "timestamp_evento": moment, "tipo_evento": kind, **ids}
        for moment in TIMES
        for kind in ("login", "visualizacao_produto")
        for ids in (
            {},
            {"id_usuario": str(UUID(int=0)), "id_produto": str(UUID(int=(1 << 128) - 1))},
            {"id_carrinho": str(UUID(int=1))},
        )
    ],
    Source.TRANSACTIONS: [
        {
            **SALE,
            "valor_total_compra": total,
            "id_produto": [str(UUID(int=it)) for it in range(items)],
            "quantidade_produto": [2_147_483_647 - it for it in range(items)],
            "data_compra": TIMES[0],
            "data_status": TIMES[items % 2],
            "id_carrinho": None if items == 3 else str(UUID(int=items)),
            "status_pedido": "enviado" if items == 3 else "processando",
        }
        for items in (1, 3, 20)
        for total in (0, -0.0, 0.01, 0.1, 1.10, 59.980000000000004, 9_999.99, 10_000, 99_999_999.99, 100_000_000, 1e11,
                      123_456_789_012.34, 999_999_999_999.0)
    ],
}  # fmt: skip


@pytest.mark.parametrize("source", CASES)
def test_say_what_the_lines_say(source: Source) -> None:
    documents = (CASES[source] * 20)[:200]
    deliveries = [Delivery("ack", "1", NOON, json.dumps(it).encode(), {}) for it in documents]
    columns = decode_batch(source, deliveries, now=NOON, future_skew=SKEW).columns
    assert columns is not None
    assert len(columns.places) == len(documents)
    lines = []
    for row in parsed(binary_rows(columns)[1]):
        values = zip(READERS[source], row, strict=True)
        lines.append("\t".join("\\N" if value is None else read(value) for read, value in values))

    one_by_one = [decode_batch(source, [it], now=NOON, future_skew=SKEW).received[0] for it in deliveries]
    numbered = source is Source.TRANSACTIONS
    expected = [f"{place}\t" * numbered + MERGES[source].row(it) for place, it in enumerate(one_by_one)]
    assert lines == expected


def test_a_row_is_as_long_as_its_own_values() -> None:
    fields = [copy_format.words(np.array([1, 0, 1]), ["", "ção"]), Field(np.zeros((3, 2), dtype=np.uint8))]
    assert list(parsed(copy_format.rows(fields))) == [
        ["ção".encode(), bytes(2)],
        [b"", bytes(2)],
        ["ção".encode(), bytes(2)],
    ]
