import time

import msgspec
import pytest

from contracts.live_layout import Stages
from jobs.streaming.generation import Generation
from jobs.streaming.reporting import make_status, stages_of
from jobs.streaming.rows import rows_of
from jobs.streaming.spool import Arrival, Counters, Footer, Spool

NOON = 1_780_315_200


def footer(number: int, *, rows: int, counters: Counters, sample: tuple[float, ...] = ()) -> Footer:
    return Footer(
        spool="spool",
        number=number,
        rows=rows,
        newest=(NOON + number) * 1_000_000,
        watermark=(NOON + number - 600) * 1_000_000,
        counters=counters,
        sample=tuple(int(it * 1e6) for it in sample),
    )


def test_a_status_says_what_was_counted_late_and_waits_behind_its_batch() -> None:
    footers = [
        footer(3, rows=10, counters=Counters(rows=110)),
        footer(4, rows=5, counters=Counters(rows=115, late=3, late_versions=2, duplicates=7, rejected=1)),
    ]
    status = make_status(footers, Generation(8, 0.0), 12, None, sealed=140)
    assert status is not None
    assert (status.generation, status.batch, status.newest_event, status.watermark) == (8, 12, NOON + 4, NOON - 596)
    assert (status.rows, status.batch_rows, status.waiting) == (115, 15, 25)
    assert (status.late, status.late_versions, status.duplicates, status.rejected) == (3, 2, 7, 1)


def test_latencies_are_those_of_the_sampled_events_up_to_now() -> None:
    now = time.time()
    sample = [now - 2.0] * 94 + [now - 60.0] * 4 + [now - 600.0] * 2
    footers = [footer(1, rows=100, counters=Counters(rows=100), sample=tuple(sample))]
    status = make_status(footers, Generation(1, 0.0), 0, None, sealed=100)
    assert status is not None
    p50, p95, p99 = (status.latency_p50, status.latency_p95, status.latency_p99)
    assert p50 is not None
    assert p95 is not None
    assert p99 is not None
    # No more than the time since: the shares are apart by far more.
    assert 2.0 <= p50 < 60.0 <= p95 < 600.0 <= p99


def test_an_empty_batch_leaves_the_status_as_it_was() -> None:
    before = make_status([footer(1, rows=1, counters=Counters(rows=1))], Generation(1, 0.0), 0, None, sealed=1)
    assert make_status([], Generation(1, 0.0), 1, before, sealed=0) is before


def came(number: int, *, publish: float, broker: float, pulled: float, sealing: float | None) -> Footer:
    """A segment's footer, its times in seconds, ``pulled`` after noon."""
    arrival = Arrival(publish=int(publish * 1e6), broker=int(broker * 1e6), pulled=int((NOON + pulled) * 1e6))
    plain = footer(number, rows=1, counters=Counters(rows=number))
    return msgspec.structs.replace(plain, arrival=arrival, sealing=None if sealing is None else int(sealing * 1e6))


def test_the_stages_are_those_of_a_typical_segment_and_add_up_to_its_whole_way() -> None:
    footers = [
        came(1, publish=0.125, broker=0.25, pulled=10.0, sealing=0.0625),
        came(2, publish=0.125, broker=0.25, pulled=10.5, sealing=0.0625),
        # One behind an outage.
        came(3, publish=60.0, broker=300.0, pulled=11.0, sealing=0.0625),
    ]
    stages = stages_of(footers, NOON + 11.5, NOON + 12.25, NOON + 12.5)
    assert stages == Stages(publish=0.125, broker=0.25, seal=0.0625, wait=0.9375, batch=0.75, write=0.25)
    # From 10.125, when the middle one's messages were produced, to 12.5.
    assert sum(msgspec.structs.astuple(stages)) == 12.5 - (10.5 - 0.25 - 0.125)


def test_what_no_segment_tells_is_left_open() -> None:
    of_an_older_release = footer(1, rows=1, counters=Counters(rows=1))
    after_a_start = came(2, publish=0.1, broker=0.1, pulled=0, sealing=None)
    assert stages_of([of_an_older_release, after_a_start], NOON + 1, NOON + 2, NOON + 3) is None
    one = came(3, publish=0.125, broker=0.25, pulled=0.5, sealing=0.25)
    stages = stages_of([of_an_older_release, after_a_start, one], NOON + 1, NOON + 2, NOON + 3)
    assert stages == Stages(publish=0.125, broker=0.25, seal=0.25, wait=0.25, batch=1.0, write=1.0)


def seal(spool: Spool, numbers: range) -> None:
    for number in numbers:
        spool.seal(rows_of([]), footer(number, rows=0, counters=Counters(rows=10 * number)))


@pytest.mark.parametrize("piled_up", [1, 2, 3, 7, 8, 9, 20])
def test_the_newest_of_any_number_of_segments_is_found(spool: Spool, piled_up: int) -> None:
    seal(spool, range(1, 5 + piled_up))
    found = spool.newest(after=4)
    assert found is not None
    assert (found.number, found.counters.rows) == (4 + piled_up, 10 * (4 + piled_up))


def test_after_the_last_segment_there_is_no_newer_one(spool: Spool) -> None:
    assert spool.newest(after=0) is None
    seal(spool, range(1, 4))
    assert spool.newest(after=3) is None
