"""Which panes are closed for good, and which of them Postgres holds whole."""

from collections.abc import Sequence

import msgspec

from contracts import topology
from contracts.heartbeat import Beat
from contracts.live_layout import Status
from contracts.settings import Settings


class Closing(msgspec.Struct, frozen=True):
    """What decides whether a pane may be replaced. Times are epoch seconds, None where nobody knows."""

    watermark: float | None
    persisted_until: float | None
    delay_seconds: int

    def is_closed(self, end: float) -> bool:
        """Whether a pane with this end is never written by the stream any more, and whole in Postgres.

        The stream writes no pane that ended before its published watermark: no later batch holds such a
        row, a batch that is replayed is not written twice, and a new generation leaves panes alone that
        began before it. Twice the delay on top of it leaves late events the time to arrive. Whole in
        Postgres is what was published a delay past the pane's end: who is later than that is late.
        """
        return (
            self.watermark is not None
            and self.persisted_until is not None
            and end + 2 * self.delay_seconds <= self.watermark
            and end + self.delay_seconds <= self.persisted_until
        )


def judge(status: Status | None, beats: Sequence[Beat], settings: Settings) -> Closing:
    """Judge by the stream's status and what the ingest processes claim."""
    return Closing(
        watermark=status.watermark if status else None,
        persisted_until=persisted_until(beats, topology.load().consumed_by("ingest")),
        delay_seconds=settings.watermark_delay_seconds,
    )


def persisted_until(beats: Sequence[Beat], subscriptions: Sequence[str]) -> float | None:
    """Everything published before it is in Postgres; None where no ingest process ever claimed so.

    Of a subscription, the least claim of the processes that work on it now. Where none of them claims
    anything yet, the greatest claim of those of before: what is persisted stays so.
    """
    of_all = []
    for name in subscriptions:
        claims = [
            (it.is_fresh, float(it.data["persistido_ate"][name]))
            for it in beats
            if it.part == "ingest" and it.data.get("persistido_ate", {}).get(name)
        ]
        current = [claim for is_fresh, claim in claims if is_fresh]
        if not claims:
            return None
        of_all.append(min(current) if current else max(claim for _, claim in claims))
    return min(of_all)
