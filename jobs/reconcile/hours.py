"""What was found out about one hour, and about a run."""

import msgspec

from contracts.closing import Closing
from contracts.panes import HOUR, Measures
from jobs.reconcile.comparing import Finding, State


class Hour(msgspec.Struct, frozen=True):
    """One compared UTC hour: its totals by Postgres, how many keys were compared, what was found.

    ``start`` in epoch seconds.
    """

    start: int
    totals: Measures
    compared: int
    findings: tuple[Finding, ...]

    def count(self, state: State) -> int:
        """How many findings are of this kind."""
        return sum(it.state is state for it in self.findings)

    @property
    def agrees(self) -> bool:
        """Whether every difference is explained."""
        return all(it.state is State.EXPLAINED for it in self.findings)


class Result(msgspec.Struct, frozen=True):
    """All hours of a run, newest first."""

    hours: tuple[Hour, ...]
    with_ledger: bool

    @property
    def findings(self) -> list[Finding]:
        """All findings, what is not explained first."""
        return sorted(
            (it for hour in self.hours for it in hour.findings),
            key=lambda it: (it.state is State.EXPLAINED, -it.hour, it.source, -it.seconds, it.start),
        )

    @property
    def agrees(self) -> bool:
        """Whether every difference is explained."""
        return all(it.agrees for it in self.hours)

    def count(self, state: State) -> int:
        """How many findings are of this kind."""
        return sum(it.count(state) for it in self.hours)


def closed_hours(closing: Closing, *, oldest: float, until: float, most: int | None) -> list[int]:
    """The starts of the closed UTC hours from ``oldest`` on that ended by ``until``, newest first, ``most`` of them."""
    newest = int(until) // HOUR * HOUR - HOUR
    first = -(-int(oldest) // HOUR) * HOUR
    found = [it for it in range(newest, first - 1, -HOUR) if closing.is_closed(it + HOUR)]
    return found[:most]
