"""The live store's layout, written by streaming and read by the dashboard.

All keys begin with ``vitrine:1:``. A pane is one hash per dimension, ``pane:{seconds}:{start}:{dimension}``
with the key as field and the measures as comma-separated integers; the totals' sketches are in
``pane:{seconds}:{start}:sketch``. Every pane expires.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

import msgspec
import redis
from datasketches import hll_sketch, hll_union

from contracts import panes
from contracts.live_store import translated
from contracts.panes import Dimension, Measures, Sketch

PREFIX = "vitrine:1:"
STATUS = PREFIX + "status"
# "generation:batch" of the newest write: nothing older may write.
FENCE = PREFIX + "fence"
# Grows whenever a closed pane was replaced: readers then forget what they keep.
EDITION = PREFIX + "edicao"

WindowName = Literal["5min", "15min", "60min"]
WINDOWS: dict[WindowName, int] = {"5min": 300, "15min": 900, "60min": 3600}


def pane_key(seconds: int, start: int, dimension: Dimension) -> str:
    """Where a pane is kept; ``start`` in epoch seconds."""
    return f"{PREFIX}pane:{seconds}:{start}:{dimension}"


def sketch_key(seconds: int, start: int) -> str:
    """Where the sketches of a total pane are kept, by name."""
    return f"{PREFIX}pane:{seconds}:{start}:sketch"


def encode_measures(values: Iterable[int]) -> bytes:
    """Measures in the order of ``panes.MEASURES``."""
    return b",".join(b"%d" % it for it in values)


def decode_measures(value: bytes) -> Measures:
    """What ``encode_measures`` made."""
    return Measures(*map(int, value.split(b",")))


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the streaming job says with every batch. Times are epoch seconds, latencies seconds.

    ``rows``, ``late``, ``late_versions`` (status versions of orders whose sale was long counted),
    ``duplicates`` and ``rejected`` count since the spool was made. Latencies are from an event's time
    to its being visible, over the last batch.
    """

    written_at: float
    generation: int
    batch: int
    newest_event: float | None
    watermark: float | None
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None
    batch_rows: int
    rows: int
    late: int
    late_versions: int
    duplicates: int
    rejected: int


def read_status(client: redis.Redis) -> Status | None:
    """The newest status, None where no batch was ever written. Raises the errors of ``live_store``."""
    with translated("reading the live status"):
        text = cast("bytes | None", client.get(STATUS))
    return None if text is None else msgspec.json.decode(text, type=Status)


class Span(msgspec.Struct, frozen=True):
    """From ``start`` (inclusive) to ``end`` (exclusive), epoch seconds, made of whole panes."""

    start: int
    end: int
    pane_seconds: int

    def starts(self) -> range:
        """The starts of its panes."""
        return range(self.start, self.end, self.pane_seconds)

    def previous(self) -> "Span":
        """The span of equal length just before."""
        return Span(self.start - (self.end - self.start), self.start, self.pane_seconds)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The totals of one span. Distinct counts are estimates (standard error ``panes.SKETCH_STANDARD_ERROR``)."""

    span: Span
    measures: Measures
    compradores: float
    visitantes: float

    @property
    def liquida(self) -> int:
        """Gross less cancelled, centavos. Cancellations may be of earlier orders: it can be negative."""
        return self.measures.bruta - self.measures.canceladas

    @property
    def carrinhos_criados(self) -> int:
        """Carts created."""
        return self.measures.carrinhos_criados

    @property
    def ticket_medio(self) -> float | None:
        """Centavos of gross sales per order entered; None without orders."""
        return self.measures.bruta / self.measures.pedidos if self.measures.pedidos else None

    @property
    def conversao_carrinho(self) -> float | None:
        """Orders with a cart per cart created (a flow: carts of earlier windows count); None without carts."""
        return self.measures.pedidos_com_carrinho / self.carrinhos_criados if self.carrinhos_criados else None

    @property
    def receita_por_usuario(self) -> float | None:
        """Centavos of gross sales per distinct buyer; None without buyers."""
        return self.measures.bruta / self.compradores if self.compradores else None


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a window and of the equally long one before it.

    Totals of up to 15 minutes move in steps of 10 seconds, everything else by whole minutes: each says
    its own span.
    """

    name: WindowName
    totals: Totals
    previous_totals: Totals
    dimensions_span: Span
    dimensions: dict[Dimension, dict[str, Measures]]
    previous_dimensions: dict[Dimension, dict[str, Measures]]


class Point(msgspec.Struct, frozen=True):
    """One pane of a time series; ``is_open`` while it may still grow at the live edge."""

    start: int
    measures: Measures
    is_open: bool


# A day of minutes in every dimension, twice, fits; older ones are forgotten with the rest.
_MOST_KEPT = 40_000
_BROKEN_DOWN = tuple(it for it in Dimension if it is not Dimension.TOTAL)


class LiveReader:
    """Reads windows and keeps closed panes decoded: a steady read fetches only what may still change.

    One reader per thread. Every method raises the errors of ``live_store``.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._kept: dict[str, dict[str, Any]] = {}
        self._edition: bytes | None = None

    def read_window(self, name: WindowName, now: dt.datetime) -> Window:
        """The window that ends now; ``now`` is the shop's."""
        seconds = WINDOWS[name]
        # Ten-second panes are kept for half an hour: enough for 15 minutes and the 15 before.
        step = panes.TEN_SECONDS if seconds <= 15 * 60 else panes.MINUTE
        totals = _span(now, seconds, step)
        broken_down = _span(now, seconds, panes.MINUTE)
        spans = (totals, totals.previous())
        dimension_spans = (broken_down, broken_down.previous())
        keys = [key for span in spans for start in span.starts() for key in _total_keys(step, start)]
        keys += [
            pane_key(panes.MINUTE, start, dimension)
            for span in dimension_spans
            for start in span.starts()
            for dimension in _BROKEN_DOWN
        ]
        found = self._fetch(keys)
        current, previous = (_by_dimension(found, span) for span in dimension_spans)
        return Window(
            name=name,
            totals=_totals(found, totals),
            previous_totals=_totals(found, totals.previous()),
            dimensions_span=broken_down,
            dimensions=current,
            previous_dimensions=previous,
        )

    def read_series(self, now: dt.datetime, *, seconds: int) -> list[Point]:
        """Totals per ten-second pane over the last ``seconds`` (at most 1,800), empty panes included."""
        span = _span(now, seconds, panes.TEN_SECONDS)
        found = self._fetch([pane_key(span.pane_seconds, it, Dimension.TOTAL) for it in span.starts()])
        return [
            Point(
                start,
                found[pane_key(span.pane_seconds, start, Dimension.TOTAL)].get("", Measures()),
                start + span.pane_seconds >= span.end,
            )
            for start in span.starts()
        ]

    def _fetch(self, keys: list[str]) -> dict[str, dict[str, Any]]:
        with translated("reading panes"):
            edition = cast("bytes | None", self._client.get(EDITION))
            if edition != self._edition:
                self._kept.clear()
                self._edition = edition
            status = read_status(self._client)
            wanted = [key for key in keys if key not in self._kept]
            pipeline = self._client.pipeline(transaction=False)
            for key in wanted:
                pipeline.hgetall(key)
            fetched = {key: _decode(key, fields) for key, fields in zip(wanted, pipeline.execute(), strict=True)}
        found = {key: self._kept[key] if key in self._kept else fetched[key] for key in keys}
        closed_before = (status.watermark if status else None) or 0.0
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()
        self._kept |= {key: pane for key, pane in fetched.items() if _end_of(key) <= closed_before}
        return found


def _span(now: dt.datetime, seconds: int, step: int) -> Span:
    """The last ``seconds`` in panes of ``step``, the one that holds ``now`` included."""
    end = panes.start_of(now, step) + step
    return Span(end - seconds, end, step)


def _total_keys(seconds: int, start: int) -> tuple[str, str]:
    return pane_key(seconds, start, Dimension.TOTAL), sketch_key(seconds, start)


def _end_of(key: str) -> int:
    seconds, start = key.removeprefix(PREFIX).split(":")[1:3]
    return int(start) + int(seconds)


def _decode(key: str, fields: Mapping[bytes, bytes]) -> dict[str, Any]:
    if key.endswith(":sketch"):
        return {name.decode(): hll_sketch.deserialize(value) for name, value in fields.items()}
    return {name.decode(): decode_measures(value) for name, value in fields.items()}


def _by_dimension(found: Mapping[str, dict[str, Any]], span: Span) -> dict[Dimension, dict[str, Measures]]:
    result: dict[Dimension, dict[str, Measures]] = {}
    for dimension in _BROKEN_DOWN:
        sums: dict[str, Measures] = {}
        for start in span.starts():
            for key, measures in found[pane_key(span.pane_seconds, start, dimension)].items():
                sums[key] = sums[key] + measures if key in sums else measures
        result[dimension] = sums
    return result


def _totals(found: Mapping[str, dict[str, Any]], span: Span) -> Totals:
    measures = Measures()
    for start in span.starts():
        measures += found[pane_key(span.pane_seconds, start, Dimension.TOTAL)].get("", Measures())
    return Totals(
        span=span,
        measures=measures,
        compradores=_distinct(found, span, "compradores"),
        visitantes=_distinct(found, span, "visitantes"),
    )


def _distinct(found: Mapping[str, dict[str, Any]], span: Span, name: Sketch) -> float:
    union = hll_union(panes.SKETCH_LG_K)
    for start in span.starts():
        sketch = found[sketch_key(span.pane_seconds, start)].get(name)
        if sketch is not None:
            union.update(sketch)
    estimate: float = union.get_estimate()
    return estimate
