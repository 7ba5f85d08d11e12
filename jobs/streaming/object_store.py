"""Segments as objects of a bucket on Google Cloud Storage, for a job of several machines."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice

from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY
from typing_extensions import override

from contracts import log
from contracts.errors import StorageRefused, StorageUnavailable, TerminalError
from jobs.streaming.buckets import PARALLEL, TIMEOUT_SECONDS, open_bucket
from jobs.streaming.lease import LEASE_SECONDS, Lease
from jobs.streaming.segments import SegmentStore, name_of, number_of
from jobs.streaming.storage_errors import translated

_RETRY = DEFAULT_RETRY.with_timeout(60)


class ObjectStore(SegmentStore):
    """Each segment is put on the condition that its number is not taken; an object is there whole or not at all.

    A lease keeps a second job out. It cannot stop a sealer that slept through the loss of its lease, even
    with a request under way, so ``lock`` closes the log to the one before: it puts an empty object where
    that one's next segment would go. The object stays for ever, so the condition fails whenever the old
    request comes.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str = "", lease_seconds: float = LEASE_SECONDS):
        self._bucket = open_bucket(bucket, endpoint)
        self._prefix = f"{prefix}/" if prefix else ""
        self._lease_seconds = lease_seconds
        self._lease: Lease | None = None
        self._lost: TerminalError | None = None
        self._note_generations: dict[str, int] = {}
        self._unneeded: deque[int] = deque()
        self._deleting = ThreadPoolExecutor(1, thread_name_prefix="delete-segments")

    @property
    @override
    def location(self) -> str:
        return f"gs://{self._bucket.name}/{self._prefix}".rstrip("/")

    @override
    def lock(self) -> None:
        if self._lease is not None:
            return
        lease = Lease(self._bucket, f"{self._prefix}LEASE", seconds=self._lease_seconds)
        if lease.acquire():
            self._close_off(lease)
        self._lease = lease

    @override
    def unlock(self) -> None:
        if self._lease is not None:
            self._lease.give_back()
            self._lease = None

    def _close_off(self, lease: Lease) -> None:
        while True:
            lease.require()
            head = max(self.sizes(), default=0)
            try:
                self._create(self._segment(head + 1), b"")
            except PreconditionFailed:
                # The one before was just putting it.
                continue
            return

    @override
    def put(self, number: int, content: bytes) -> None:
        if self._lost is not None:
            raise self._lost
        if self._lease is not None:
            self._lease.require()
        try:
            self._create(self._segment(number), content)
        except PreconditionFailed:
            found = self._read(self._segment(number))
            if found == content:
                # We put it, and the answer was lost on the way.
                return
            if not found:
                raise self._taken_over() from None
            raise TerminalError(f"segment {number} is in {self.location} already, with another content") from None

    @override
    def get(self, number: int) -> bytes:
        content = self._read(self._segment(number))
        if content is None:
            raise KeyError(number)
        return content

    @override
    def get_many(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes | None]]:
        if len(numbers) == 1:
            yield numbers[0], self._read(self._segment(numbers[0]))
            return
        ahead = iter(numbers)
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="read-segments") as pool:
            reading = deque((it, pool.submit(self._read, self._segment(it))) for it in islice(ahead, PARALLEL))
            while reading:
                number, content = reading.popleft()
                yield number, content.result()
                reading.extend((it, pool.submit(self._read, self._segment(it))) for it in islice(ahead, 1))

    @override
    def sizes(self) -> dict[int, int]:
        found = {}
        with translated("listing segments", self._bucket):
            for it in self._bucket.list_blobs(
                prefix=f"{self._prefix}segments/", fields="items(name,size),nextPageToken",
                timeout=TIMEOUT_SECONDS, retry=_RETRY,
            ):  # fmt: skip
                number = number_of(it.name)
                if number is not None:
                    found[number] = int(it.size)
        # Names come in order.
        return found

    @override
    def delete(self, numbers: Sequence[int]) -> None:
        self._unneeded.extend(numbers)
        self._deleting.submit(self._delete_in_order)

    def _delete_in_order(self) -> None:
        """One after the other: a crash, or one that fails, must not leave a gap that looks like a loss."""
        while self._unneeded:
            number = self._unneeded[0]
            try:
                with translated(f"deleting segment {number}", self._bucket), suppress(NotFound):
                    self._bucket.blob(self._segment(number)).delete(timeout=TIMEOUT_SECONDS, retry=_RETRY)
            except (StorageUnavailable, StorageRefused) as problem:
                # The next deletion begins with it.
                log.get(__name__).warning("a segment was not deleted", problem=str(problem))
                return
            self._unneeded.popleft()

    @override
    def read_note(self, name: str) -> bytes | None:
        return self._read(f"{self._prefix}{name}")

    @override
    def create_note(self, name: str, content: bytes) -> bytes:
        try:
            self._create(f"{self._prefix}{name}", content)
        except PreconditionFailed:
            found = self.read_note(name)
            if found is None:
                raise StorageUnavailable(f"{name} in {self.location} comes and goes") from None
            return found
        return content

    @override
    def write_note(self, name: str, content: bytes) -> None:
        path = f"{self._prefix}{name}"
        with translated(f"writing {name}", self._bucket):
            if name not in self._note_generations:
                found = self._bucket.get_blob(path, timeout=TIMEOUT_SECONDS, retry=_RETRY)
                self._note_generations[name] = int(found.generation) if found else 0
            try:
                blob = self._create(path, content, on_generation=self._note_generations[name])
            except PreconditionFailed:
                blob = self._bucket.blob(path)
                # As with segments: an answer may have been lost, or somebody else writes.
                if blob.download_as_bytes(timeout=TIMEOUT_SECONDS, retry=_RETRY) != content:
                    raise self._taken_over() from None
        self._note_generations[name] = int(blob.generation)

    def _segment(self, number: int) -> str:
        return f"{self._prefix}segments/{name_of(number)}"

    def _taken_over(self) -> TerminalError:
        # For good: only the next number is closed to this one, not those after it.
        self._lost = TerminalError(
            f"another streaming job has taken over the spool {self.location}: this one must not seal any more"
        )
        return self._lost

    def _create(self, name: str, content: bytes, *, on_generation: int = 0) -> storage.Blob:
        """Raises ``PreconditionFailed`` when the object is of another generation; 0 stands for no object."""
        blob = self._bucket.blob(name)
        with translated(f"writing {name}", self._bucket):
            blob.upload_from_string(content, if_generation_match=on_generation, timeout=TIMEOUT_SECONDS, retry=_RETRY)
        return blob

    def _read(self, name: str) -> bytes | None:
        with translated(f"reading {name}", self._bucket):
            try:
                return bytes(self._bucket.blob(name).download_as_bytes(timeout=TIMEOUT_SECONDS, retry=_RETRY))
            except NotFound:
                return None
