"""Panes in Redis as a recomputation reads, replaces and fills them, fenced by its number."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import msgspec
import redis

from contracts import live_layout, panes, stored_panes
from contracts.errors import TerminalError
from contracts.live_layout import EDITION, RECOMPUTATION
from contracts.live_store import translated
from contracts.pane_sums import Pane
from contracts.panes import Dimension, Measures
from contracts.stored_panes import PaneId

Panes = Mapping[PaneId, Pane]
# Panes of one transaction: Redis serves nobody else meanwhile.
_TOGETHER = 30


class HealedPanes:
    """Writes whole panes, each in one transaction with all its dimensions.

    Only the newest recomputation writes: an older one that was thought dead is refused. Every method
    raises the errors of ``live_store``; the writing ones ``TerminalError`` when a newer one has begun.
    """

    def __init__(self, client: redis.Redis, number: int) -> None:
        self._client = client
        self._number = number

    def begin(self) -> None:
        """From now on no older recomputation may write."""
        self._fenced(lambda pipeline: pipeline.set(RECOMPUTATION, self._number))

    def read(self, wanted: Iterable[PaneId], dimensions: Callable[[PaneId], list[Dimension]]) -> dict[PaneId, Pane]:
        """The panes as they are; those that are not there are empty."""
        return stored_panes.read(self._client, wanted, dimensions)

    def replace(self, new: Panes, dimensions: Callable[[PaneId], list[Dimension]]) -> None:
        """Put these panes in the place of what is there, in every dimension."""

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

    def fill(self, new: Panes) -> None:
        """Set what is missing, key by key: what is there, or comes meanwhile, stays."""

        def write(pipeline: Any, it: PaneId, pane: Pane) -> None:
            for dimension, values in pane.dimensions.items():
                key = live_layout.pane_key(*it, dimension)
                for field, measures in values.items():
                    pipeline.hsetnx(key, field, _encoded(measures))
                pipeline.expireat(key, it[1] + panes.life(it[0], dimension))
            for name, image in pane.sketches.items():
                pipeline.hsetnx(live_layout.sketch_key(*it), name, image)
                pipeline.expireat(live_layout.sketch_key(*it), it[1] + panes.life(it[0], Dimension.TOTAL))

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
        with translated("putting panes right"), self._client.pipeline(transaction=True) as pipeline:
            while True:
                try:
                    pipeline.watch(RECOMPUTATION)  # type: ignore[no-untyped-call]  # redis left it untyped
                    newest = cast("bytes | None", pipeline.get(RECOMPUTATION))
                    if newest is not None and int(newest) > self._number:
                        raise TerminalError(
                            f"recomputation {int(newest)} has begun after {self._number}: this one must not write "
                            "any more"
                        )
                    pipeline.multi()
                    queue(pipeline)
                    pipeline.execute()
                except redis.WatchError:
                    continue
                return


def _put(pipeline: Any, key: str, it: PaneId, dimension: Dimension, values: dict[str, Measures] | None) -> None:
    if values:
        pipeline.hset(key, mapping={field: _encoded(measures) for field, measures in values.items()})
        pipeline.expireat(key, it[1] + panes.life(it[0], dimension))


def _encoded(measures: Measures) -> bytes:
    return live_layout.encode_measures(msgspec.structs.astuple(measures))
