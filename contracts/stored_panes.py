"""Panes as they are in the live store, whole: for whoever compares them with Postgres."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import redis

from contracts import live_layout
from contracts.live_store import translated
from contracts.pane_sums import Pane
from contracts.panes import Dimension, Measures, Sketch

# (length in seconds, start)
PaneId = tuple[int, int]


def read(
    client: redis.Redis, wanted: Iterable[PaneId], dimensions: Callable[[PaneId], list[Dimension]]
) -> dict[PaneId, Pane]:
    """The panes as they are; those that are not there are empty. Raises the errors of ``live_store``."""
    asked = [(it, dimensions(it)) for it in wanted]
    with translated("reading panes"):
        pipeline = client.pipeline(transaction=False)
        for (seconds, start), of in asked:
            for dimension in of:
                pipeline.hgetall(live_layout.pane_key(seconds, start, dimension))
            pipeline.hgetall(live_layout.sketch_key(seconds, start))
        answers = iter(cast("list[dict[bytes, bytes]]", pipeline.execute()))
    found = {}
    for it, of in asked:
        hashes = {dimension: _measures(next(answers)) for dimension in of}
        sketches = {cast("Sketch", name.decode()): image for name, image in next(answers).items()}
        found[it] = Pane({dimension: values for dimension, values in hashes.items() if values}, sketches)
    return found


def _measures(fields: Mapping[bytes, bytes]) -> dict[str, Measures]:
    return {key.decode(): live_layout.decode_measures(value) for key, value in fields.items()}
