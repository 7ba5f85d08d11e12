"""What a job may find at its start, and which of it is refused: all in folders, and all in buckets."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from contracts import settings
from contracts.errors import TerminalError, UsageError
from jobs.streaming import session
from jobs.streaming.checkpoint import Checkpoint
from jobs.streaming.checkpoint_files import CheckpointFiles
from jobs.streaming.generation import Generation
from jobs.streaming.layout import changes, layout
from jobs.streaming.resumption import require_resumable
from jobs.streaming.segments import SegmentStore
from jobs.streaming.spool import Offset, Spool
from tests.streaming.conftest import OpenStore, eventually
from tests.streaming.test_spool import sealed

LAYOUT = layout(session.spark_options(settings.load({}), Path("/data")))


def planned(files: CheckpointFiles, *ends: Offset | None, layout: dict[str, str] | None = None) -> None:
    """What Spark and the job leave behind: an offset log entry for each batch, and the note beside it."""
    for batch, it in enumerate(ends):
        source = "-" if it is None else json.dumps({"spool": it.spool, "seq": it.seq})
        files.write(f"checkpoint/offsets/{batch}", f'v1\n{{"batchWatermarkMs":0}}\n{source}'.encode())
    note = Generation(1, 0.0, LAYOUT if layout is None else layout, 600)
    files.write("generation.json", json.dumps({it: getattr(note, it) for it in note.__struct_fields__}).encode())


def test_nothing_at_all_is_a_first_start_and_stays_nothing(spool: Spool, checkpoint: Checkpoint) -> None:
    require_resumable(checkpoint, spool, LAYOUT)
    assert spool.existing_identity() is None


def test_spool_and_checkpoint_that_belong_together_go_on(
    store: SegmentStore, files: CheckpointFiles, checkpoint: Checkpoint
) -> None:
    spool = sealed(store, 1, 2, 3)
    planned(files, Offset(spool.identity, 1), Offset(spool.identity, 3))
    require_resumable(checkpoint, spool, LAYOUT)


def test_a_lost_checkpoint_is_begun_anew(store: SegmentStore, checkpoint: Checkpoint) -> None:
    spool = sealed(store, 1, 2)
    spool.mark_committed(2)
    require_resumable(checkpoint, spool, LAYOUT)


def test_a_lost_spool_is_refused_with_the_way_out(spool: Spool, files: CheckpointFiles, checkpoint: Checkpoint) -> None:
    planned(files, Offset("lost", 4))
    with pytest.raises(TerminalError) as caught:
        require_resumable(checkpoint, spool, LAYOUT)
    assert str(caught.value) == (
        f"the checkpoint belongs to the spool lost, {spool.location} holds none: one of the two was lost or replaced. "
        "Way out: remove the streaming checkpoint; a new one starts before the oldest kept segment, and panes are "
        f"rebuilt from Postgres. The checkpoint is {checkpoint.location}"
    )
    # Looking made none.
    assert spool.existing_identity() is None


def test_a_checkpoint_of_another_spool_is_refused_with_the_way_out(
    store: SegmentStore, files: CheckpointFiles, checkpoint: Checkpoint
) -> None:
    spool = sealed(store, 1, 2)
    planned(files, Offset("other", 1))
    with pytest.raises(TerminalError, match=rf"belongs to the spool other, .* holds {spool.identity}.*Way out: remove"):
        require_resumable(checkpoint, spool, LAYOUT)


def test_a_spool_that_is_older_than_its_checkpoint_is_refused_with_the_way_out(
    store: SegmentStore, files: CheckpointFiles, checkpoint: Checkpoint
) -> None:
    spool = sealed(store, 1, 2)
    planned(files, Offset(spool.identity, 3))
    with pytest.raises(TerminalError, match=r"at segment 3, the spool .* ends at 2: .*Way out: remove both"):
        require_resumable(checkpoint, spool, LAYOUT)


def test_a_spool_that_lost_its_segments_is_refused_with_or_without_a_checkpoint(
    store: SegmentStore, open_store: OpenStore, files: CheckpointFiles, checkpoint: Checkpoint
) -> None:
    spool = sealed(store, 1, 2)
    spool.mark_committed(2)
    spool.delete([1, 2])
    assert eventually(lambda: spool.numbers() == [])
    for has_checkpoint in (False, True):
        if has_checkpoint:
            planned(files, Offset(spool.identity, 2))
        assert checkpoint.exists() is has_checkpoint
        with pytest.raises(TerminalError, match=r"is damaged: segments up to 2 are missing\. Way out: remove"):
            require_resumable(checkpoint, Spool(open_store()), LAYOUT)


def test_segments_with_other_columns_are_refused_with_the_way_out(store: SegmentStore, checkpoint: Checkpoint) -> None:
    sink = pa.BufferOutputStream()
    schema = pa.schema([("kind", pa.int8()), ("instante", pa.int64())])
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_table(schema.empty_table())
    store.put(1, sink.getvalue().to_pybytes())
    with pytest.raises(UsageError) as caught:
        require_resumable(checkpoint, Spool(store), LAYOUT)
    assert caught.value.exit_code == 2
    assert "holds rows of another release: there is instante: int64, no carrinho: int64, " in str(caught.value)
    assert f"Way out: remove it and the streaming checkpoint {checkpoint.location};" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "before", "said"),
    [
        ("shuffle partitions", "4", r"shuffle partitions \(4 before, \d now\)"),
        ("state store", "HDFSBackedStateStoreProvider", r"state store \(HDFS\w+ before, RocksDB\w+ now\)"),
        ("sketches", "compradores (lg K 10)", r"sketches \(compradores \(lg K 10\) before, compradores, visitantes"),
        ("pane lengths", "total: 10 s", "pane lengths"),
        ("contributions", "none", "contributions"),
        ("source columns", "kind TINYINT", "source columns"),
    ],
)
def test_a_release_that_counts_differently_is_refused_by_what_differs(
    store: SegmentStore, files: CheckpointFiles, checkpoint: Checkpoint, name: str, before: str, said: str
) -> None:
    spool = sealed(store, 1)
    planned(files, Offset(spool.identity, 1), layout={**LAYOUT, name: before})
    with pytest.raises(UsageError, match=rf"is of a release that counts differently: {said}.*Way out: remove it") as it:
        require_resumable(checkpoint, spool, LAYOUT)
    assert it.value.exit_code == 2
    assert str(it.value).startswith(f"the streaming checkpoint {checkpoint.location} is of a release")
    assert "rebuilt from Postgres" in str(it.value)


def test_a_checkpoint_of_a_release_that_noted_no_layout_is_refused(
    store: SegmentStore, files: CheckpointFiles, checkpoint: Checkpoint
) -> None:
    spool = sealed(store, 1)
    planned(files, Offset(spool.identity, 1), layout={})
    with pytest.raises(UsageError, match=r"counts differently: it notes no layout\. Way out: remove it"):
        require_resumable(checkpoint, spool, LAYOUT)


def test_what_is_new_and_what_is_gone_are_changes_too() -> None:
    assert changes({"a": "1", "b": "2"}, {"b": "2", "c": "3"}) == ["a", "c"]
    assert changes(LAYOUT, LAYOUT) == []


def test_the_layout_is_the_same_for_settings_that_may_change() -> None:
    others = {
        "WATERMARK_DELAY_SECONDS": "700",
        "STREAMING_TRIGGER_SECONDS": "1",
        "STREAMING_BATCH_ROWS": "10",
        "STREAMING_MASTER": "local[4]",
        "STREAMING_DRIVER_MEMORY": "3g",
    }
    changed = settings.load({f"VITRINE_{name}": value for name, value in others.items()})
    assert layout(session.spark_options(changed, Path("/elsewhere"))) == LAYOUT
