import pytest

from contracts import settings
from contracts.errors import TerminalError
from jobs.streaming.feeding import Feeding
from jobs.streaming.rows import rows_of
from jobs.streaming.spool import Counters, Footer, Offset, Spool
from tests.streaming.conftest import eventually

MINUTE = 60_000_000


def seal(spool: Spool, number: int, rows: int = 10) -> None:
    """A segment whose newest event is of minute ``number``."""
    row = (2, number * MINUTE, None, None, None, "login", None, None, 0, 7, None)
    sealed = rows_of([(*row, bytes([2, number, i]).ljust(17)) for i in range(rows)])
    newest = number * MINUTE
    footer = Footer(
        spool=spool.identity, number=number, rows=rows, newest=newest, counters=Counters(rows=rows), sample=(newest,)
    )
    spool.seal(sealed, footer)


def taken_up(spool: Spool, **given: str) -> Feeding:
    feeding = Feeding(settings.load({f"VITRINE_{name}": value for name, value in given.items()}), spool)
    feeding.take_up()
    return feeding


def offset(spool: Spool, number: int) -> Offset:
    return Offset(spool.identity, number)


def test_a_batch_takes_no_more_than_the_set_number_of_rows_and_always_one_segment(spool: Spool) -> None:
    for number in range(1, 6):
        seal(spool, number)
    feeding = taken_up(spool, STREAMING_BATCH_ROWS="25")
    assert [feeding.available().seq for _ in range(4)] == [2, 4, 5, 5]
    seal(spool, 6, rows=30)
    assert [taken_up(spool, STREAMING_BATCH_ROWS="5").available().seq for _ in range(2)] == [1, 1]


def test_after_a_restart_it_never_answers_less_than_was_committed(spool: Spool) -> None:
    for number in range(1, 6):
        seal(spool, number)
    spool.mark_committed(3)
    feeding = taken_up(spool, STREAMING_BATCH_ROWS="10")
    assert feeding.available().seq == 4


def test_a_batch_planned_before_a_restart_is_not_planned_again(spool: Spool) -> None:
    for number in range(1, 6):
        seal(spool, number)
    feeding = taken_up(spool, STREAMING_BATCH_ROWS="10")
    feeding.planned(offset(spool, 4))
    assert feeding.available().seq == 5


def test_segments_go_once_they_are_committed_and_their_identities_not_needed_and_the_newest_stays(
    spool: Spool,
) -> None:
    for number in range(1, 6):
        seal(spool, number)
    feeding = taken_up(spool)
    feeding.planned(offset(spool, 5))
    feeding.commit(offset(spool, 3))
    feeding.delete_old(3 * MINUTE)
    assert eventually(lambda: spool.numbers() == [3, 4, 5])
    feeding.delete_old(100 * MINUTE)
    assert eventually(lambda: spool.numbers() == [4, 5])
    feeding.commit(offset(spool, 5))
    feeding.delete_old(100 * MINUTE)
    assert eventually(lambda: spool.numbers() == [5])


def test_a_new_checkpoint_finds_all_that_an_earlier_one_had_committed(spool: Spool) -> None:
    for number in range(1, 6):
        seal(spool, number)
    spool.mark_committed(5)
    feeding = taken_up(spool)
    # Spark asks how far there is something before it asks where to begin.
    assert feeding.available().seq == 5
    feeding.delete_old(100 * MINUTE)
    assert feeding.first().seq == 0
    feeding.delete_old(100 * MINUTE)
    assert spool.numbers() == [1, 2, 3, 4, 5]
    assert spool.committed() == 0
    feeding.commit(offset(spool, 5))
    feeding.delete_old(100 * MINUTE)
    assert eventually(lambda: spool.numbers() == [5])


def test_an_offset_of_another_spool_is_refused_whatever_spark_calls_first(spool: Spool) -> None:
    seal(spool, 1)
    feeding = taken_up(spool)
    for call in (feeding.planned, feeding.commit):
        with pytest.raises(TerminalError, match="belongs to the spool other"):
            call(Offset("other", 1))
        with pytest.raises(TerminalError, match=r"at segment 2, the spool .* ends at 1"):
            call(offset(spool, 2))


def test_pulling_waits_while_the_spool_is_full_and_goes_on_once_spark_has_committed(spool: Spool) -> None:
    for number in range(1, 5):
        seal(spool, number, rows=255)
    size = sum(spool.sizes().values())
    feeding = Feeding(settings.load({}).model_copy(update={"streaming_spool_bytes": size - 1}), spool)
    feeding.take_up()
    assert feeding.is_full
    feeding.planned(offset(spool, 4))
    assert feeding.is_full
    feeding.commit(offset(spool, 1))
    assert not feeding.is_full
    # A new checkpoint has everything to read again.
    assert feeding.first().seq == 0
    assert feeding.is_full


def test_what_spark_has_committed_is_noted_not_more_often_than_a_bucket_takes(spool: Spool) -> None:
    for number in range(1, 4):
        seal(spool, number)
    feeding = taken_up(spool)
    assert not feeding.mark()
    feeding.commit(offset(spool, 1))
    assert feeding.mark()
    assert spool.committed() == 1
    feeding.commit(offset(spool, 2))
    assert not feeding.mark()
    assert spool.committed() == 1
    feeding.commit(offset(spool, 3))
    assert eventually(feeding.mark)
    assert spool.committed() == 3


def test_a_spool_that_lost_its_segments_is_refused_at_once(spool: Spool) -> None:
    seal(spool, 1)
    seal(spool, 2)
    spool.mark_committed(2)
    spool.delete([1, 2])
    assert eventually(lambda: spool.numbers() == [])
    with pytest.raises(TerminalError, match=r"segments up to 2 are missing\. Way out: remove the spool"):
        taken_up(spool)
