import pyarrow as pa
import pytest

from contracts.errors import TerminalError
from jobs.streaming.rows import COLUMNS, SEGMENT, rows_of
from jobs.streaming.segments import SegmentStore
from jobs.streaming.spool import Counters, Footer, Offset, Spool
from tests.streaming.conftest import OpenStore, eventually

ROW = (2, 1_700_000_000_000_000, None, None, None, "login", None, None, None, 7, None, b"\x02" + b"0" * 16)
SALE = (
    0,
    1_700_000_000_000_001,
    "pix",
    "SP",
    "VIP",
    None,
    1000,
    1,
    1,
    9,
    [{"produto": "p", "categoria": "c", "centavos": 1000, "unidades": 1}],
    b"\x00" + b"1" * 16,
)


def batch() -> pa.RecordBatch:
    return rows_of([ROW, SALE])


def footer(spool: Spool, number: int) -> Footer:
    return Footer(
        spool=spool.identity,
        number=number,
        rows=2,
        newest=1_700_000_000_000_001,
        counters=Counters(rows=2 * number),
        sample=(1_700_000_000_000_000,),
    )


def sealed(store: SegmentStore, *numbers: int) -> Spool:
    spool = Spool(store)
    for number in numbers:
        spool.seal(batch(), footer(spool, number))
    return spool


def test_a_sealed_segment_is_read_back_with_its_footer(spool: Spool) -> None:
    spool.seal(batch(), footer(spool, 1))
    assert list(spool.footers()) == [footer(spool, 1)]
    assert [it.to_batches()[0].equals(batch()) for it in spool.read([1], SEGMENT)] == [True]
    assert [it.schema.equals(COLUMNS) for it in spool.read([1], COLUMNS)] == [True]
    assert [(it.number, table.num_rows, table.column_names) for it, table in spool.scan(COLUMNS)] == [
        (1, 2, COLUMNS.names)
    ]


def test_another_process_sees_the_same_spool(spool: Spool, open_store: OpenStore) -> None:
    assert Spool(open_store()).existing_identity() is None
    spool.seal(batch(), footer(spool, 1))
    again = Spool(open_store())
    assert again.identity == again.existing_identity() == spool.identity
    assert [it.number for it in again.footers()] == [1]


def test_numbers_go_on_after_the_newest_whatever_was_deleted(open_store: OpenStore) -> None:
    spool = sealed(open_store(), 1, 2, 3)
    spool.delete([1, 2])
    assert eventually(lambda: spool.numbers() == [3])
    assert Spool(open_store()).head() == 3


def test_a_number_that_closes_the_log_of_the_sealer_before_is_no_segment(store: SegmentStore) -> None:
    spool = sealed(store, 1)
    store.put(2, b"")
    spool.seal(batch(), footer(spool, 3))
    assert spool.head() == 3
    assert spool.numbers() == [1, 3]
    assert [it.number for it in spool.footers([1, 2, 3])] == [1, 3]
    assert [it.num_rows for it in spool.read([1, 2, 3], COLUMNS)] == [2, 2]
    spool.delete([1])
    assert eventually(lambda: spool.numbers() == [3])
    assert spool.head() == 3
    store.put(4, b"")
    assert spool.head() == 4


def test_a_segment_missing_among_the_others_is_refused_with_the_way_out(store: SegmentStore) -> None:
    spool = sealed(store, 1, 2, 3, 4)
    store.delete([3])
    assert eventually(lambda: spool.numbers() == [1, 2, 4])
    with pytest.raises(TerminalError, match=r"is damaged: segment 3 is missing. Way out: remove the spool and"):
        spool.head()


def test_a_spool_whose_segments_are_all_gone_is_refused_with_the_way_out(store: SegmentStore) -> None:
    """Numbers would begin anew and be taken for ones that Spark has committed long ago."""
    spool = sealed(store, 1, 2)
    spool.mark_committed(2)
    store.delete([1, 2])
    assert eventually(lambda: spool.numbers() == [])
    with pytest.raises(TerminalError, match=r"is damaged: segments up to 2 are missing. Way out: remove the spool and"):
        spool.head()


def test_an_offset_of_another_spool_is_refused_with_the_way_out(spool: Spool) -> None:
    with pytest.raises(TerminalError, match=r"belongs to the spool other.*Way out"):
        spool.require(Offset("other", 1), head=5)


def test_an_offset_beyond_the_head_is_refused_with_the_way_out(spool: Spool) -> None:
    with pytest.raises(TerminalError, match=r"at segment 6, the spool .* ends at 5.*Way out"):
        spool.require(Offset(spool.identity, 6), head=5)
    spool.require(Offset(spool.identity, 5), head=5)


def test_a_segment_that_is_gone_is_an_error_and_not_an_empty_one(spool: Spool) -> None:
    with pytest.raises(TerminalError, match=r"segment 3 of the spool .* is gone"):
        list(spool.read([3], COLUMNS))


def test_segments_without_an_identity_are_refused_with_the_way_out(store: SegmentStore) -> None:
    store.put(1, b"a segment of nobody knows whom")
    with pytest.raises(TerminalError, match=r"segments and no identity.*Way out: remove it and"):
        _ = Spool(store).identity


def test_what_spark_committed_is_remembered(spool: Spool, open_store: OpenStore) -> None:
    assert spool.committed() == 0
    spool.mark_committed(4)
    assert Spool(open_store()).committed() == 4
