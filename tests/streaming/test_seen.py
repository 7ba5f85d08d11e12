from jobs.streaming.seen import Seen

MINUTE = 60_000_000


def test_an_identity_is_known_until_its_whole_minute_is_behind() -> None:
    seen = Seen()
    seen.add({b"a": 5 * MINUTE, b"b": 6 * MINUTE - 1, b"c": 6 * MINUTE})
    seen.forget_before(6 * MINUTE - 1)
    assert b"a" in seen
    assert b"b" in seen
    seen.forget_before(6 * MINUTE)
    assert b"a" not in seen
    assert b"b" not in seen
    assert b"c" in seen
    assert len(seen) == 1
