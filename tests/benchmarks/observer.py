"""An observer that knows nothing of the streaming job: it looks at the totals in Redis, again and again."""

import threading
import time
from typing import Self

import numpy as np
import redis
from numpy.typing import NDArray

from contracts import live
from contracts.live_store import PREFIX
from contracts.panes import Dimension

_POLL_SECONDS = 0.01
# Panes of so many minutes may still change much.
_OPEN_MINUTES = 2


class Observer:
    """Counts what the totals of the minutes in ``[begin, end)`` show, from ``begin`` on. A context manager.

    ``begin`` and ``end`` are whole minutes, epoch seconds. ``end_at`` brings the end forward.
    """

    def __init__(self, client: redis.Redis, begin: int, end: int) -> None:
        self._client = client
        self._begin, self._end = begin, end
        self._counts: dict[int, int] = {}
        # When a number of events was first seen: epoch seconds after the answer had come, and the number.
        self._seen: list[tuple[float, int]] = [(float(begin), 0)]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def end_at(self, end: int) -> None:
        """Leave out minutes from ``end`` on, which has not come yet."""
        self._end = end

    @property
    def count(self) -> int:
        """How many events the totals show."""
        return self._seen[-1][1]

    def count_all(self) -> int:
        """How many events all totals of the span show now."""
        self._look(range(self._begin, self._end, 60))
        return self.count

    def latencies(self, produced: NDArray[np.float64]) -> NDArray[np.float64]:
        """From the production of the k-th event to when k events were to be seen, seconds, for every k.

        Event by event it is exact where none overtakes another; its mean is so in any case.
        """
        times, counts = np.array([it[0] for it in self._seen]), np.array([it[1] for it in self._seen])
        numbers = np.arange(1, len(produced) + 1)
        places = np.searchsorted(counts, numbers)
        visible = np.where(places < len(times), times[np.minimum(places, len(times) - 1)], np.inf)
        return np.asarray(visible - np.sort(produced))

    def _run(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            minute = int(time.time()) // 60 * 60
            first = max(self._begin, minute - _OPEN_MINUTES * 60)
            self._look(range(first, min(minute + 60, self._end), 60))

    def _look(self, minutes: range) -> None:
        if not minutes:
            return
        pipeline = self._client.pipeline(transaction=True)
        for start in minutes:
            pipeline.hget(f"{PREFIX}pane:60:{start}:{Dimension.TOTAL}", "")
        for start, value in zip(minutes, pipeline.execute(), strict=True):
            if value is not None:
                it = live.decode_measures(value)
                self._counts[start] = it.eventos + it.pedidos + it.pedidos_cancelados
        total = sum(self._counts.values())
        if total != self.count:
            self._seen.append((time.time(), total))
