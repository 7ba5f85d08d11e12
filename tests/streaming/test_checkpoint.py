"""What the checkpoint says, whether it is in a folder or in a bucket: each test of the first part runs on both."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from google.cloud import storage
from typing_extensions import override

from contracts.errors import StorageRefused, StorageUnavailable
from jobs.streaming import bucket_files
from jobs.streaming.bucket_files import BucketFiles
from jobs.streaming.checkpoint import Checkpoint, open_checkpoint
from jobs.streaming.checkpoint_files import CheckpointFiles
from jobs.streaming.spool import Offset
from tests.object_server import Meddler, ObjectServer
from tests.streaming.conftest import OpenFiles

NOON = 1_780_315_200


def entry(seq: int | None, *, planned: float = NOON, watermark: float = 0) -> bytes:
    """An entry of the offset log as Spark writes it: version, metadata, the one source's offset."""
    metadata = {"batchWatermarkMs": int(watermark * 1000), "batchTimestampMs": int(planned * 1000), "conf": {"a": "b"}}
    offset = "-" if seq is None else json.dumps({"spool": "s", "seq": seq})
    return f"v1\n{json.dumps(metadata)}\n{offset}".encode()


def plan(files: CheckpointFiles, batch: int, content: bytes) -> None:
    files.write(f"checkpoint/offsets/{batch}", content)


def test_where_nothing_was_ever_written_there_is_no_checkpoint(files: CheckpointFiles, checkpoint: Checkpoint) -> None:
    assert not checkpoint.exists()
    assert (checkpoint.end(), checkpoint.end_of(0), checkpoint.planned_at(0)) == (None, None, None)
    assert checkpoint.watermark_of(0) == 0
    assert checkpoint.read_note("generation.json") is None
    assert files.names("checkpoint/offsets") == []


def test_a_folder_without_an_entry_is_no_checkpoint(files: CheckpointFiles, checkpoint: Checkpoint) -> None:
    """Spark died before it planned anything, or in the middle of it: what it writes aside is no entry."""
    files.write("checkpoint/metadata", b'{"id":"x"}')
    files.write("checkpoint/offsets/.0.4b1c2a9e-0000-4000-8000-000000000000.tmp", entry(1))
    assert not checkpoint.exists()
    assert checkpoint.end() is None
    plan(files, 0, entry(1))
    assert checkpoint.exists()
    assert checkpoint.end() == Offset("s", 1)


def test_the_newest_batch_tells_where_the_checkpoint_ends(files: CheckpointFiles, checkpoint: Checkpoint) -> None:
    for batch in range(11):
        plan(files, batch, entry(batch or None))
    assert checkpoint.end_of(0) is None
    assert checkpoint.end_of(9) == Offset("s", 9)
    assert checkpoint.end_of(11) is None
    # 10 comes after 9, whatever their names say.
    assert checkpoint.end() == Offset("s", 10)


def test_when_a_batch_was_planned_and_with_which_watermark_is_read_from_spark_s_own_log(
    files: CheckpointFiles, checkpoint: Checkpoint
) -> None:
    plan(files, 3, entry(7, planned=NOON + 0.25, watermark=NOON - 600.5))
    assert checkpoint.planned_at(3) == NOON + 0.25
    assert checkpoint.watermark_of(3) == NOON - 600.5
    assert checkpoint.planned_at(4) is None
    assert checkpoint.watermark_of(4) == 0


def test_an_entry_is_there_as_soon_as_it_is_written(files: CheckpointFiles, checkpoint: Checkpoint) -> None:
    """That it was looked for too early is not remembered."""
    assert checkpoint.end_of(5) is None
    plan(files, 5, entry(50))
    assert checkpoint.end_of(5) == Offset("s", 50)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\x00\xff", UnicodeDecodeError),
        (b"", IndexError),
        (b"v1", (IndexError, msgspec.DecodeError)),
        (b"v1\n", (IndexError, msgspec.DecodeError)),
        (entry(7)[:-5], msgspec.DecodeError),
        (b"v1\n{}\nnonsense", msgspec.DecodeError),
    ],
    ids=["not UTF-8", "empty", "cut after the version", "cut after a line", "cut in the offset", "no offset"],
)
def test_an_entry_that_cannot_be_read_is_left_for_spark_to_complain_of(
    files: CheckpointFiles, checkpoint: Checkpoint, content: bytes, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    plan(files, 0, content)
    assert checkpoint.exists()
    assert checkpoint.end() is None
    # In the middle of a batch it is an error and not taken for an empty one.
    with pytest.raises(error):
        checkpoint.end_of(0)


class Vanishing(CheckpointFiles):
    """Files of which the newest entry is gone by the time that somebody who has seen it in a listing reads it."""

    def __init__(self, files: CheckpointFiles, remove: Callable[[str], None]) -> None:
        self._files = files
        self._remove = remove

    @property
    @override
    def location(self) -> str:
        return self._files.location

    @override
    def names(self, folder: str) -> list[str]:
        found = self._files.names(folder)
        for name in found:
            self._remove(f"{folder}/{name}")
        return found

    @override
    def read(self, name: str) -> bytes | None:
        return self._files.read(name)

    @override
    def write(self, name: str, content: bytes) -> None:
        self._files.write(name, content)


def test_an_entry_that_goes_between_listing_and_reading_is_none(
    files: CheckpointFiles, object_server: ObjectServer
) -> None:
    plan(files, 4, entry(40))

    def remove(name: str) -> None:
        if files.location.startswith("gs://"):
            bucket, _, prefix = files.location.removeprefix("gs://").partition("/")
            object_server.bucket(bucket).blob(f"{prefix}/{name}").delete()
        else:
            Path(files.location, name).unlink()

    assert Checkpoint(Vanishing(files, remove)).end() is None
    assert not Checkpoint(files).exists()


def test_only_the_two_newest_entries_are_kept_in_memory(files: CheckpointFiles, checkpoint: Checkpoint) -> None:
    for batch in range(20):
        plan(files, batch, entry(10 * batch))
        assert checkpoint.end_of(batch) == Offset("s", 10 * batch)
        assert batch == 0 or checkpoint.end_of(batch - 1) == Offset("s", 10 * (batch - 1))
    assert list(checkpoint._entries) == [18, 19]
    # One that is older is read again rather than missed.
    assert checkpoint.end_of(3) == Offset("s", 30)
    assert list(checkpoint._entries) == [18, 19]


def test_a_note_is_replaced_whole_and_is_there_for_the_next_job(checkpoint: Checkpoint, open_files: OpenFiles) -> None:
    for content in (b'{"number":1}', b"{}", b"", b"x" * 100_000):
        checkpoint.write_note("generation.json", content)
        assert checkpoint.read_note("generation.json") == content
        assert Checkpoint(open_files()).read_note("generation.json") == content


def test_notes_are_beside_the_checkpoint_and_no_part_of_it(files: CheckpointFiles, checkpoint: Checkpoint) -> None:
    checkpoint.write_note("recompute.json", b"{}")
    assert files.read("recompute.json") == b"{}"
    assert not checkpoint.exists()
    assert checkpoint.location == f"{files.location}/checkpoint"


# The folder.


def test_a_folder_has_the_names_of_the_releases_before(tmp_path: Path) -> None:
    """A checkpoint that was made before goes on."""
    offsets = tmp_path / "checkpoint" / "offsets"
    offsets.mkdir(parents=True)
    (offsets / "7").write_bytes(entry(70))
    (offsets / ".7.crc").write_bytes(b"crc")
    (tmp_path / "generation.json").write_bytes(b"{}")
    checkpoint = open_checkpoint(str(tmp_path))
    assert checkpoint.location == str(tmp_path / "checkpoint")
    assert checkpoint.end() == Offset("s", 70)
    assert checkpoint.read_note("generation.json") == b"{}"


def test_opening_a_folder_makes_nothing(tmp_path: Path) -> None:
    checkpoint = open_checkpoint(str(tmp_path / "streaming"))
    assert not checkpoint.exists()
    assert checkpoint.read_note("generation.json") is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    checkpoint = open_checkpoint(str(tmp_path / "file"))
    with pytest.raises(StorageUnavailable, match=r"reading generation\.json in .*/file"):
        checkpoint.read_note("generation.json")
    with pytest.raises(StorageUnavailable, match=r"listing checkpoint/offsets in .*/file"):
        checkpoint.exists()
    with pytest.raises(StorageUnavailable, match=r"writing generation\.json in .*/file"):
        checkpoint.write_note("generation.json", b"{}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_note_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "generation.json").touch(mode=0)
    with pytest.raises(StorageRefused, match=r"reading generation\.json"):
        open_checkpoint(str(tmp_path)).read_note("generation.json")


def test_a_note_that_was_half_written_is_the_one_before(tmp_path: Path) -> None:
    checkpoint = open_checkpoint(str(tmp_path))
    checkpoint.write_note("generation.json", b"before")
    (tmp_path / "generation.tmp").write_bytes(b"hal")
    assert checkpoint.read_note("generation.json") == b"before"


# The bucket.


@pytest.fixture
def meddled(bucket: storage.Bucket, meddler: Meddler) -> BucketFiles:
    return BucketFiles(bucket.name, "shop", endpoint=meddler.endpoint)


class Requests:
    """Counts requests by method and object; "" stands for a listing.

    Google's client looks at a bucket itself too, once and by a thread of its own.
    """

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()

    def __call__(self, method: str, name: str) -> str:
        if not name.startswith("/"):
            self.seen[method, name] += 1
        return Meddler.PASS


def test_a_batch_costs_one_request_and_the_first_one_two(meddler: Meddler, meddled: BucketFiles) -> None:
    for batch in range(4, 8):
        plan(meddled, batch, entry(10 * batch, planned=NOON + batch))
    checkpoint = Checkpoint(meddled)
    meddler.on_request = requests = Requests()
    for batch in range(5, 8):
        # In the order of a batch.
        assert checkpoint.end_of(batch) == Offset("s", 10 * batch)
        assert checkpoint.end_of(batch - 1) == Offset("s", 10 * (batch - 1))
        assert checkpoint.planned_at(batch) == NOON + batch
    assert requests.seen == {("GET", f"shop/checkpoint/offsets/{batch}"): 1 for batch in (4, 5, 6, 7)}


def test_what_stands_for_a_folder_and_what_is_below_it_are_no_entries(
    bucket: storage.Bucket, object_server: ObjectServer
) -> None:
    """Spark's connector makes an empty object of a folder's name with a slash at its end."""
    for name in ("checkpoint/", "checkpoint/offsets/", "checkpoint/offsets/0/1", "checkpoint/offsets0"):
        bucket.blob(f"shop/{name}").upload_from_string(b"")
    checkpoint = open_checkpoint(f"gs://{bucket.name}/shop", object_server.endpoint)
    assert not checkpoint.exists()
    bucket.blob("shop/checkpoint/offsets/0").upload_from_string(entry(3))
    assert checkpoint.end() == Offset("s", 3)


@pytest.mark.parametrize(
    ("location", "spark_s"),
    [("gs://{}", "gs://{}/checkpoint"), ("gs://{}/live/streaming", "gs://{}/live/streaming/checkpoint")],
)
def test_a_bucket_is_named_as_spark_names_it(
    bucket: storage.Bucket, object_server: ObjectServer, location: str, spark_s: str
) -> None:
    checkpoint = open_checkpoint(location.format(bucket.name), object_server.endpoint)
    assert checkpoint.location == spark_s.format(bucket.name)
    checkpoint.write_note("generation.json", b"{}")
    name = location.format(bucket.name).removeprefix(f"gs://{bucket.name}").removeprefix("/")
    assert bucket.blob(f"{name}/generation.json".removeprefix("/")).exists()


def test_a_note_whose_answer_was_lost_is_written(meddler: Meddler, meddled: BucketFiles) -> None:
    lost: list[str] = []

    def lose_the_first(method: str, name: str) -> str:
        if method != "POST" or lost:
            return Meddler.PASS
        lost.append(name)
        return Meddler.LOSE_ANSWER

    meddler.on_request = lose_the_first
    Checkpoint(meddled).write_note("recompute.json", b'{"rebuild":"novo_checkpoint"}')
    assert lost == ["shop/recompute.json"]
    assert Checkpoint(meddled).read_note("recompute.json") == b'{"rebuild":"novo_checkpoint"}'


def test_a_busy_service_is_tried_again(meddler: Meddler, meddled: BucketFiles) -> None:
    plan(meddled, 0, entry(1))
    asked: list[str] = []

    def refuse_the_first(method: str, name: str) -> str:
        if name != "shop/checkpoint/offsets/0":
            return Meddler.PASS
        asked.append(name)
        return Meddler.BUSY if len(asked) == 1 else Meddler.PASS

    meddler.on_request = refuse_the_first
    assert Checkpoint(meddled).end_of(0) == Offset("s", 1)
    assert len(asked) == 2


def test_a_service_that_stays_away_is_waited_for_and_one_that_refuses_is_not(
    monkeypatch: pytest.MonkeyPatch, meddler: Meddler, meddled: BucketFiles
) -> None:
    monkeypatch.setattr(bucket_files, "_RETRY", bucket_files.DEFAULT_RETRY.with_timeout(0.5))
    checkpoint = Checkpoint(meddled)
    meddler.on_request = lambda method, name: Meddler.BUSY
    with pytest.raises(StorageUnavailable, match=r"reading checkpoint/offsets/3 in b-"):
        checkpoint.end_of(3)
    with pytest.raises(StorageUnavailable, match=r"listing checkpoint/offsets in b-"):
        checkpoint.end()
    with pytest.raises(StorageUnavailable, match=r"writing recompute\.json in b-"):
        checkpoint.write_note("recompute.json", b"{}")
    meddler.on_request = lambda method, name: Meddler.FORBIDDEN
    with pytest.raises(StorageRefused, match=r"reading checkpoint/offsets/3 in b-"):
        checkpoint.end_of(3)
    with pytest.raises(StorageRefused, match=r"writing recompute\.json in b-"):
        checkpoint.write_note("recompute.json", b"{}")
    # And when it is back, what was asked for meanwhile is read.
    meddler.on_request = lambda method, name: Meddler.PASS
    plan(meddled, 3, entry(30))
    assert checkpoint.end_of(3) == Offset("s", 30)


def test_nobody_who_listens_is_a_service_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_files, "_RETRY", bucket_files.DEFAULT_RETRY.with_timeout(0.5))
    with pytest.raises(StorageUnavailable, match=r"reading generation\.json in shop"):
        open_checkpoint("gs://shop/live", "http://127.0.0.1:9").read_note("generation.json")


def test_a_bucket_that_is_not_there_is_named_with_its_setting(object_server: ObjectServer) -> None:
    with pytest.raises(
        StorageRefused, match=r"the bucket not-there does not exist; .*another in VITRINE_STREAMING_CHECKPOINT"
    ):
        open_checkpoint("gs://not-there/live", object_server.endpoint).exists()


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(StorageRefused, match=r"the bucket shop needs Google's credentials: .*none\.json"):
        open_checkpoint("gs://shop/live")
