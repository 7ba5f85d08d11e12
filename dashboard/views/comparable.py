"""What a live window may be compared with: a window that is live from its beginning to its end.

What is older than the first live order was loaded at once, or never was: its visits, carts and orders were not
counted as they happened, and a change against it would say more about the loading than about the shop. A stop, a new
checkpoint or a live store made anew change nothing: what then was not counted live is put right from Postgres.
"""

from msgspec import Struct

from contracts.windows import Span
from dashboard.formats import Formats
from dashboard.texts import Texts
from dashboard.views.parts import Delta


class Comparable(Struct, frozen=True):
    """Since when windows are comparable (epoch seconds, None where that is not known), and what is said otherwise."""

    from_: float | None
    delta: Delta
    reason: str

    @classmethod
    def since(cls, live_since: float | None, formats: Formats, texts: Texts) -> "Comparable":
        """By the time of the first live order."""
        said = (
            "" if live_since is None else texts.delta_not_live_reason.format(since=formats.day_and_minute(live_since))
        )
        return cls(live_since, Delta(texts.delta_not_live, "none"), said)

    def why_not(self, before: Span) -> str:
        """Why nothing can be compared with the window ``before``; empty where it can."""
        return self.reason if self.from_ is not None and before.start < self.from_ else ""
