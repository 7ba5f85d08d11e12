"""Rows in the binary format of COPY (Postgres's manual, "COPY", "Binary Format"), made of columns.

Every row is laid out as wide as the widest, in one matrix; what a row does not need is left out at the end.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from contracts.bulk_events import OptionalIds
from contracts.clock import epoch_micros

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_LENGTH = 4
_NULL = -1
# Times are counted from here.
_POSTGRES_EPOCH = epoch_micros(dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
# pg_type.oid of what is in arrays: those of built-in types never change.
_UUID_OID, _INT_OID = 2950, 23


class Field(msgspec.Struct, frozen=True):
    """One column: ``(n, width)`` bytes, and how many of them each row has: all, unless said; -1 is NULL."""

    values: Any
    lengths: Any = None


def rows(fields: Sequence[Field]) -> bytes:
    """What COPY reads."""
    count = len(fields[0].values)
    width = 2 + sum(_LENGTH + it.values.shape[1] for it in fields)
    matrix = np.empty((count, width), dtype=np.uint8)
    kept = np.ones((count, width), dtype=bool)
    matrix[:, :2] = 0, len(fields)
    at = 2
    for field in fields:
        size = field.values.shape[1]
        begin = at + _LENGTH
        matrix[:, at:begin] = _bytes_of([size] if field.lengths is None else field.lengths, ">i4")
        matrix[:, begin : begin + size] = field.values
        if field.lengths is not None:
            kept[:, begin : begin + size] = np.arange(size) < np.asarray(field.lengths)[:, np.newaxis]
        at = begin + size
    return _SIGNATURE + matrix[kept].tobytes() + _END


def optional_ids(ids: OptionalIds) -> Field:
    """A uuid or NULL."""
    return Field(ids.rows, np.where(ids.present, 16, _NULL))


def words(chosen: Any, vocabulary: Sequence[str]) -> Field:
    """An enum's label or a text, by its place in the vocabulary."""
    encoded = [it.encode() for it in vocabulary]
    width = max(map(len, encoded), default=0)
    table = np.array([list(it.ljust(width)) for it in encoded], dtype=np.uint8).reshape(-1, width)
    return Field(table[chosen], np.array(list(map(len, encoded)), dtype=np.int64)[chosen])


def integers(values: Any) -> Field:
    """An int."""
    return Field(_bytes_of(values, ">i4"))


def instants(micros: Any) -> Field:
    """A timestamptz, of epoch microseconds."""
    return Field(_bytes_of(micros - _POSTGRES_EPOCH, ">i8"))


def amounts(centavos: Any) -> Field:
    """A numeric with two decimals: digits to the base of 10,000, three before the point and one behind it."""
    reais, hundredths = np.divmod(centavos, 100)
    digits = [reais // 10_000**2, reais // 10_000 % 10_000, reais % 10_000, hundredths * 100]
    # How many digits, the weight of the first, the sign, and how many decimals are shown.
    head = [np.full(len(centavos), it) for it in (len(digits), 2, 0, 2)]
    return Field(_bytes_of(np.stack([*head, *digits], axis=1), ">i2"))


def id_arrays(values: Any, counts: Any) -> Field:
    """Arrays of uuid: all values one after another, and how many are each row's, one at least."""
    return _arrays(values, counts, _UUID_OID)


def integer_arrays(values: Any, counts: Any) -> Field:
    """Arrays of int, as above."""
    return _arrays(_bytes_of(values, ">i4"), counts, _INT_OID)


def _arrays(values: Any, counts: Any, oid: int) -> Field:
    size = values.shape[1]
    most = int(counts.max(initial=0))
    elements = np.empty((len(counts), most, _LENGTH + size), dtype=np.uint8)
    elements[:, :, :_LENGTH] = _bytes_of([size], ">i4")
    elements[np.arange(most) < counts[:, np.newaxis], _LENGTH:] = values
    # Dimensions, whether there are NULLs, the elements' type, how many there are, and the first one's index.
    ones = np.ones_like(counts)
    head = _bytes_of(np.stack([ones, ones * 0, ones * oid, counts, ones], axis=1), ">i4")
    matrix = np.concatenate([head, elements.reshape(len(counts), -1)], axis=1)
    return Field(matrix, head.shape[1] + counts * (_LENGTH + size))


def _bytes_of(values: Any, kind: str) -> Any:
    """The numbers of each row as its bytes."""
    numbers = np.ascontiguousarray(values, dtype=kind)
    return numbers.view(np.uint8).reshape(len(numbers), -1)
