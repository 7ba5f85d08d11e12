from pathlib import Path

import pytest

from contracts import settings
from jobs.streaming.feeding import Feeding
from jobs.streaming.folder_store import FolderStore
from jobs.streaming.rows import rows_of
from jobs.streaming.source import PubSubReader, SegmentRange
from jobs.streaming.spool import Counters, Footer, Spool


def seal(spool: Spool, number: int) -> None:
    rows = rows_of([(2, 0, None, None, None, "login", None, None, 0, 7, None, bytes([2, number]).ljust(17))])
    counters = Counters(rows=number)
    footer = Footer(spool=spool.identity, number=number, rows=1, newest=0, counters=counters, sample=())
    spool.seal(rows, footer)


@pytest.fixture
def spool(folder: Path) -> Spool:
    return Spool(FolderStore(folder))


@pytest.fixture
def reader(spool: Spool, folder: Path) -> PubSubReader:
    """A reader on a spool of 20 segments, before anything is pulled."""
    for number in range(1, 21):
        seal(spool, number)
    reader = PubSubReader(str(folder), "", job=1)
    reader._feeding = Feeding(settings.load({}), spool)
    reader._feeding.take_up()
    return reader


def planned(reader: PubSubReader, spool: Spool, after: int, to: int) -> list[tuple[int, int]]:
    ranges = reader.partitions({"spool": spool.identity, "seq": after}, {"spool": spool.identity, "seq": to})
    return [(it.first, it.last) for it in ranges if isinstance(it, SegmentRange)]


def test_what_came_in_since_the_last_batch_is_one_task_and_what_piled_up_is_two(
    reader: PubSubReader, spool: Spool
) -> None:
    assert planned(reader, spool, 0, 1) == [(1, 1)]
    assert planned(reader, spool, 0, 8) == [(1, 8)]
    assert planned(reader, spool, 0, 9) == [(1, 5), (6, 9)]
    assert planned(reader, spool, 2, 20) == [(3, 11), (12, 20)]


def test_no_segments_are_no_tasks(reader: PubSubReader, spool: Spool) -> None:
    assert planned(reader, spool, 20, 20) == []
