"""Panes into Redis: absolute values, one transaction a batch, fenced."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec
import pyarrow as pa
import redis
from datasketches import hll_sketch

from contracts import late_events, live_layout, log, panes
from contracts.errors import LiveStoreUnavailable
from contracts.late_events import LateEvent
from contracts.live_layout import CHANGES, CHANGES_KEPT, FENCE, VERSION, Status
from contracts.live_store import translated
from contracts.panes import MEASURES, SKETCHES, Dimension
from jobs.streaming import fence as fences
from jobs.streaming.generation import Generation

_LONGEST_PAUSE_SECONDS = 5.0


class Stopping(Exception):
    """The job was told to stop while Redis was away."""


class PaneWriter:
    """Writes one batch at a time and waits while Redis is away, loading or full.

    A batch that is in Redis already, because it is replayed, is left as it is: some of its panes may have
    been put right from Postgres since. ``on_loss`` is called when Redis turns out to have lost what was
    written: before the batch that hides it, and perhaps more than once. Raises ``TerminalError`` when a newer
    generation has taken over.
    """

    def __init__(
        self,
        client: redis.Redis,
        generation: Generation,
        stop: threading.Event,
        on_loss: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._generation = generation
        self._stop = stop
        self._on_loss = on_loss

    def write(self, changed: pa.Table, batch: int) -> None:
        """Replace the values of the panes in ``changed`` (the columns of ``aggregation.aggregate``)."""
        fields = _by_hash(changed, self._generation.owns_from)
        changed_panes = _panes_of(changed, self._generation.owns_from)
        self._until_written(lambda: self._transaction(fields, changed_panes, batch))

    def write_late(self, events: Sequence[LateEvent]) -> None:
        """Add to the lists of late events; those that are there already stay as they are."""
        if events:
            self._until_written(lambda: self._late(events))

    def write_status(self, status: Status) -> None:
        """Replace the status."""
        self._until_written(lambda: self._client.set(live_layout.STATUS, msgspec.json.encode(status)))

    def _until_written(self, call: Any) -> None:
        pause, away = 0.1, False
        while True:
            try:
                with translated("writing panes"):
                    call()
            except LiveStoreUnavailable as problem:
                if not away:
                    log.get(__name__).warning("the live store does not take panes, waiting", problem=str(problem))
                    away = True
            else:
                if away:
                    log.get(__name__).info("the live store takes panes again")
                return
            if self._stop.wait(pause):
                raise Stopping
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _late(self, events: Sequence[LateEvent]) -> None:
        with self._client.pipeline(transaction=True) as pipeline:
            late_events.queue(pipeline, events)
            pipeline.execute()

    def _transaction(
        self, fields: Mapping[str, tuple[int, dict[bytes, bytes]]], changed_panes: Sequence[bytes], batch: int
    ) -> None:
        with self._client.pipeline(transaction=True) as pipeline:
            while True:
                try:
                    pipeline.watch(FENCE)  # type: ignore[no-untyped-call]  # the one method redis left untyped
                    fence, version = cast("list[bytes | None]", pipeline.mget(FENCE, VERSION))
                    turn = fences.turn(fence, self._generation.number, batch)
                    if turn.is_written:
                        return
                    if turn.has_lost:
                        # Before the fence hides it: whoever dies in between must still know.
                        log.get(__name__).warning("the live store has lost panes that were written", batch=batch)
                        self._on_loss()
                    pipeline.multi()
                    for key, (expires_at, values) in fields.items():
                        pipeline.hset(key, mapping=cast("dict[Any, Any]", values))
                        pipeline.expireat(key, expires_at)
                    # After a flush it begins beyond where it was, whenever that was.
                    number = int(version) + 1 if version else int(time.time() * 1000)
                    if changed_panes:
                        pipeline.zadd(CHANGES, dict.fromkeys(changed_panes, number))
                    pipeline.zremrangebyscore(CHANGES, "-inf", number - CHANGES_KEPT)
                    pipeline.set(VERSION, number)
                    pipeline.set(FENCE, f"{self._generation.number}:{batch}")
                    pipeline.execute()
                except redis.WatchError:
                    continue
                return


def _panes_of(changed: pa.Table, owns_from: float) -> list[bytes]:
    """The panes in ``changed``, as ``CHANGES`` names them."""
    starts = zip(changed.column("pane_seconds").to_pylist(), changed.column("pane_start").to_pylist(), strict=True)
    return [b"%d:%d" % it for it in sorted(set(starts)) if it[1] >= owns_from]


def _by_hash(changed: pa.Table, owns_from: float) -> dict[str, tuple[int, dict[bytes, bytes]]]:
    """Redis key to (when it expires, its new fields)."""
    result: dict[str, tuple[int, dict[bytes, bytes]]] = {}
    columns = [changed.column(name).to_pylist() for name in ("pane_seconds", "pane_start", "dimension", "key")]
    measures = zip(*[changed.column(name).to_pylist() for name in MEASURES], strict=True)
    sketches = zip(*[changed.column(name).to_pylist() for name in SKETCHES], strict=True)
    for seconds, start, dimension_name, key, values, images in zip(*columns, measures, sketches, strict=True):
        if start < owns_from:
            continue
        dimension = Dimension(dimension_name)
        expires_at = start + panes.life(seconds, dimension)
        pane = result.setdefault(live_layout.pane_key(seconds, start, dimension), (expires_at, {}))
        pane[1][key.encode()] = live_layout.encode_measures(values)
        if dimension is Dimension.TOTAL:
            counted = {
                name.encode(): bytes(image)
                for name, image in zip(SKETCHES, images, strict=True)
                if _counts_anybody(image)
            }
            if counted:
                result.setdefault(live_layout.sketch_key(seconds, start), (expires_at, {}))[1].update(counted)
    return result


def _counts_anybody(image: bytes) -> bool:
    # Spark's image of an empty sketch is longer than that of the library.
    return len(image) > 0 and not hll_sketch.deserialize(bytes(image)).is_empty()
