"""What was sealed already: event identities, kept while a repetition could still count."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

_MINUTE = 60_000_000


class Seen:
    """Identities with their event times (epoch microseconds).

    An identity is forgotten only when its event time is behind the watermark by more than the margin:
    from then on a repetition is late, so no duplicate slips through the gap between the two.
    """

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._by_minute: dict[int, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, identity: bytes) -> bool:
        return identity in self._known

    @property
    def known(self) -> AbstractSet[bytes]:
        """All of them, for whoever asks for many."""
        return self._known

    def add(self, identities: Mapping[bytes, int]) -> None:
        """Remember identities that are not in it yet, with their event times."""
        self._known.update(identities)
        for identity, instant in identities.items():
            minute = instant // _MINUTE
            try:
                self._by_minute[minute].append(identity)
            except KeyError:
                self._by_minute[minute] = [identity]

    def forget_before(self, instant: int) -> None:
        """Forget the identities of whole minutes that ended before ``instant``."""
        for minute in [it for it in self._by_minute if (it + 1) * _MINUTE <= instant]:
            self._known.difference_update(self._by_minute.pop(minute))
