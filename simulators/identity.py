"""Ids and chance that follow from a seed, so that every process and the history agree without talking."""

import binascii
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_MASK = 0xFFFFFFFFFFFFFFFF
_TO_UNIT = 1.0 / (1 << 53)

# Where the parts of an id's 32 hexadecimal digits begin and end; in its text a hyphen stands between them.
_PARTS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


def key(*parts: int | str) -> int:
    """A 64-bit number for what ``parts`` name; the same on every machine."""
    return int.from_bytes(hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


def generator(*parts: int | str) -> np.random.Generator:
    """A stream of chance for what ``parts`` name.

    Only its ``random()`` is used: plain doubles from the raw bits, which every release of NumPy
    promises to keep; the other distributions may change from one release to the next.
    """
    return np.random.Generator(np.random.PCG64(key(*parts)))


def mix(values: Words) -> Words:
    """SplitMix64's finaliser (Steele, Lea and Flood, 2014): every bit of a number depends on all others."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(_FIRST)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_SECOND)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), np.uint64)


def mix_one(value: int) -> int:
    """``mix`` of one number."""
    value &= _MASK
    value = ((value ^ (value >> 30)) * _FIRST) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND) & _MASK
    return value ^ (value >> 31)


def words(base: int, counters: NDArray[Any]) -> Words:
    """One well mixed 64-bit number for each counter, under the key ``base``."""
    return mix(counters.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64(base))


def unit(values: Words) -> NDArray[np.float64]:
    """Numbers in [0, 1) from well mixed words."""
    return np.asarray((values >> np.uint64(11)) * _TO_UNIT, np.float64)


def uuids(base: int, counters: NDArray[Any]) -> NDArray[np.uint8]:
    """One UUID (version 8: made by our own rule) for each counter, as rows of 16 bytes."""
    high = words(base, counters)
    low = mix(high ^ np.uint64(_GOLDEN))
    high = (high & np.uint64(0xFFFFFFFFFFFF0FFF)) | np.uint64(0x8000)
    low = (low & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x8000000000000000)
    pairs = np.empty((len(high), 2), ">u8")
    pairs[:, 0], pairs[:, 1] = high, low
    return pairs.view(np.uint8)


def texts(ids: NDArray[np.uint8], *, before: str = "", after: str = "") -> list[str]:
    """The canonical texts of ids given as rows of 16 bytes, each between the ASCII texts ``before`` and ``after``."""
    if len(ids) == 0:
        return []
    digits = np.frombuffer(binascii.hexlify(ids.tobytes()), np.uint8).reshape(-1, 32)
    template = f"{before}{'-' * 36}{after}\n".encode("ascii")
    letters = np.empty((len(ids), len(template)), np.uint8)
    letters[:] = np.frombuffer(template, np.uint8)
    for hyphens, (begin, end) in enumerate(_PARTS):
        place = len(before) + hyphens
        letters[:, place + begin : place + end] = digits[:, begin:end]
    # One text that is split is cheaper than as many slices of it.
    return letters.tobytes().decode("ascii").split("\n")[:-1]


def low_words(ids: NDArray[np.uint8]) -> Words:
    """The last 8 bytes of each id as a number: what an order's fate follows from."""
    return np.ascontiguousarray(ids[:, 8:]).view(">u8").reshape(-1).astype(np.uint64)


def cumulative(weights: Sequence[float]) -> NDArray[np.float64]:
    """The distribution function of ``weights``, for ``choose``."""
    summed = np.cumsum(np.asarray(weights, np.float64))
    summed /= summed[-1]
    return summed


def choose(distribution: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each chance in [0, 1) the index that ``distribution`` gives it."""
    return np.minimum(np.searchsorted(distribution, chance, side="right"), len(distribution) - 1)
