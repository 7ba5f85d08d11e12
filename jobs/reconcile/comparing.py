"""One pane against what Postgres says of it: which keys differ, and what explains that."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

import msgspec

from contracts import panes
from contracts.panes import Dimension, Measures, RowKind
from jobs.reconcile import deltas
from jobs.reconcile.deltas import Figures
from jobs.reconcile.explaining import Reason, Suspect, explain

# Distinct counts may be off by this share: four of the sketches' standard errors, which one figure in
# 16,000 is by chance.
SKETCH_BOUND = 4 * panes.SKETCH_STANDARD_ERROR

# Those that must agree but for late events.
_EXACT = (Dimension.TOTAL, Dimension.PAYMENT, Dimension.EVENT_TYPE)
# Where late events are looked for: in all dimensions, else in those that nothing else may change, else in
# the ones that are whole.
_LATE_IN: tuple[tuple[Dimension, ...], ...] = (
    tuple(Dimension), _EXACT, (Dimension.PAYMENT, Dimension.EVENT_TYPE), (Dimension.TOTAL,),
)  # fmt: skip
# Sales, cancellations and web events have no measure in common: each kind is looked for by itself.
_MEASURES_OF_KINDS = [
    {name for it in panes.CONTRIBUTIONS if it.kind is kind for name in it.measures} for kind in RowKind
]
_RECENT_IN: dict[Reason, tuple[tuple[Dimension, ...], ...]] = {
    Reason.RECENT_CUSTOMER: ((Dimension.UF, Dimension.SEGMENT), (Dimension.UF,), (Dimension.SEGMENT,)),
    Reason.RECENT_PRODUCT: ((Dimension.CATEGORY, Dimension.PRODUCT), (Dimension.CATEGORY,), (Dimension.PRODUCT,)),
}


class Source(StrEnum):
    """What is compared with Postgres."""

    REDIS = "redis"
    LEDGER = "livro"


class State(StrEnum):
    """What becomes of a difference."""

    EXPLAINED = "explicada"
    UNEXPLAINED = "inexplicada"
    MISSING = "ausente"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A key that differs, or what is missing whole. Figures that are 0 are left out; money is centavos.

    ``start`` is the pane's, in epoch seconds, ``seconds`` its length. ``dimension`` is one of
    ``panes.Dimension`` or, for distinct counts, of ``panes.SKETCHES``.
    """

    source: Source
    seconds: int
    start: int
    dimension: str
    key: str
    state: State
    expected: Mapping[str, float]
    found: Mapping[str, float]
    reasons: tuple[Reason, ...] = ()
    identities: tuple[str, ...] = ()

    @property
    def hour(self) -> int:
        """The start of the UTC hour that it is in."""
        return self.start // panes.HOUR * panes.HOUR


class Place(msgspec.Struct, frozen=True):
    """Where figures are from: source, length of the pane in seconds, start in epoch seconds."""

    source: Source
    seconds: int
    start: int


def compare(place: Place, expected: Figures, found: Figures, suspects: Sequence[Suspect]) -> list[Finding]:
    """Every key in which Postgres (``expected``) and ``found`` differ. ``suspects`` are the pane's, latest first."""
    difference = deltas.between(expected, found)
    if not difference:
        return []
    chosen, rest = _explained(difference, suspects)
    left = {(dimension, key) for dimension, key, _ in rest}
    gone = _gone({dimension for dimension, _ in left}, expected, found)
    findings = [_missing(place, it, expected) for it in gone]
    if Dimension.TOTAL in gone and not found:
        return [it for it in findings if it.dimension == Dimension.TOTAL]
    for dimension, key in sorted({(dimension, key) for dimension, key, _ in difference}):
        if dimension in gone:
            continue
        is_left = (dimension, key) in left
        here = [] if is_left else [it for it in chosen if _touches(it, dimension, key)]
        state = State.UNEXPLAINED if is_left else State.EXPLAINED
        mine, other = expected.get(dimension, {}).get(key), found.get(dimension, {}).get(key)
        findings.append(_finding(place, dimension, key, state, mine, other, here))
    return findings


def compare_distinct(
    place: Place, expected: Mapping[str, int], found: Mapping[str, float], missing_rows: int
) -> list[Finding]:
    """The distinct counts that are off by more than their bound; ``missing_rows`` the pane is known to lack."""
    return [
        Finding(
            source=place.source,
            seconds=place.seconds,
            start=place.start,
            dimension=name,
            key="",
            state=State.UNEXPLAINED,
            expected={"distintos": count},
            found={"distintos": round(found.get(name, 0.0), 1)},
        )
        for name, count in expected.items()
        if abs(count - found.get(name, 0.0)) > max(0.5, SKETCH_BOUND * count) + missing_rows
    ]


def _explained(difference: deltas.Delta, suspects: Sequence[Suspect]) -> tuple[list[Suspect], deltas.Delta]:
    """The suspects that are part of the difference, and what they leave of it."""
    chosen: list[Suspect] = []
    rest = difference
    whole = [it for it in suspects if it.reason in (Reason.LATE, Reason.STATUS_FIRST)]
    for measures in _MEASURES_OF_KINDS:
        of_kind = [it for it in whole if any(measure in measures for _, _, measure in it.delta)]
        wanted = {at: amount for at, amount in rest.items() if at[2] in measures}
        for dimensions in _LATE_IN:
            some = explain(wanted, of_kind, dimensions)
            if some:
                chosen += some
                rest = deltas.less(rest, [it.delta for it in some])
                break
    for reason, places in _RECENT_IN.items():
        of_reason = [it for it in suspects if it.reason is reason]
        for dimensions in places:
            some = explain(rest, of_reason, dimensions)
            if some:
                chosen += some
                rest = deltas.less(rest, [deltas.within(it.delta, dimensions) for it in some])
    return chosen, rest


def _gone(differing: Collection[Dimension], expected: Figures, found: Figures) -> list[Dimension]:
    return [it for it in Dimension if it in differing and expected.get(it) and not found.get(it)]


def _touches(suspect: Suspect, dimension: Dimension, key: str) -> bool:
    return any(it[:2] == (dimension, key) for it in suspect.delta)


def _missing(place: Place, dimension: Dimension, expected: Figures) -> Finding:
    total = Measures()
    for it in expected[dimension].values():
        total += it
    return _finding(place, dimension, "", State.MISSING, total, None, [])


def _finding(
    place: Place,
    dimension: Dimension,
    key: str,
    state: State,
    expected: Measures | None,
    found: Measures | None,
    suspects: Sequence[Suspect],
) -> Finding:
    return Finding(
        source=place.source,
        seconds=place.seconds,
        start=place.start,
        dimension=dimension.value,
        key=key,
        state=state,
        expected=_figures(expected),
        found=_figures(found),
        reasons=tuple(sorted({it.reason for it in suspects})),
        identities=tuple(sorted({it.identity for it in suspects})),
    )


def _figures(measures: Measures | None) -> dict[str, float]:
    return {name: value for name, value in msgspec.structs.asdict(measures or Measures()).items() if value}
