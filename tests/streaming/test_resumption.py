"""What a job may find at its start, and which of it is refused: over a folder and over a bucket."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from contracts import settings
from contracts.errors import TerminalError, UsageError
from jobs.streaming import session
from jobs.streaming.checkpoint import end, end_of, exists
from jobs.streaming.generation import Generation
from jobs.streaming.layout import changes, layout
from jobs.streaming.resumption import require_resumable
from jobs.streaming.segments import SegmentStore
from jobs.streaming.spool import Offset, Spool
from tests.streaming.conftest import OpenStore, eventually
from tests.streaming.test_spool import sealed

LAYOUT = layout(session.spark_options(settings.load({}), Path("/data")))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return tmp_path / "streaming" / "checkpoint"


def planned(checkpoint: Path, *ends: Offset | None, layout: dict[str, str] | None = None) -> None:
    """What Spark and the job leave behind: an offset log entry for each batch, and the note beside it."""
    (checkpoint / "offsets").mkdir(parents=True)
    for batch, it in enumerate(ends):
        source = "-" if it is None else json.dumps({"spool": it.spool, "seq": it.seq})
        (checkpoint / "offsets" / str(batch)).write_text(f'v1\n{{"batchWatermarkMs":0}}\n{source}', "utf-8")
    note = Generation(1, 0.0, LAYOUT if layout is None else layout, 600)
    (checkpoint.parent / "generation.json").write_text(
        json.dumps({it: getattr(note, it) for it in note.__struct_fields__}), "utf-8"
    )


def test_the_newest_batch_tells_where_the_checkpoint_ends(checkpoint: Path) -> None:
    assert not exists(checkpoint)
    planned(checkpoint, None, *(Offset("s", it) for it in range(1, 11)))
    assert exists(checkpoint)
    assert end_of(checkpoint, 0) is None
    assert end_of(checkpoint, 9) == Offset("s", 9)
    assert end_of(checkpoint, 11) is None
    # 10 comes after 9, whatever their names say.
    assert end(checkpoint) == Offset("s", 10)


@pytest.mark.parametrize("content", [b"\x00\xff", b"", b"v1\n{}\nnonsense"])
def test_a_checkpoint_that_cannot_be_read_is_left_for_spark_to_complain_of(checkpoint: Path, content: bytes) -> None:
    planned(checkpoint, Offset("s", 1))
    (checkpoint / "offsets" / "0").write_bytes(content)
    assert end(checkpoint) is None


def test_nothing_at_all_is_a_first_start_and_stays_nothing(spool: Spool, checkpoint: Path) -> None:
    require_resumable(checkpoint, spool, LAYOUT)
    assert spool.existing_identity() is None


def test_spool_and_checkpoint_that_belong_together_go_on(store: SegmentStore, checkpoint: Path) -> None:
    spool = sealed(store, 1, 2, 3)
    planned(checkpoint, Offset(spool.identity, 1), Offset(spool.identity, 3))
    require_resumable(checkpoint, spool, LAYOUT)


def test_a_lost_checkpoint_is_begun_anew(store: SegmentStore, checkpoint: Path) -> None:
    spool = sealed(store, 1, 2)
    spool.mark_committed(2)
    require_resumable(checkpoint, spool, LAYOUT)


def test_a_lost_spool_is_refused_with_the_way_out(spool: Spool, checkpoint: Path) -> None:
    planned(checkpoint, Offset("lost", 4))
    with pytest.raises(TerminalError) as caught:
        require_resumable(checkpoint, spool, LAYOUT)
    assert str(caught.value) == (
        f"the checkpoint belongs to the spool lost, {spool.location} holds none: one of the two was lost or replaced. "
        "Way out: remove the streaming checkpoint; a new one starts before the oldest kept segment, and panes are "
        f"rebuilt from Postgres. The checkpoint is {checkpoint}"
    )
    # Looking made none.
    assert spool.existing_identity() is None


def test_a_checkpoint_of_another_spool_is_refused_with_the_way_out(store: SegmentStore, checkpoint: Path) -> None:
    spool = sealed(store, 1, 2)
    planned(checkpoint, Offset("other", 1))
    with pytest.raises(TerminalError, match=rf"belongs to the spool other, .* holds {spool.identity}.*Way out: remove"):
        require_resumable(checkpoint, spool, LAYOUT)


def test_a_spool_that_is_older_than_its_checkpoint_is_refused_with_the_way_out(
    store: SegmentStore, checkpoint: Path
) -> None:
    spool = sealed(store, 1, 2)
    planned(checkpoint, Offset(spool.identity, 3))
    with pytest.raises(TerminalError, match=r"at segment 3, the spool .* ends at 2: .*Way out: remove both"):
        require_resumable(checkpoint, spool, LAYOUT)


def test_a_spool_that_lost_its_segments_is_refused_with_or_without_a_checkpoint(
    store: SegmentStore, open_store: OpenStore, checkpoint: Path
) -> None:
    spool = sealed(store, 1, 2)
    spool.mark_committed(2)
    planned(checkpoint, Offset(spool.identity, 2))
    spool.delete([1, 2])
    assert eventually(lambda: spool.numbers() == [])
    for folder in (checkpoint, checkpoint.with_name("none")):
        with pytest.raises(TerminalError, match=r"is damaged: segments up to 2 are missing\. Way out: remove"):
            require_resumable(folder, Spool(open_store()), LAYOUT)


def test_segments_with_other_columns_are_refused_with_the_way_out(store: SegmentStore, checkpoint: Path) -> None:
    sink = pa.BufferOutputStream()
    schema = pa.schema([("kind", pa.int8()), ("instante", pa.int64())])
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_table(schema.empty_table())
    store.put(1, sink.getvalue().to_pybytes())
    with pytest.raises(UsageError) as caught:
        require_resumable(checkpoint, Spool(store), LAYOUT)
    assert caught.value.exit_code == 2
    assert "holds rows of another release: there is instante: int64, no carrinho: int64, " in str(caught.value)
    assert "Way out: remove it and the streaming checkpoint" in str(caught.value)


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
    store: SegmentStore, checkpoint: Path, name: str, before: str, said: str
) -> None:
    spool = sealed(store, 1)
    planned(checkpoint, Offset(spool.identity, 1), layout={**LAYOUT, name: before})
    with pytest.raises(UsageError, match=rf"is of a release that counts differently: {said}.*Way out: remove it") as it:
        require_resumable(checkpoint, spool, LAYOUT)
    assert it.value.exit_code == 2
    assert "rebuilt from Postgres" in str(it.value)


def test_a_checkpoint_of_a_release_that_noted_no_layout_is_refused(store: SegmentStore, checkpoint: Path) -> None:
    spool = sealed(store, 1)
    planned(checkpoint, Offset(spool.identity, 1), layout={})
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
