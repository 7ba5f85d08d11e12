"""Which store a location names."""

from pathlib import Path

from jobs.streaming.folder_store import FolderStore
from jobs.streaming.segments import SegmentStore


def open_store(location: str, endpoint: str = "") -> SegmentStore:
    """The store at ``location``, a folder (made if need be) or ``gs://bucket/prefix``.

    ``endpoint`` stands for Google's object store. Raises ``StorageRefused``.
    """
    if not location.startswith("gs://"):
        return FolderStore(Path(location))
    # Half a second of imports that a folder does not need.
    from jobs.streaming.object_store import ObjectStore

    bucket, _, prefix = location.removeprefix("gs://").partition("/")
    return ObjectStore(bucket, prefix, endpoint=endpoint)
