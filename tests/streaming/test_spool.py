import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from contracts.errors import TerminalError
from jobs.streaming.rows import COLUMNS, SEGMENT, RowColumns
from jobs.streaming.segments import FolderStore
from jobs.streaming.spool import Counters, Footer, Offset, Spool

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
    rows = RowColumns()
    rows.append(ROW)
    rows.append(SALE)
    return rows.to_batch()


def footer(spool: Spool, number: int) -> Footer:
    return Footer(
        spool=spool.identity,
        number=number,
        rows=2,
        newest=1_700_000_000_000_001,
        counters=Counters(rows=2 * number),
        sample=(1_700_000_000_000_000,),
    )


def test_a_sealed_segment_is_read_back_with_its_footer(spool: Spool) -> None:
    spool.seal(batch(), footer(spool, 1))
    assert spool.footer(1) == footer(spool, 1)
    assert spool.read(1, SEGMENT).to_batches()[0].equals(batch())
    assert spool.read(1, COLUMNS).schema.equals(COLUMNS)


def test_another_process_sees_the_same_spool(spool: Spool, folder: Path) -> None:
    spool.seal(batch(), footer(spool, 1))
    again = Spool(FolderStore(folder))
    assert again.identity == spool.identity
    assert [it.number for it in again.footers()] == [1]


def test_what_was_half_written_is_not_there(spool: Spool, folder: Path) -> None:
    spool.seal(batch(), footer(spool, 1))
    (folder / "000000000002.tmp").write_bytes(b"half")
    assert spool.numbers() == [1]


def test_two_sealers_at_once_are_refused(spool: Spool, folder: Path) -> None:
    spool.lock()
    spool.lock()
    code = (
        "import sys; from pathlib import Path; from jobs.streaming.segments import FolderStore\n"
        f"FolderStore(Path({str(folder)!r})).lock()"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "another streaming job seals into" in other.stderr


def test_an_offset_of_another_spool_is_refused_with_the_way_out(spool: Spool) -> None:
    with pytest.raises(TerminalError, match=r"belongs to the spool other.*Way out"):
        spool.require(Offset("other", 1), head=5)


def test_an_offset_beyond_the_head_is_refused_with_the_way_out(spool: Spool) -> None:
    with pytest.raises(TerminalError, match=r"at segment 6, the spool ends at 5.*Way out"):
        spool.require(Offset(spool.identity, 6), head=5)
    spool.require(Offset(spool.identity, 5), head=5)


def test_a_segment_that_is_gone_is_an_error_and_not_an_empty_one(spool: Spool) -> None:
    with pytest.raises(TerminalError, match="segment 3 of the spool is gone"):
        spool.read(3, COLUMNS)


def test_segments_without_an_identity_are_refused(spool: Spool, folder: Path) -> None:
    spool.seal(batch(), footer(spool, 1))
    (folder / "SPOOL").unlink()
    with pytest.raises(TerminalError, match="damaged"):
        _ = Spool(FolderStore(folder)).identity


def test_what_spark_committed_is_remembered(spool: Spool, folder: Path) -> None:
    assert spool.committed() == 0
    spool.mark_committed(4)
    assert Spool(FolderStore(folder)).committed() == 4
