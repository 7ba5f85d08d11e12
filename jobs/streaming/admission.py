"""Which events count: each once, and none that is late."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from uuid import UUID

from contracts.late_events import LateEvent
from contracts.panes import RowKind


class Admission:
    """Admits what is neither known nor late, for one segment; ``fresh`` is identity to event time.

    An identity is the byte of its ``RowKind`` and the 16 of its UUID. Of those that are asked for, ``known`` were
    sealed before; an event before ``late_before`` (epoch microseconds) is late. ``late_events`` are those, but for
    later versions of orders.
    """

    def __init__(self, known: AbstractSet[bytes], late_before: int) -> None:
        self.fresh: dict[bytes, int] = {}
        self.late_events: list[LateEvent] = []
        self.duplicates = self.late_versions = 0
        self._known = known
        self._late_before = late_before

    @property
    def late(self) -> int:
        """How many were late, but for later versions of orders."""
        return len(self.late_events)

    def admits(self, identity: bytes, instant: int, *, is_later_version: bool = False) -> bool:
        """Whether this one counts. A later status of an order that was counted when it was made is no news."""
        # Duplicate first: a late repetition of something counted is not news.
        if identity in self._known or identity in self.fresh:
            self.duplicates += 1
        elif instant >= self._late_before:
            self.fresh[identity] = instant
            return True
        elif is_later_version:
            self.late_versions += 1
        else:
            self.late_events.append(LateEvent(RowKind(identity[0]), UUID(bytes=identity[1:]), instant))
        return False

    def places(self, identities: Iterable[bytes], instants: Iterable[int]) -> list[int]:
        """The places of those that count."""
        admits = self.admits
        return [
            place
            for place, (identity, instant) in enumerate(zip(identities, instants, strict=True))
            if admits(identity, instant)
        ]
