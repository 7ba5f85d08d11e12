"""Which panes the stream may write; nobody else writes those.

Two who fill one pane may know an order's customer or product at different times, and would count it under both
keys: as of whoever they were before they moved, and after.
"""

from typing import cast

import msgspec
import redis

from contracts.live_layout import CLAIM, STATUS, Status
from contracts.live_store import translated


class Claim(msgspec.Struct, frozen=True):
    """A generation's, left in the live store before it writes: panes from ``since`` that end after ``after``.

    Both are epoch seconds. The watermark of its status moves ``after`` on.
    """

    generation: int
    since: float
    after: float

    def holds(self, seconds: int, start: int) -> bool:
        """Whether it is for the pane of this length that begins at ``start``."""
        return start >= self.since and start + seconds > self.after


class Claimed(msgspec.Struct, frozen=True):
    """Who writes panes at one moment: ``text`` is the claim as it stands in the live store, None without one."""

    text: bytes | None
    claim: Claim | None


def read(client: redis.Redis) -> Claimed:
    """The claim, moved on by the watermark of its generation's status. Raises the errors of ``live_store``."""
    with translated("reading who writes panes"):
        text, said = cast("list[bytes | None]", client.mget(CLAIM, STATUS))
    claim = decode(text)
    status = None if said is None else msgspec.json.decode(said, type=Status)
    if claim is not None and status is not None and status.generation == claim.generation:
        claim = msgspec.structs.replace(claim, after=max(claim.after, status.watermark or 0.0))
    return Claimed(text, claim)


def decode(text: bytes | None) -> Claim | None:
    """What is found under ``CLAIM``."""
    return None if text is None else msgspec.json.decode(text, type=Claim)


def encode(claim: Claim) -> bytes:
    """What is left under ``CLAIM``."""
    return msgspec.json.encode(claim)
