from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.streaming import seen
from jobs.streaming.seen import Seen

MINUTE = 60_000_000
# Few of each half, so that identities often differ in one part only.
NUMBERS = (0, 1, 2, 1 << 63, 2**64 - 1)
HALVES = st.sampled_from(NUMBERS)
IDENTITIES = st.builds(lambda kind, high, low: _identity(kind, high << 64 | low), st.integers(0, 2), HALVES, HALVES)
INSTANTS = st.integers(0, 20 * MINUTE)


def _identity(kind: int, number: int) -> bytes:
    return bytes([kind]) + UUID(int=number).bytes


A, B, C = (_identity(0, it) for it in range(3))


def test_an_identity_is_known_until_its_whole_minute_is_behind() -> None:
    known = Seen()
    known.add({A: 5 * MINUTE, B: 6 * MINUTE - 1, C: 6 * MINUTE})
    known.forget_before(6 * MINUTE - 1)
    assert known.among([A, B, C]) == {A, B, C}
    known.forget_before(6 * MINUTE)
    assert known.among([A, B, C]) == {C}
    assert len(known) == 1


STEPS = st.lists(st.tuples(st.dictionaries(IDENTITIES, INSTANTS, max_size=8), INSTANTS), max_size=12)


# Time says nothing here.
@settings(deadline=None)
@given(STEPS, st.booleans(), st.integers(0, 5))
def test_it_knows_what_a_plain_dictionary_would_however_it_is_packed(
    steps: list[tuple[dict[bytes, int], int]], have_all_one_key: bool, least_packed: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "_LEAST_PACKED", least_packed)
        if have_all_one_key:
            patch.setattr(seen._Columns, "keys", lambda self: self.first & 0)
        known: dict[bytes, int] = {}
        packed = Seen()
        everything = [_identity(kind, high << 64 | low) for kind in range(3) for high in NUMBERS for low in NUMBERS]
        for identities, forgotten in steps:
            new = {it: at for it, at in identities.items() if it not in known}
            packed.add(new)
            packed.forget_before(forgotten)
            known = {it: at for it, at in (known | new).items() if at // MINUTE >= forgotten // MINUTE}
            assert packed.among(everything) == known.keys()
            assert len(packed) == len(known)


@pytest.mark.parametrize(
    "differing", [lambda it: it, lambda it: it << 64, lambda it: it << 110, lambda it: it << 64 | it]
)
def test_identities_that_differ_in_one_part_have_keys_of_their_own(differing: Callable[[int], int]) -> None:
    columns = seen._Columns.of([_identity(1, differing(it)) for it in range(100_000)])
    assert len(set(columns.keys().tolist())) == 100_000
