"""The streaming job's source, fed from the parts on disk instead of from Pub/Sub. All else is production's.

How many parts may be taken is read from a file, so that a warm-up can be waited for.
"""

import datetime as dt
import os
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from typing_extensions import override

from contracts.broker import Delivery
from contracts.pulling import Pulled
from jobs.streaming import feeding
from jobs.streaming.feeding import Feeding
from jobs.streaming.source import PubSubReader, PubSubSource
from tests.benchmarks.replay_messages import read_part

PARTS_VARIABLE = "REPLAY_PARTS"
_ATTRIBUTES = {"schema_version": "1", "produced_at": "2026-11-24T12:00:00.000000Z"}


def gate(parts: Path) -> Path:
    """Where it is said how many parts may be taken."""
    return parts / "gate"


def open_gate(parts: Path, count: int) -> None:
    """Let the first ``count`` parts be taken."""
    aside = parts / "gate.new"
    aside.write_text(str(count), "utf-8")
    aside.rename(gate(parts))


def deliveries(parts: Sequence[Path]) -> Iterator[Pulled]:
    """What the parts hold, as a broker delivers it."""
    published = dt.datetime.now(dt.UTC)
    for part in parts:
        for pull in read_part(part):
            yield Pulled(
                pull.subscription,
                [Delivery("ack", "1", published, it, _ATTRIBUTES) for it in pull.payloads],
                time.time(),
            )


class PartsPulling:
    """What ``Feeding`` asks of ``Pulling``."""

    def __init__(self, *_: Any) -> None:
        self._folder = Path(os.environ[PARTS_VARIABLE])
        self._taken = 0
        self._waiting: deque[Iterator[Pulled]] = deque()
        self.received: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def take(self, timeout_seconds: float) -> Pulled | None:
        """The next pull; None when no part may be taken."""
        while True:
            while self._waiting:
                pulled = next(self._waiting[0], None)
                if pulled is not None:
                    return pulled
                self._waiting.popleft()
            if self._taken == int(gate(self._folder).read_text("utf-8")):
                time.sleep(timeout_seconds)
                return None
            self._waiting.append(deliveries([self._folder / f"part-{self._taken:04d}"]))
            self._taken += 1

    def acknowledge(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """Count."""
        self.received[subscription] += len(ack_ids)

    def counters(self) -> dict[str, Any]:
        """For the heartbeat."""
        return {"recebidos": dict(self.received), "pendentes": 0, "ultimo_recebido": time.time()}


class PartsReader(PubSubReader):
    """Production's reader with its pulling replaced."""

    @override
    def _running(self) -> Feeding:
        feeding.Pulling = PartsPulling  # type: ignore[misc,assignment]  # the one that a feeding makes
        return super()._running()


class PartsSource(PubSubSource):
    """Registered in place of production's, under its name."""

    @override
    def streamReader(self, schema: Any) -> PartsReader:
        return PartsReader(self.options["spool"], self.options["storage_endpoint"], int(self.options["job"]))
