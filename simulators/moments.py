"""The simulators' time: microseconds since 1970, UTC."""

import datetime as dt
import functools
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.errors import UsageError

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


def durations(quantiles: Sequence[float], chance: NDArray[np.float64] | float) -> NDArray[np.int64]:
    """Microseconds for each chance in [0, 1); ``quantiles`` are seconds at equal steps from 0 to 1."""
    return np.asarray(np.interp(chance, _equal_steps(len(quantiles)), quantiles) * SECOND, np.int64)


@functools.cache
def _equal_steps(count: int) -> NDArray[np.float64]:
    return np.linspace(0.0, 1.0, count)


_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds_of(text: str, *, name: str) -> float:
    """The seconds of a duration such as 90s, 10m, 2h or 1d. Raises ``UsageError`` that names ``name``."""
    number, unit = text[:-1], text[-1:]
    try:
        seconds = float(number) * _UNITS[unit]
    except (ValueError, KeyError):
        seconds = 0.0
    if not 0 < seconds <= 366 * 86_400:
        raise UsageError(f"{name}={text}: must be a time of at most 366 days such as 90s, 10m, 2h or 1d")
    return seconds


_TWO = np.array([list(f"{it:02d}".encode()) for it in range(60)], np.uint8)
_SHAPE = np.frombuffer(b"0000-00-00T00:00:00.000000Z\n", np.uint8)
_THREE = np.array([list(f"{it:03d}".encode()) for it in range(1_000)], np.uint8)


def to_texts(times: NDArray[np.int64]) -> list[str]:
    """``to_text`` of ascending times, at a tenth of the price."""
    minutes, rest = np.divmod(times, MINUTE)
    seconds, fraction = np.divmod(rest, SECOND)
    thousands = fraction // 1_000
    letters = np.empty((len(times), len(_SHAPE)), np.uint8)
    letters[:] = _SHAPE
    letters[:, 17:19] = _TWO[seconds]
    letters[:, 20:23] = _THREE[thousands]
    letters[:, 23:26] = _THREE[fraction - 1_000 * thousands]
    bounds = [0, *(np.flatnonzero(np.diff(minutes)) + 1).tolist(), len(times)]
    for first, last in itertools.pairwise(bounds):
        if first < last:
            prefix = f"{to_datetime(int(times[first])):%Y-%m-%dT%H:%M:}"
            letters[first:last, :17] = np.frombuffer(prefix.encode("ascii"), np.uint8)
    # One text that is split is cheaper than as many slices of it.
    return letters.tobytes().decode("ascii").split("\n")[:-1]
