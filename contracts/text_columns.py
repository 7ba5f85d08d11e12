"""Columns of texts to columns of ids and times, where each has its usual form.

The usual forms are ``2026-11-24T12:34:56.123456Z`` and ``f47ac10b-58cc-4372-a567-0e02b2c3d479``. A text in another
form is only told apart, never an error.
"""

import binascii
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

_TIME_LENGTH, _TIME_SIGNS = 27, ((10, ord("T")), (19, ord(".")), (26, ord("Z")))
_TIME = pa.timestamp("us", tz="UTC")
_UUID_LENGTH, _HYPHENS = 36, [8, 13, 18, 23]
_DIGIT_PLACES = [slice(0, 8), slice(9, 13), slice(14, 18), slice(19, 23), slice(24, _UUID_LENGTH)]
_IS_DIGIT = np.zeros(256, dtype=bool)
_IS_DIGIT[np.frombuffer(b"0123456789abcdefABCDEF", dtype=np.uint8)] = True


def uuids(texts: Sequence[str | None]) -> tuple[Any, Any, Any]:
    """``(n, 16)`` bytes, which texts are an id in its usual form, or None, and which are not None."""
    matrix, fits, present = _characters(texts, _UUID_LENGTH)
    plain = np.logical_and.reduce([matrix[:, it] == ord("-") for it in _HYPHENS])
    digits = np.concatenate([matrix[:, it] for it in _DIGIT_PLACES], axis=1)
    try:
        found = binascii.unhexlify(digits.data)
    except binascii.Error:
        are_digits = _IS_DIGIT[digits].all(axis=1)
        plain &= are_digits
        digits[~are_digits] = ord("0")
        found = binascii.unhexlify(digits.data)
    good = ~present
    good[fits] = plain
    identities = np.zeros((len(texts), 16), dtype=np.uint8)
    identities[fits] = np.frombuffer(found, dtype=np.uint8).reshape(-1, 16)
    return identities, good, present


def instants(texts: Sequence[str]) -> tuple[Any, Any]:
    """Epoch microseconds (``int64``), and which texts are a time of 27 characters in UTC."""
    matrix, good, _ = _characters(texts, _TIME_LENGTH)
    good[good] = np.logical_and.reduce([matrix[:, place] == sign for place, sign in _TIME_SIGNS])
    result = np.zeros(len(texts), dtype=np.int64)
    result[good], good[good] = _moments(pa.array(texts, pa.string()).filter(pa.array(good)))
    return result, good


def _characters(texts: Sequence[str | None], length: int) -> tuple[Any, Any, Any]:
    """Those of this length in bytes as rows of a matrix, which of all they are, and which are there at all."""
    array = pa.array(texts, pa.string())
    _, offsets_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32, count=len(texts) + 1) if texts else np.zeros(1, np.int32)
    lengths = np.diff(offsets)
    fits = lengths == length
    data = np.frombuffer(data_buffer or b"", dtype=np.uint8, count=int(offsets[-1]))
    if not (fits | (lengths == 0)).all():
        data = data[np.repeat(fits, lengths)]
    return data.reshape(-1, length), fits, np.asarray(array.is_valid())


def _moments(texts: pa.Array) -> tuple[Any, Any]:
    """Epoch microseconds, and which texts are a time at all: the 30th of February is found by halving."""
    try:
        return np.asarray(texts.cast(_TIME).cast(pa.int64())), np.ones(len(texts), dtype=bool)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            return np.zeros(1, dtype=np.int64), np.zeros(1, dtype=bool)
        half = len(texts) // 2
        first, second = _moments(texts[:half]), _moments(texts[half:])
        return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])
