"""Panes into Redis: absolute values, one transaction a batch, fenced."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import msgspec
import pyarrow as pa
import redis
from datasketches import hll_sketch

from contracts import late_events, live_layout, log, panes
from contracts.errors import LiveStoreUnavailable
from contracts.late_events import LateEvent
from contracts.live_layout import CHANGES, CHANGES_KEPT, CLAIM, EDITION, FENCE, VERSION, Status
from contracts.live_store import PREFIX, translated
from contracts.panes import MEASURES, SKETCHES, Dimension
from jobs.streaming import claim as claims
from jobs.streaming import fence as fences
from jobs.streaming.claim import Claim
from jobs.streaming.generation import Generation
from jobs.streaming.kept_state import Kept

_LONGEST_PAUSE_SECONDS = 5.0
# Redis key to (when it expires, its new fields).
Hashes = dict[str, tuple[int, dict[bytes, bytes]]]


class Stopping(Exception):
    """The job was told to stop while Redis was away."""


class PaneWriter:
    """Writes one batch at a time and waits while Redis is away, loading or full.

    A batch that is in Redis already, because it is replayed, is left as it is: some of its panes may have
    been put right from Postgres since. When Redis turns out to have lost what was written, ``on_loss`` is called
    (before the batch that hides it, and perhaps more than once), and everything that is ``kept`` before the batch
    is written with it, in the place of whatever is there. Raises ``TerminalError`` when a newer generation has
    taken over.
    """

    def __init__(
        self,
        client: redis.Redis,
        generation: Generation,
        stop: threading.Event,
        on_loss: Callable[[], None] = lambda: None,
        kept: Callable[[int], Kept] = lambda batch: Kept(),
    ) -> None:
        self._client = client
        self._generation = generation
        self._stop = stop
        self._on_loss = on_loss
        self._kept = kept

    def claim(self, after: float) -> None:
        """Say before a generation's first batch which panes it writes: those that end ``after`` then (epoch seconds).

        What somebody filled in such panes, where nothing said who writes them, is removed. Raises the errors of
        ``live_store``.
        """
        claim = Claim(self._generation.number, self._generation.owns_from, after)

        def write(pipeline: Any) -> None:
            is_first = not pipeline.exists(FENCE)
            there = self._there(claim) if is_first else []
            pipeline.multi()
            _claim(pipeline, claim, there)

        with translated("claiming panes"):
            self._client.transaction(write, FENCE, EDITION)

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

    def _transaction(self, fields: Hashes, changed_panes: Sequence[bytes], batch: int) -> None:
        kept: Kept | None = None

        def write(pipeline: Any) -> None:
            nonlocal kept
            fence, version, claim = cast("list[bytes | None]", pipeline.mget(FENCE, VERSION, CLAIM))
            turn = fences.turn(fence, self._generation.number, batch)
            if turn.is_written:
                return
            if kept is None and (turn.has_lost or not self._is_ours(claim)):
                # Before the fence hides it: whoever dies in between must still know.
                log.get(__name__).warning("the live store has lost panes that were written", batch=batch)
                self._on_loss()
                kept = self._kept(batch)
            put_back = None if kept is None else self._putting_back(pipeline, kept)
            pipeline.multi()
            if put_back is not None:
                put_back()
            _queue(pipeline, fields)
            # After a flush it begins beyond where it was, whenever that was.
            number = int(version) + 1 if version else int(time.time() * 1000)
            if changed_panes:
                pipeline.zadd(CHANGES, dict.fromkeys(changed_panes, number))
            pipeline.zremrangebyscore(CHANGES, "-inf", number - CHANGES_KEPT)
            pipeline.set(VERSION, number)
            pipeline.set(FENCE, f"{self._generation.number}:{batch}")

        self._client.transaction(write, FENCE)

    def _putting_back(self, pipeline: Any, kept: Kept) -> Callable[[], None]:
        """What queues all that Spark holds, in the place of whatever is there."""
        # Others may fill what nobody claims, up to the moment it is claimed.
        pipeline.watch(EDITION)
        whole = Claim(self._generation.number, self._generation.owns_from, kept.since)
        there = self._there(whole)

        def put_back() -> None:
            _claim(pipeline, msgspec.structs.replace(whole, after=kept.watermark), there)
            if kept.panes is not None:
                _queue(pipeline, _by_hash(kept.panes, self._generation.owns_from))

        return put_back

    def _is_ours(self, text: bytes | None) -> bool:
        claim = claims.decode(text)
        return claim is not None and claim.generation == self._generation.number

    def _there(self, claim: Claim) -> list[bytes]:
        """The keys of panes that are the claim's, whoever wrote them."""
        names = cast("Iterable[bytes]", self._client.scan_iter(f"{PREFIX}pane:*", count=1000))
        return [it for it in names if claim.holds(*live_layout.pane_of(it))]


def _claim(pipeline: Any, claim: Claim, there: Sequence[bytes]) -> None:
    if there:
        pipeline.delete(*there)
    pipeline.set(CLAIM, claims.encode(claim))
    pipeline.incr(EDITION)


def _queue(pipeline: Any, hashes: Hashes) -> None:
    for key, (expires_at, values) in hashes.items():
        pipeline.hset(key, mapping=values)
        pipeline.expireat(key, expires_at)


def _panes_of(changed: pa.Table, owns_from: float) -> list[bytes]:
    """The panes in ``changed``, as ``CHANGES`` names them."""
    starts = zip(changed.column("pane_seconds").to_pylist(), changed.column("pane_start").to_pylist(), strict=True)
    return [b"%d:%d" % it for it in sorted(set(starts)) if it[1] >= owns_from]


def _by_hash(changed: pa.Table, owns_from: float) -> Hashes:
    result: Hashes = {}
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
