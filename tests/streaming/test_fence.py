import pytest

from contracts.errors import TerminalError
from jobs.streaming.fence import Turn, turn


@pytest.mark.parametrize(
    ("fence", "batch", "expected"),
    [
        (None, 0, Turn(is_written=False, has_lost=False)),
        (b"2:7", 8, Turn(is_written=False, has_lost=False)),
        # Replayed: it was written, then the process died before Spark knew.
        (b"2:7", 7, Turn(is_written=True, has_lost=False)),
        # A flushed store, and one that came back with older data.
        (None, 8, Turn(is_written=False, has_lost=True)),
        (b"2:5", 8, Turn(is_written=False, has_lost=True)),
        # A new generation begins; an older one's fence under a later batch of ours is older data.
        (b"1:99", 0, Turn(is_written=False, has_lost=False)),
        (b"1:99", 8, Turn(is_written=False, has_lost=True)),
    ],
)
def test_a_batch_is_judged_by_what_was_written_before_it(fence: bytes | None, batch: int, expected: Turn) -> None:
    assert turn(fence, 2, batch) == expected


def test_a_newer_generation_has_taken_over() -> None:
    with pytest.raises(TerminalError, match="generation 3 of the streaming job has taken over from generation 2"):
        turn(b"3:0", 2, 8)


def test_an_older_batch_than_the_last_is_refused() -> None:
    with pytest.raises(TerminalError, match="batch 6 comes after batch 7"):
        turn(b"2:7", 2, 6)
