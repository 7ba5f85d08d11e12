"""Panes as a reader keeps them: decoded once, fetched again only when a batch changed them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec
import numpy as np
import redis
from datasketches import hll_sketch, hll_union

from contracts import live_layout, panes
from contracts.live_layout import CHANGES, CHANGES_KEPT, EDITION, STATUS, VERSION, Status
from contracts.live_store import translated
from contracts.panes import MEASURES, Dimension, Measures, Sketch

# Panes whose life has ended are forgotten once in this many reads.
_READS_PER_PRUNING = 100

# (length in seconds, start, dimension)
PaneId = tuple[int, int, Dimension]
# (length in seconds, start)
SketchId = tuple[int, int]
Sketches = dict[str, hll_sketch]


class Values(msgspec.Struct, frozen=True, eq=False):
    """A pane's measures: row ``i`` of ``measures`` is of the key that is number ``numbers[i]``."""

    numbers: Any
    measures: Any


class _Numbers(dict[bytes, int]):
    """Gives a key that is new the next number. Of one that is known, no Python runs: a window has 100,000."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, key: bytes) -> int:
        number = self[key] = len(self._names)
        self._names.append(key.decode())
        return number


class Keys:
    """Numbers the keys of one dimension, so that panes can be added up as arrays."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers = _Numbers(self.names)

    def decode(self, fields: Mapping[bytes, bytes]) -> Values:
        """A pane's hash. Raises ``ValueError`` where measures are missing."""
        numbers = np.fromiter(map(self._numbers.__getitem__, fields), dtype=np.intp, count=len(fields))
        text = b",".join(fields.values()).decode("ascii")
        measures = np.fromstring(text, dtype=np.int64, sep=",") if text else np.zeros(0, dtype=np.int64)
        return Values(numbers, measures.reshape(len(fields), len(MEASURES)))

    def changed(self, sums: Any, came: Iterable[Values], went: Iterable[Values] = ()) -> Any:
        """A row of sums for each key: ``sums``, in which newer keys may be missing, with panes and without others."""
        result = np.zeros((len(self.names), len(MEASURES)), dtype=np.int64)
        result[: len(sums)] = sums
        for it in came:
            # A key is there once in a pane: a plain indexed addition counts it once.
            result[it.numbers] += it.measures
        for it in went:
            result[it.numbers] -= it.measures
        return result

    def named(self, sums: Any) -> dict[str, Measures]:
        """The sum of each key, but for those that are nothing."""
        there = np.flatnonzero(sums.any(axis=1))
        names = self.names
        return {names[at]: Measures(*row) for at, row in zip(there.tolist(), sums[there].tolist(), strict=True)}


class _Sum(msgspec.Struct, frozen=True):
    """Panes that were added up, the sums as ``Keys.changed`` has them, and by name."""

    of: list[Values]
    rows: Any
    by_name: dict[str, Measures]


_NOTHING = _Sum([], np.zeros((0, len(MEASURES)), dtype=np.int64), {})


class KeptPanes:
    """The panes that a reader has seen, kept as long as nothing changed them.

    Every batch says which panes it changed. Without that (before the first batch, or after Redis lost its
    data) only panes behind the watermark are kept. All are forgotten when the edition changes: panes
    were then put right from Postgres. Not thread-safe.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._keys = {it: Keys() for it in Dimension}
        self._values: dict[PaneId, Values] = {}
        self._sketches: dict[SketchId, Sketches] = {}
        self._edition: bytes | None = None
        self._version: int | None = None
        self._watermark = 0.0
        self._reads = 0
        self._sums: dict[str, _Sum] = {}
        self._estimates: dict[str, tuple[list[Sketches], float]] = {}

    def fetch(self, values: Iterable[PaneId], sketches: Iterable[SketchId], *, now: float) -> None:
        """Have these panes, as of now (epoch seconds). Raises the errors of ``live_store``."""
        with translated("reading panes"):
            self._forget_what_changed()
            wanted = [it for it in values if it not in self._values]
            wanted_sketches = [it for it in sketches if it not in self._sketches]
            pipeline = self._client.pipeline(transaction=False)
            for seconds, start, dimension in wanted:
                pipeline.hgetall(live_layout.pane_key(seconds, start, dimension))
            for seconds, start in wanted_sketches:
                pipeline.hgetall(live_layout.sketch_key(seconds, start))
            found = pipeline.execute() if wanted or wanted_sketches else []
        for it, fields in zip(wanted, found, strict=False):
            self._values[it] = self._keys[it[2]].decode(fields)
        for at, fields in zip(wanted_sketches, found[len(wanted) :], strict=True):
            self._sketches[at] = {name.decode(): hll_sketch.deserialize(image) for name, image in fields.items()}
        self._reads += 1
        if self._reads % _READS_PER_PRUNING == 0:
            self._forget_what_ended(now)

    def values(self, it: PaneId) -> dict[str, Measures]:
        """One fetched pane."""
        keys = self._keys[it[2]]
        return keys.named(keys.changed(_NOTHING.rows, [self._values[it]]))

    def sums(self, use: str, dimension: Dimension, of: Sequence[tuple[int, int]]) -> dict[str, Measures]:
        """Fetched panes added up.

        ``use`` names what they are for: an unchanged sum is handed out again, and to another one only the panes
        are added that came, and those taken away that went. All are whole numbers, so that is exact.
        """
        kept = [self._values[seconds, start, dimension] for seconds, start in of]
        known = self._sums.get(use, _NOTHING)
        if not _same(known.of, kept):
            keys = self._keys[dimension]
            rows = keys.changed(known.rows, _without(kept, known.of), _without(known.of, kept))
            known = self._sums[use] = _Sum(kept, rows, keys.named(rows))
        return known.by_name

    def distinct(self, use: str, name: Sketch, of: Sequence[SketchId]) -> float:
        """How many different ones the sketches of fetched panes counted; ``use`` as in ``sums``."""
        kept = [self._sketches[it] for it in of]
        known = self._estimates.get(use)
        if known is None or not _same(known[0], kept):
            union = hll_union(panes.SKETCH_LG_K)
            for it in kept:
                if name in it:
                    union.update(it[name])
            known = self._estimates[use] = (kept, union.get_estimate())
        return known[1]

    def _forget_what_changed(self) -> None:
        since = "-inf" if self._version is None else f"({self._version}"
        pipeline = self._client.pipeline(transaction=True)
        pipeline.mget(EDITION, VERSION, STATUS)
        # Of a reader that begins, nothing can have changed.
        pipeline.zrangebyscore(CHANGES, since, "+inf" if self._version is not None else "-inf")
        (edition, version_text, status_text), changed = cast("tuple[Any, list[bytes]]", tuple(pipeline.execute()))
        version = None if version_text is None else int(version_text)
        status = None if status_text is None else msgspec.json.decode(status_text, type=Status)
        self._forget_open()
        self._watermark = (status.watermark if status else None) or 0.0
        is_continued = (
            edition == self._edition
            and version is not None
            and self._version is not None
            and self._version <= version <= self._version + CHANGES_KEPT
        )
        if edition != self._edition or (not is_continued and (version, self._version) != (None, None)):
            self._values.clear()
            self._sketches.clear()
        for seconds, start in {tuple(map(int, it.split(b":"))) for it in changed}:
            self._sketches.pop((seconds, start), None)
            for dimension in Dimension:
                self._values.pop((seconds, start, dimension), None)
        self._edition, self._version = edition, version

    def _forget_open(self) -> None:
        """Where no batch says what it changed, what was still open at the last read may have."""
        if self._version is None:
            closed = self._watermark
            self._values = {it: kept for it, kept in self._values.items() if it[0] + it[1] <= closed}
            self._sketches = {it: kept for it, kept in self._sketches.items() if it[0] + it[1] <= closed}

    def _forget_what_ended(self, now: float) -> None:
        self._values = {it: kept for it, kept in self._values.items() if it[1] + panes.life(it[0], it[2]) > now}
        self._sketches = {
            it: kept for it, kept in self._sketches.items() if it[1] + panes.life(it[0], Dimension.TOTAL) > now
        }


def _same(first: Sequence[object], second: Sequence[object]) -> bool:
    return len(first) == len(second) and all(a is b for a, b in zip(first, second, strict=True))


def _without(some: Sequence[Values], others: Sequence[Values]) -> list[Values]:
    """Those that are none of the others. A pane that was fetched again is another one."""
    known = set(map(id, others))
    return [it for it in some if id(it) not in known]
