"""The checkpoint's files as objects of a bucket, for a cluster of several machines."""

from google.api_core.exceptions import NotFound
from google.cloud.storage.retry import DEFAULT_RETRY
from typing_extensions import override

from jobs.streaming.buckets import TIMEOUT_SECONDS, open_bucket
from jobs.streaming.checkpoint_files import CheckpointFiles
from jobs.streaming.storage_errors import translated

_SETTING = "VITRINE_STREAMING_CHECKPOINT"
_RETRY = DEFAULT_RETRY.with_timeout(60)


class BucketFiles(CheckpointFiles):
    """Objects below a prefix: each is there whole or not at all, and a request for each reading.

    Writing has no condition: as in a folder the last one counts, and who may write is said by the spool's lock.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str = "") -> None:
        self._bucket = open_bucket(bucket, endpoint)
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    @override
    def location(self) -> str:
        return f"gs://{self._bucket.name}/{self._prefix}".rstrip("/")

    @override
    def names(self, folder: str) -> list[str]:
        prefix = f"{self._prefix}{folder}/"
        with translated(f"listing {folder}", self._bucket, _SETTING):
            listed = self._bucket.list_blobs(
                prefix=prefix, delimiter="/", fields="items(name),nextPageToken", timeout=TIMEOUT_SECONDS, retry=_RETRY
            )
            # What Spark's connector puts for a folder itself has no name in it.
            return [it.name.removeprefix(prefix) for it in listed if it.name != prefix]

    @override
    def read(self, name: str) -> bytes | None:
        with translated(f"reading {name}", self._bucket, _SETTING):
            try:
                blob = self._bucket.blob(f"{self._prefix}{name}")
                return bytes(blob.download_as_bytes(timeout=TIMEOUT_SECONDS, retry=_RETRY))
            except NotFound:
                return None

    @override
    def write(self, name: str, content: bytes) -> None:
        with translated(f"writing {name}", self._bucket, _SETTING):
            blob = self._bucket.blob(f"{self._prefix}{name}")
            blob.upload_from_string(content, timeout=TIMEOUT_SECONDS, retry=_RETRY)
