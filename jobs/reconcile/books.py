"""The simulators' ledger as figures of an hour, by the same dimensions as panes."""

from pathlib import Path

from contracts import ledger
from contracts.ledger import MEASURED
from contracts.panes import HOUR, Dimension, Measures

_MINUTES_AN_HOUR = HOUR // 60
_COUNTED = {*MEASURED.values(), (Dimension.TOTAL, "eventos")}


def counts(dimension: Dimension, measure: str) -> bool:
    """Whether the ledger knows this measure of this dimension."""
    return (dimension, measure) in _COUNTED


class Books:
    """The ledger of the hours from ``first`` to ``end`` (epoch seconds): the history's part is read once.

    Raises ``TerminalError`` where a file cannot be read.
    """

    def __init__(self, folder: Path, *, first: int, end: int) -> None:
        self._folder = folder
        self._past: dict[int, list[tuple[str, int]]] = {}
        for minute, name, amount in ledger.past_figures(ledger.past_path(folder), first=first // 60, end=end // 60):
            self._past.setdefault(minute // _MINUTES_AN_HOUR * HOUR, []).append((name, amount))

    def hour(self, hour: int) -> dict[Dimension, dict[str, Measures]]:
        """What the ledger says of an hour now."""
        minute = hour // 60
        sums: dict[str, int] = {}
        for name, amount in self._past.get(hour, []):
            sums[name] = sums.get(name, 0) + amount
        for path in ledger.live_paths(self._folder):
            with ledger.reading(path) as opened:
                for _, name, amount in ledger.live_figures(opened, first=minute, end=minute + _MINUTES_AN_HOUR):
                    sums[name] = sums.get(name, 0) + amount
        return _figures(sums)


def _figures(sums: dict[str, int]) -> dict[Dimension, dict[str, Measures]]:
    found: dict[Dimension, dict[str, Measures]] = {}

    def add(dimension: Dimension, key: str, measure: str, amount: int) -> None:
        keys = found.setdefault(dimension, {})
        keys[key] = keys.get(key, Measures()) + Measures(**{measure: amount})

    for name, amount in sums.items():
        about, _, key = name.partition(":")
        if about in MEASURED and amount:
            add(MEASURED[about][0], key, MEASURED[about][1], amount)
            if about == "eventos":
                add(Dimension.TOTAL, "", "eventos", amount)
    return found
