"""What was sealed already: event identities, kept while a repetition could still count."""

_MINUTE = 60_000_000


class Seen:
    """Identities with their event times (epoch microseconds).

    An identity is forgotten only when its event time is behind the watermark by more than the margin:
    from then on a repetition is late, so no duplicate slips through the gap between the two.
    """

    def __init__(self) -> None:
        self._minute_of: dict[bytes, int] = {}
        self._by_minute: dict[int, list[bytes]] = {}

    def __len__(self) -> int:
        return len(self._minute_of)

    def __contains__(self, identity: bytes) -> bool:
        return identity in self._minute_of

    def add(self, identity: bytes, instant: int) -> None:
        """Remember an identity that is not in it yet."""
        minute = instant // _MINUTE
        self._minute_of[identity] = minute
        self._by_minute.setdefault(minute, []).append(identity)

    def forget_before(self, instant: int) -> None:
        """Forget the identities of whole minutes that ended before ``instant``."""
        for minute in [it for it in self._by_minute if (it + 1) * _MINUTE <= instant]:
            for identity in self._by_minute.pop(minute):
                del self._minute_of[identity]
