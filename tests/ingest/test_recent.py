"""What came lately is recognised, and what never came is not taken for it."""

import numpy as np
import numpy.typing as npt

from jobs.ingest import recent
from jobs.ingest.recent import Recent


def identities(*numbers: int) -> npt.NDArray[np.uint8]:
    """As in UUIDs of a bad producer: counted up."""
    return np.frombuffer(b"".join(it.to_bytes(16) for it in numbers), dtype=np.uint8).reshape(-1, 16)


def test_what_came_before_is_known_in_the_order_it_is_asked_for() -> None:
    it = Recent()
    assert it.among(identities(5, 1, 3)).tolist() == [False, False, False]
    assert it.among(identities(4, 3, 2, 5, 0)).tolist() == [False, True, False, True, False]
    assert it.among(identities(0, 4)).tolist() == [True, True]
    assert it.among(identities()).tolist() == []


def test_ids_that_differ_in_one_half_only_are_not_taken_for_each_other() -> None:
    it = Recent()
    it.among(identities(*(high << 64 | 7 for high in range(1_000))))
    assert not it.among(identities(*(7 << 64 | low for low in range(1_000) if low != 7))).any()


def test_the_oldest_are_forgotten_and_memory_does_not_grow() -> None:
    it = Recent()
    size = recent._GENERATION
    chance = np.random.default_rng(1)
    batches = [chance.integers(0, 256, (size, 16), dtype=np.uint8) for _ in range(recent._GENERATIONS + 2)]
    assert not any(it.among(batch).any() for batch in batches)
    assert it.among(batches[-1][:9]).all()
    assert not it.among(batches[0][:9]).any()
    assert sum(map(len, it._generations)) <= (recent._GENERATIONS + 1) * size
