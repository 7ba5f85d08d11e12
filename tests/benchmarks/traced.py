"""The streaming job with a stopwatch: when each message was produced, published, pulled, sealed, planned, written.

Production code knows nothing of this: ``install`` wraps its methods from outside, as the recovery suite
does. Every process appends to files of its own below the folder that ``TRACE_VARIABLE`` names.
"""

import datetime as dt
import os
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from typing_extensions import override

from contracts.events import PRODUCED_AT_ATTRIBUTE
from contracts.pulling import Pulled, Pulling
from jobs.streaming.checkpoint import Checkpoint
from jobs.streaming.feeding import Feeding
from jobs.streaming.sealer import Sealed, Sealer
from jobs.streaming.source import PubSubReader, PubSubSource
from jobs.streaming.spool import Footer
from jobs.streaming.writer import PaneWriter

TRACE_VARIABLE = "BENCH_TRACE"
SEALS, PLANS, WRITES, BATCHES = "seals", "plans", "writes", "batches"
# Of each message in `seals`: epoch microseconds, its segment, and when that was begun and made durable.
MESSAGE_FIELDS = ("produced", "published", "pulled", "segment", "sealing", "sealed")

# A later status of an order counts nothing new, and so leaves no row behind.
_COUNTED_STATUSES = (b'"status_pedido":"processando"', b'"status_pedido":"cancelado"')


def now() -> int:
    """Epoch microseconds."""
    return time.time_ns() // 1000


def append(name: str, *numbers: int) -> None:
    """Add 64-bit numbers to a file of this process."""
    path = Path(os.environ[TRACE_VARIABLE]) / f"{name}.{os.getpid()}"
    with path.open("ab") as file:
        file.write(array("q", numbers).tobytes())


class TracedSource(PubSubSource):
    """The source that notes what its process does."""

    @override
    def streamReader(self, schema: Any) -> "TracedReader":
        return TracedReader(self.options["spool"], self.options["storage_endpoint"], int(self.options["job"]))


class TracedReader(PubSubReader):
    """Notes when Spark was first told of a segment."""

    _told = 0

    @override
    def latestOffset(self, start: Any = None, limit: Any = None) -> dict[str, Any]:
        offset = super().latestOffset(start, limit)
        if offset["seq"] > self._told:
            self._told = offset["seq"]
            append(PLANS, offset["seq"], now())
        return offset

    @override
    def _running(self) -> Feeding:
        if self._feeding is None:
            install_sealing()
        return super()._running()


def install_sealing() -> None:
    """Note pulls and seals in this process. Once."""
    hand_on, seal = Pulling._hand_on, Sealer.seal
    pulled_at: dict[int, int] = {}

    def traced_hand_on(self: Pulling, pulled: Pulled) -> None:
        pulled_at[id(pulled)] = now()
        hand_on(self, pulled)

    def traced_seal(self: Sealer, pulls: Sequence[Pulled]) -> Sealed | None:
        began = now()
        sealed = seal(self, pulls)
        ended = now()
        numbers: list[int] = []
        for pulled in pulls:
            at = pulled_at.pop(id(pulled))
            if sealed is not None:
                for it in pulled.deliveries:
                    if pulled.subscription.startswith("eventos_web") or any(s in it.payload for s in _COUNTED_STATUSES):
                        produced = dt.datetime.fromisoformat(it.attributes[PRODUCED_AT_ATTRIBUTE])
                        numbers += (_micros(produced), _micros(it.publish_time), at, sealed.footer.number, began, ended)
        append(SEALS, *numbers)
        return sealed

    Pulling._hand_on, Sealer.seal = traced_hand_on, traced_seal  # type: ignore[method-assign]  # that is the point


def install_writing(run: Any) -> None:
    """Note writes and the segments of each batch in the driver; ``run`` is the module ``jobs.streaming.run``."""
    write, footers_of = PaneWriter.write, run.batch_footers

    def traced_write(self: PaneWriter, changed: pa.Table, batch: int) -> None:
        began = now()
        write(self, changed, batch)
        append(WRITES, batch, began, now(), changed.num_rows)

    def traced_footers(checkpoint: Checkpoint, spool: Any, batch: int) -> list[Footer]:
        footers: list[Footer] = footers_of(checkpoint, spool, batch)
        if footers:
            append(BATCHES, batch, footers[0].number, footers[-1].number, sum(it.rows for it in footers))
        return footers

    PaneWriter.write = traced_write  # type: ignore[method-assign]  # that is the point
    run.batch_footers = traced_footers


def _micros(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1e6)
