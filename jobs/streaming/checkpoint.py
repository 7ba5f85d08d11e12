"""The streaming checkpoint: what Spark's own files in it say, and the notes that the job keeps beside it."""

from pathlib import Path

import msgspec

from jobs.streaming.checkpoint_files import CheckpointFiles, FolderFiles
from jobs.streaming.spool import Offset

_OFFSETS = "checkpoint/offsets"


class _Metadata(
    msgspec.Struct, rename={"batch_timestamp_ms": "batchTimestampMs", "batch_watermark_ms": "batchWatermarkMs"}
):
    """What is needed of the second line of an entry: one object, of which Spark's releases have added more."""

    batch_timestamp_ms: int
    batch_watermark_ms: int = 0


class Checkpoint:
    """In a folder or in a bucket. Spark writes it, below ``location``; all we write are the notes.

    An entry of the offset log is written once, so it is read once: a batch asks for its own, twice, and for the one
    before. All methods raise the errors of ``CheckpointFiles``.
    """

    def __init__(self, files: CheckpointFiles) -> None:
        self._files = files
        # Those of the two newest batches that were asked for.
        self._entries: dict[int, list[str]] = {}

    @property
    def location(self) -> str:
        """What is removed to begin anew, as Spark is told it: a folder or ``gs://bucket/prefix``."""
        return f"{self._files.location}/checkpoint"

    def exists(self) -> bool:
        """Whether a batch was ever planned."""
        return bool(self._batches())

    def end_of(self, batch: int) -> Offset | None:
        """The source's end offset of a batch: the last line of its offset log entry. None where it has none."""
        lines = self._entry(batch)
        return None if lines is None or lines[-1] == "-" else msgspec.json.decode(lines[-1], type=Offset)

    def planned_at(self, batch: int) -> float | None:
        """When Spark planned a batch (epoch seconds), by the metadata of its entry. None where it has none."""
        lines = self._entry(batch)
        return None if lines is None else msgspec.json.decode(lines[1], type=_Metadata).batch_timestamp_ms / 1000

    def watermark_of(self, batch: int) -> float:
        """Spark's watermark in a batch (epoch seconds), by the metadata of its entry; 0 where it has none."""
        lines = self._entry(batch)
        return 0.0 if lines is None else msgspec.json.decode(lines[1], type=_Metadata).batch_watermark_ms / 1000

    def end(self) -> Offset | None:
        """Up to where batches were planned. None where that cannot be told: Spark says then what is wrong."""
        batches = self._batches()
        try:
            return self.end_of(max(batches)) if batches else None
        except (UnicodeDecodeError, IndexError, msgspec.DecodeError):
            return None

    def read_note(self, name: str) -> bytes | None:
        """A note's content, None where there is none."""
        return self._files.read(name)

    def write_note(self, name: str, content: bytes) -> None:
        """Replace a note, wholly or not at all. It is there for the next job, with the checkpoint or without."""
        self._files.write(name, content)

    def _batches(self) -> list[int]:
        return [int(it) for it in self._files.names(_OFFSETS) if it.isdecimal()]

    def _entry(self, batch: int) -> list[str] | None:
        """The lines of Spark's offset log entry of a batch: version, metadata, offsets. None where it has none."""
        lines = self._entries.get(batch)
        if lines is None:
            content = self._files.read(f"{_OFFSETS}/{batch}")
            if content is None:
                return None
            lines = content.decode("utf-8").splitlines()
            self._entries = dict(sorted({**self._entries, batch: lines}.items())[-2:])
        return lines


def open_checkpoint(location: str, endpoint: str = "") -> Checkpoint:
    """The checkpoint at ``location``, a folder or ``gs://bucket/prefix``. Nothing is made yet.

    ``endpoint`` stands for Google's object store. Raises ``StorageRefused``.
    """
    if not location.startswith("gs://"):
        return Checkpoint(FolderFiles(Path(location)))
    # Half a second of imports that a folder does not need.
    from jobs.streaming.bucket_files import BucketFiles

    bucket, _, prefix = location.removeprefix("gs://").partition("/")
    return Checkpoint(BucketFiles(bucket, prefix, endpoint=endpoint))
