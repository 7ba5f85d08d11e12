"""Panes into Redis: absolute values, one transaction a batch, fenced."""

import threading
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import pyarrow as pa
import redis

from contracts import live, log, panes
from contracts.errors import LiveStoreUnavailable, TerminalError
from contracts.live import Status
from contracts.live_store import translated
from contracts.panes import MEASURES, SKETCHES, Dimension
from jobs.streaming.generation import Generation

# An HLL image of this length or less has counted nobody.
_EMPTY_SKETCH_BYTES = 8
_LONGEST_PAUSE_SECONDS = 5.0


class Stopping(Exception):
    """The job was told to stop while Redis was away."""


class PaneWriter:
    """Writes one batch at a time and waits while Redis is away, loading or full.

    Raises ``TerminalError`` when a newer generation has taken over.
    """

    def __init__(self, client: redis.Redis, generation: Generation, stop: threading.Event) -> None:
        self._client = client
        self._generation = generation
        self._stop = stop

    def write(self, changed: pa.Table, batch: int) -> None:
        """Replace the values of the panes in ``changed`` (the columns of ``aggregation.aggregate``)."""
        fields = _by_hash(changed, self._generation.owns_from)
        self._until_written(lambda: self._transaction(fields, batch))

    def write_status(self, status: Status) -> None:
        """Replace the status."""
        self._until_written(lambda: self._client.set(live.STATUS, msgspec.json.encode(status)))

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

    def _transaction(self, fields: Mapping[str, tuple[int, dict[bytes, bytes]]], batch: int) -> None:
        with self._client.pipeline(transaction=True) as pipeline:
            while True:
                try:
                    pipeline.watch(live.FENCE)  # type: ignore[no-untyped-call]  # the one method redis left untyped
                    self._require_turn(cast("bytes | None", pipeline.get(live.FENCE)), batch)
                    pipeline.multi()
                    for key, (expires_at, values) in fields.items():
                        pipeline.hset(key, mapping=cast("dict[Any, Any]", values))
                        pipeline.expireat(key, expires_at)
                    pipeline.set(live.FENCE, f"{self._generation.number}:{batch}")
                    pipeline.execute()
                except redis.WatchError:
                    continue
                return

    def _require_turn(self, fence: bytes | None, batch: int) -> None:
        if fence is None:
            return
        generation, last = map(int, fence.split(b":"))
        if generation > self._generation.number:
            raise TerminalError(
                f"generation {generation} of the streaming job has taken over from generation "
                f"{self._generation.number}: this one must not write any more"
            )
        if generation == self._generation.number and batch < last:
            raise TerminalError(
                f"batch {batch} comes after batch {last} was written: the checkpoint is older than the live store. "
                "Way out: remove the checkpoint"
            )


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
        pane = result.setdefault(live.pane_key(seconds, start, dimension), (expires_at, {}))
        pane[1][key.encode()] = live.encode_measures(values)
        if dimension is Dimension.TOTAL:
            counted = {
                name.encode(): bytes(image)
                for name, image in zip(SKETCHES, images, strict=True)
                if len(image) > _EMPTY_SKETCH_BYTES
            }
            if counted:
                result.setdefault(live.sketch_key(seconds, start), (expires_at, {}))[1].update(counted)
    return result
