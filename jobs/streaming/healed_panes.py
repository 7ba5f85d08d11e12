"""Panes in Redis as a recomputation reads and replaces them, fenced by its number and by the stream's claim."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import msgspec
import redis

from contracts import live_layout, panes, stored_panes
from contracts.errors import TerminalError
from contracts.live_layout import CLAIM, EDITION, RECOMPUTATION
from contracts.live_store import translated
from contracts.pane_sums import Pane
from contracts.panes import Dimension, Measures
from contracts.stored_panes import PaneId
from jobs.streaming import claim as claims
from jobs.streaming.claim import Claimed

Panes = Mapping[PaneId, Pane]
# Panes of one transaction: Redis serves nobody else meanwhile.
_TOGETHER = 30


class ClaimChanged(Exception):
    """Since panes were read the stream has claimed others: it may write what is about to be replaced."""


class HealedPanes:
    """Writes whole panes, each in one transaction with all its dimensions.

    Only the newest recomputation writes: an older one that was thought dead is refused. Every method
    raises the errors of ``live_store``; the writing ones ``TerminalError`` when a newer one has begun.
    """

    def __init__(self, client: redis.Redis, number: int) -> None:
        self._client = client
        self._number = number
        self._claimed: Claimed | None = None

    def begin(self) -> None:
        """From now on no older recomputation may write."""
        self._fenced(lambda pipeline: pipeline.set(RECOMPUTATION, self._number))

    def read(self, wanted: Iterable[PaneId], dimensions: Callable[[PaneId], list[Dimension]]) -> dict[PaneId, Pane]:
        """The panes as they are; those that are not there are empty. Also notes which of them the stream writes."""
        self._claimed = claims.read(self._client)
        return stored_panes.read(self._client, wanted, dimensions)

    def is_free(self, it: PaneId, pane: Pane) -> bool:
        """Whether nobody else writes the pane that was just read. Where nobody knows, only an empty one is free."""
        assert self._claimed is not None, "panes are read before they are judged"
        if self._claimed.claim is None:
            return not pane.dimensions
        return not self._claimed.claim.holds(*it)

    def replace(self, new: Panes, dimensions: Callable[[PaneId], list[Dimension]]) -> None:
        """Put these panes in the place of what is there, in every dimension.

        Raises ``ClaimChanged`` where some of them, or none, were replaced: then they are to be read again.
        """

        def write(pipeline: Any, it: PaneId, pane: Pane) -> None:
            for dimension in dimensions(it):
                key = live_layout.pane_key(*it, dimension)
                pipeline.delete(key)
                _put(pipeline, key, it, dimension, pane.dimensions.get(dimension))
            if Dimension.TOTAL in dimensions(it):
                key = live_layout.sketch_key(*it)
                pipeline.delete(key)
                if pane.sketches:
                    pipeline.hset(key, mapping=pane.sketches)
                    pipeline.expireat(key, it[1] + panes.life(it[0], Dimension.TOTAL))

        self._write(new, write)

    def _write(self, new: Panes, write: Callable[[Any, PaneId, Pane], None]) -> None:
        items = list(new.items())
        for at in range(0, len(items), _TOGETHER):
            together = items[at : at + _TOGETHER]

            def queue(pipeline: Any, together: list[tuple[PaneId, Pane]] = together) -> None:
                for it, pane in together:
                    write(pipeline, it, pane)
                pipeline.incr(EDITION)

            self._fenced(queue)

    def _fenced(self, queue: Callable[[Any], None]) -> None:
        def write(pipeline: Any) -> None:
            newest, claimed = cast("list[bytes | None]", pipeline.mget(RECOMPUTATION, CLAIM))
            if newest is not None and int(newest) > self._number:
                raise TerminalError(
                    f"recomputation {int(newest)} has begun after {self._number}: this one must not write any more"
                )
            if self._claimed is not None and claimed != self._claimed.text:
                raise ClaimChanged
            pipeline.multi()
            queue(pipeline)

        with translated("putting panes right"):
            self._client.transaction(write, RECOMPUTATION, CLAIM)


def _put(pipeline: Any, key: str, it: PaneId, dimension: Dimension, values: dict[str, Measures] | None) -> None:
    if values:
        pipeline.hset(key, mapping={field: _encoded(measures) for field, measures in values.items()})
        pipeline.expireat(key, it[1] + panes.life(it[0], dimension))


def _encoded(measures: Measures) -> bytes:
    return live_layout.encode_measures(msgspec.structs.astuple(measures))
