"""The streaming job with points at which it can be told to die, as when a machine loses power, or to fail.

Production code knows nothing of this: ``install`` wraps its methods from outside. Which point kills is
read anew from a file at every point, so that a running job can be armed.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from pyspark.sql.datasource import InputPartition
from typing_extensions import override

from contracts.pulling import Pulling
from jobs.streaming.feeding import Feeding
from jobs.streaming.folder_store import FolderStore
from jobs.streaming.healed_panes import HealedPanes
from jobs.streaming.recomputations import Recomputations
from jobs.streaming.sealer import Sealer
from jobs.streaming.segments import name_of
from jobs.streaming.source import PubSubReader, PubSubSource
from jobs.streaming.writer import PaneWriter

# Where the order to die is, and whom it takes along: every process of the job.
ORDER_VARIABLE, GROUP_VARIABLE = "RECOVERY_ORDER", "RECOVERY_GROUP"


class Point(StrEnum):
    """Where the job may die."""

    PULLED = "pulled, not sealed"
    TORN = "segment half on disk"
    SEALED = "sealed, not acknowledged"
    PARTLY = "acknowledged in part"
    ACKNOWLEDGED = "acknowledged, not read"
    PLANNED = "offset log, no state"
    STATE = "state, not in Redis"
    WRITTEN = "in Redis, no commit log"
    COMMITTED = "commit log, spool not told"
    REBUILD_COMPARED = "rebuild: compared, not written"
    REBUILD_WRITTEN = "rebuild: between two writes"
    REBUILD_UNRECORDED = "rebuild: hour not recorded"


REBUILD_POINTS = (Point.REBUILD_COMPARED, Point.REBUILD_WRITTEN, Point.REBUILD_UNRECORDED)
STREAM_POINTS = tuple(it for it in Point if it not in REBUILD_POINTS)


class End(StrEnum):
    """How a life of the job ends at a point.

    ``KILL`` is SIGKILL to all its processes at once. ``ABORT`` takes the query only: the process of its source is
    killed, or its batch raises; the JVM lives on, and the job starts the query again from its checkpoint. It costs
    a tenth of the time.
    """

    KILL = "kill"
    ABORT = "abort"


class Aborted(Exception):
    """Raised in the middle of a batch."""


class Order(msgspec.Struct, frozen=True):
    """End by ``end`` at ``point`` after having passed it ``skip`` times in one process.

    The job that is the group ``spared``, if any, is not meant.
    """

    point: Point
    skip: int
    end: End = End.KILL
    spared: int | None = None

    def give(self, path: Path) -> None:
        """Make it known to the processes that look at ``path``."""
        aside = path.with_suffix(".new")
        aside.write_bytes(msgspec.json.encode(self))
        aside.rename(path)


def grave(path: Path) -> Path:
    """The file in which the dying process leaves the name of the point."""
    return path.with_suffix(".died")


def buried(path: Path) -> Path:
    """Where that file is once the query starts again."""
    return path.with_suffix(".buried")


_passed: Counter[Point] = Counter()
_unacknowledged = [0]


def reach(point: Point, last_act: Callable[[], object] = lambda: None) -> None:
    """Die here when it was ordered, after ``last_act``."""
    path = Path(os.environ[ORDER_VARIABLE])
    try:
        order = msgspec.json.decode(path.read_bytes(), type=Order)
    except FileNotFoundError:
        return
    group = int(os.environ[GROUP_VARIABLE])
    if order.point is not point or order.spared == group:
        return
    _passed[point] += 1
    if _passed[point] <= order.skip:
        return
    last_act()
    # Whoever comes next has to be ordered anew.
    path.unlink()
    grave(path).write_text(point.value, "utf-8")
    if order.end is End.KILL:
        os.killpg(group, signal.SIGKILL)
    elif os.getpid() == group:
        os.kill(int(_source_file(path).read_text("utf-8")), signal.SIGKILL)
        raise Aborted(point.value)
    os.kill(os.getpid(), signal.SIGKILL)


def _source_file(path: Path) -> Path:
    """Where the source's process leaves its id."""
    return path.with_suffix(".source")


class ArmedSource(PubSubSource):
    """The source whose process can die at the points."""

    @override
    def streamReader(self, schema: Any) -> "ArmedReader":
        return ArmedReader(self.options["spool"], self.options["storage_endpoint"], int(self.options["job"]))


class ArmedReader(PubSubReader):
    """Called by Spark between the steps of a batch."""

    @override
    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> Sequence[InputPartition]:
        if end["seq"] > start["seq"]:
            reach(Point.PLANNED)
        return super().partitions(start, end)

    @override
    def commit(self, end: dict[str, Any]) -> None:
        reach(Point.COMMITTED)
        super().commit(end)

    @override
    def _running(self) -> Feeding:
        if self._feeding is None:
            install()
            _source_file(Path(os.environ[ORDER_VARIABLE])).write_text(str(os.getpid()), "utf-8")
        return super()._running()


def install() -> None:
    """Put the points into this process. Once."""
    _wrap_sealing()
    _wrap_writing()
    _wrap_rebuilding()


def _wrap_sealing() -> None:
    seal, put, acknowledge = Sealer.seal, FolderStore.put, Pulling.acknowledge

    def armed_seal(self: Sealer, pulls: Any) -> Any:
        reach(Point.PULLED)
        sealed = seal(self, pulls)
        _unacknowledged[0] = len(pulls) if sealed else 0
        if sealed:
            reach(Point.SEALED)
        return sealed

    def armed_put(self: FolderStore, number: int, content: bytes) -> None:
        half = bytes(memoryview(content)[: len(content) // 2])
        torn = (self._folder / name_of(number)).with_suffix(".tmp")
        reach(Point.TORN, lambda: torn.write_bytes(half))
        put(self, number, content)

    def armed_acknowledge(self: Pulling, subscription: str, ack_ids: Sequence[str]) -> None:
        acknowledge(self, subscription, ack_ids)
        _unacknowledged[0] -= 1
        if _unacknowledged[0] > 0:
            reach(Point.PARTLY)
        elif _unacknowledged[0] == 0:
            reach(Point.ACKNOWLEDGED)

    Sealer.seal, FolderStore.put, Pulling.acknowledge = armed_seal, armed_put, armed_acknowledge  # type: ignore[method-assign]  # that is the point


def _wrap_writing() -> None:
    write = PaneWriter.write

    def armed_write(self: PaneWriter, changed: Any, batch: int) -> None:
        reach(Point.STATE)
        write(self, changed, batch)
        reach(Point.WRITTEN)

    PaneWriter.write = armed_write  # type: ignore[method-assign]  # that is the point


def _wrap_rebuilding() -> None:
    fenced, replace, hour_done = HealedPanes._fenced, HealedPanes.replace, Recomputations.hour_done

    def armed_fenced(self: HealedPanes, queue: Any) -> None:
        fenced(self, queue)
        reach(Point.REBUILD_WRITTEN)

    def armed_replace(self: HealedPanes, *arguments: Any) -> None:
        reach(Point.REBUILD_COMPARED)
        replace(self, *arguments)

    def armed_hour_done(self: Recomputations, *arguments: Any, **options: Any) -> None:
        reach(Point.REBUILD_UNRECORDED)
        hour_done(self, *arguments, **options)

    HealedPanes._fenced, HealedPanes.replace, Recomputations.hour_done = armed_fenced, armed_replace, armed_hour_done  # type: ignore[method-assign]  # that is the point
