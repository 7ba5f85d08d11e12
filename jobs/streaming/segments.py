"""Where sealed segments are kept: the protocol that a folder and a bucket both follow."""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

_NAME = re.compile(r"(?:^|/)(\d{12})\.arrow$")


class SegmentStore(Protocol):
    """Numbered, immutable blobs, each written once, and a few small named notes.

    What ``put``, ``create_note`` or ``write_note`` has returned from survives a crash, and nobody sees a
    part of it before. Every method but ``lock`` may be called from any process. All raise
    ``StorageUnavailable`` for what may pass (full, away, busy) and ``StorageRefused`` for what does not.
    """

    @property
    def location(self) -> str:
        """The folder or bucket, for messages."""

    def lock(self) -> None:
        """Become the one writer, until the process ends. Raises ``TerminalError`` when there is another.

        From its return on, no writer of before can put a segment any more.
        """

    def unlock(self) -> None:
        """Let another process lock at once, if this one did; nothing may be put after it."""

    def put(self, number: int, content: bytes) -> None:
        """Store a segment durably. Raises ``TerminalError`` when the number has another content."""

    def get(self, number: int) -> bytes:
        """A segment's content. Raises ``KeyError`` where it is not (any more)."""

    def get_many(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes | None]]:
        """Each number with its segment's content, in the order given; None where it is not (any more)."""

    def sizes(self) -> dict[int, int]:
        """The segments there are with their lengths in bytes, by ascending number.

        One of length 0 was put by ``lock``, to close the log to the writer before. It is never deleted.
        """

    def delete(self, numbers: Sequence[int]) -> None:
        """Remove segments in the order given, perhaps a little later; no error where one is gone already."""

    def read_note(self, name: str) -> bytes | None:
        """A note's content, None where there is none."""

    def create_note(self, name: str, content: bytes) -> bytes:
        """Write a note where there is none. Returns the one that is there then."""

    def write_note(self, name: str, content: bytes) -> None:
        """Replace a note, wholly or not at all. At most once a second for each: buckets take no more."""


def name_of(number: int) -> str:
    """A segment's name: numbers and names have the same order."""
    return f"{number:012d}.arrow"


def number_of(name: str) -> int | None:
    """The number in a segment's name, None for the name of anything else."""
    match = _NAME.search(name)
    return int(match[1]) if match else None
