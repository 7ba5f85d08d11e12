"""The simulators' time: microseconds since 1970, UTC."""

import datetime as dt

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def to_microseconds(moment: dt.datetime) -> int:
    """An aware datetime as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(time: int) -> dt.datetime:
    """Microseconds since 1970 as an aware datetime, UTC."""
    return _EPOCH + dt.timedelta(microseconds=time)


def to_text(time: int) -> str:
    """ISO 8601, UTC, always with six decimals."""
    return f"{to_datetime(time):%Y-%m-%dT%H:%M:%S.%f}Z"


class Stamps:
    """``to_text`` for times that come in nearly ascending order: a minute's text is made once."""

    def __init__(self) -> None:
        self._minute = -1
        self._prefix = ""

    def text(self, time: int) -> str:
        """As ``to_text``."""
        minute, rest = divmod(time, MINUTE)
        if minute != self._minute:
            self._minute = minute
            self._prefix = f"{to_datetime(minute * MINUTE):%Y-%m-%dT%H:%M:}"
        return f"{self._prefix}{rest // SECOND:02d}.{rest % SECOND:06d}Z"
