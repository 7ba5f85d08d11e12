"""What was sealed already: event identities, kept while a repetition could still count."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

_MINUTE = 60_000_000
# The newest are in a dictionary until they are so many, and a sixteenth of all: then they are packed.
_LEAST_PACKED, _PACKED_SHARE = 50_000, 16
# Odd numbers without a pattern.
_MIXED_BY = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


class Seen:
    """Identities (the byte of a ``RowKind`` and the 16 of a UUID) with their event times (epoch microseconds).

    An identity is forgotten only when its event time is behind the watermark by more than the margin:
    from then on a repetition is late, so no duplicate slips through the gap between the two.

    A set of them would take 140 bytes each, which is the most that the sealer holds. Here all but the newest take
    29: arrays sorted by a number that is made of the identity, beside the identity itself.
    """

    def __init__(self) -> None:
        self._recent: dict[bytes, int] = {}
        self._packed = _Packed.of({})
        self._oldest: int | None = None

    def __len__(self) -> int:
        return len(self._recent) + len(self._packed.keys)

    def among(self, identities: Sequence[bytes]) -> set[bytes]:
        """Those of ``identities`` that are in it."""
        found = {it for it in identities if it in self._recent}
        if identities and len(self._packed.keys):
            found.update(identities[place] for place in self._packed.places_of_known(identities))
        return found

    def add(self, identities: Mapping[bytes, int]) -> None:
        """Remember identities that are not in it yet, with their event times."""
        if not identities:
            return
        self._recent.update(identities)
        oldest = min(identities.values()) // _MINUTE
        self._oldest = oldest if self._oldest is None else min(self._oldest, oldest)
        if len(self._recent) > max(_LEAST_PACKED, len(self._packed.keys) // _PACKED_SHARE):
            self._packed = self._packed.with_all(self._recent)
            self._recent = {}

    def forget_before(self, instant: int) -> None:
        """Forget the identities of whole minutes that ended before ``instant``."""
        kept_from = instant // _MINUTE
        if self._oldest is None or self._oldest >= kept_from:
            return
        self._recent = {it: at for it, at in self._recent.items() if at // _MINUTE >= kept_from}
        self._packed = self._packed.since(kept_from)
        self._oldest = kept_from


class _Columns(NamedTuple):
    """Identities by column: the byte of the kind and both halves of the UUID."""

    kinds: npt.NDArray[np.uint8]
    first: npt.NDArray[np.uint64]
    second: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, identities: Sequence[bytes]) -> Self:
        """Those of a list."""
        rows = np.frombuffer(b"".join(identities), np.dtype([("kind", "u1"), ("first", "u8"), ("second", "u8")]))
        return cls(*(np.ascontiguousarray(rows[it]) for it in ("kind", "first", "second")))

    def at(self, places: Any) -> "_Columns":
        """Those at some places."""
        return _Columns(*(it[places] for it in self))

    def same(self, others: "_Columns") -> npt.NDArray[np.bool_]:
        """Which are the same as those at the same place in ``others``."""
        halves = (self.first == others.first) & (self.second == others.second)
        return np.asarray(halves & (self.kinds == others.kinds), np.bool_)

    def keys(self) -> npt.NDArray[np.uint64]:
        """A number for each, which is another one when identities differ in a few bits only, in whichever part."""
        mixed: npt.NDArray[np.uint64] = self.kinds.astype(np.uint64)
        for part, factor in zip((self.first, self.second, np.zeros_like(mixed)), _MIXED_BY, strict=True):
            # The high bits of a product depend on all bits of its factors, the low ones on the low ones only.
            mixed = (mixed ^ part) * factor
            mixed ^= mixed >> np.uint64(32)
        return mixed


class _Packed(NamedTuple):
    """Identities in the order of ``keys``, with the minute of each.

    Two identities may have the same key, so only they themselves tell which it is.
    """

    keys: npt.NDArray[np.uint64]
    minutes: npt.NDArray[np.int32]
    identities: _Columns

    @classmethod
    def of(cls, identities: Mapping[bytes, int]) -> Self:
        """Those of a dictionary."""
        columns = _Columns.of(list(identities))
        keys = columns.keys()
        order = np.argsort(keys)
        minutes = (np.fromiter(identities.values(), np.int64, len(identities)) // _MINUTE).astype(np.int32)
        return cls(keys[order], minutes[order], columns.at(order))

    def with_all(self, identities: Mapping[bytes, int]) -> "_Packed":
        """These and those of a dictionary."""
        new = _Packed.of(identities)
        places = np.searchsorted(self.keys, new.keys)

        def merged(mine: Any, others: Any) -> Any:
            return np.insert(mine, places, others)

        columns = map(merged, self.identities, new.identities)
        return _Packed(merged(self.keys, new.keys), merged(self.minutes, new.minutes), _Columns(*columns))

    def since(self, minute: int) -> "_Packed":
        """Those of this minute and later."""
        is_kept = self.minutes >= minute
        return _Packed(self.keys[is_kept], self.minutes[is_kept], self.identities.at(is_kept))

    def places_of_known(self, identities: Sequence[bytes]) -> list[int]:
        """The places among ``identities`` of those that are here."""
        columns = _Columns.of(identities)
        keys = columns.keys()
        wanted = np.arange(len(keys))
        places = np.searchsorted(self.keys, keys)
        known: list[int] = []
        # More than once only where different identities have the same key.
        while len(wanted):
            is_there = places < len(self.keys)
            is_there[is_there] = self.keys[places[is_there]] == keys[wanted[is_there]]
            wanted, places = wanted[is_there], places[is_there]
            is_same = self.identities.at(places).same(columns.at(wanted))
            known += wanted[is_same].tolist()
            wanted, places = wanted[~is_same], places[~is_same] + 1
        return known
