"""What Spark's checkpoint says of itself, read from its files."""

from pathlib import Path

import msgspec

from jobs.streaming.spool import Offset


class _Metadata(msgspec.Struct, rename={"batch_timestamp_ms": "batchTimestampMs"}):
    """What is needed of the second line of an entry: one object, of which Spark's releases have added more."""

    batch_timestamp_ms: int


def exists(folder: Path) -> bool:
    """Whether a query ever began in the checkpoint's folder."""
    return (folder / "offsets").is_dir() and any((folder / "offsets").iterdir())


def end_of(folder: Path, batch: int) -> Offset | None:
    """The source's end offset of a batch: the last line of Spark's offset log entry. None where it has none."""
    lines = _entry(folder, batch)
    return None if lines is None or lines[-1] == "-" else msgspec.json.decode(lines[-1], type=Offset)


def planned_at(folder: Path, batch: int) -> float | None:
    """When Spark planned a batch (epoch seconds), by the metadata of its offset log entry. None where it has none."""
    lines = _entry(folder, batch)
    return None if lines is None else msgspec.json.decode(lines[1], type=_Metadata).batch_timestamp_ms / 1000


def end(folder: Path) -> Offset | None:
    """Up to where batches were planned. None where that cannot be told: Spark says then what is wrong."""
    batches = [int(it.name) for it in (folder / "offsets").iterdir() if it.name.isdecimal()]
    try:
        return end_of(folder, max(batches)) if batches else None
    except (UnicodeDecodeError, IndexError, msgspec.DecodeError):
        return None


def _entry(folder: Path, batch: int) -> list[str] | None:
    """The lines of Spark's offset log entry of a batch: version, metadata, offsets. None where it has none."""
    path = folder / "offsets" / str(batch)
    return path.read_text("utf-8").splitlines() if path.exists() else None
