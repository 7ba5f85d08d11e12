"""One writer for a bucket: a lease that is renewed while its holder lives."""

import os
import socket
import threading
import time
import uuid

import msgspec
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud.storage import Bucket
from google.cloud.storage.retry import DEFAULT_RETRY

from contracts import log
from contracts.errors import StorageRefused, StorageUnavailable, TerminalError
from jobs.streaming.storage_errors import translated

# A holder that was killed keeps the next one waiting for this long.
LEASE_SECONDS = 20.0
_RENEWALS, _LOOKS = 4, 20
_TIMEOUT_SECONDS = 5
_RETRY = DEFAULT_RETRY.with_timeout(10)


class Holder(msgspec.Struct, frozen=True):
    """What the lease's object holds. ``identity`` is "" once it was given back."""

    identity: str
    host: str
    process: int
    renewals: int


class Lease:
    """An object that its holder rewrites again and again, each time on the generation it wrote itself.

    Whoever wants it watches: an object that changes has a living holder, one that does not for a lease's
    time has none. No clocks of two machines are compared. The lease keeps a second job from disturbing a
    first; that a holder who lost it seals nothing is up to ``ObjectStore.lock``.
    """

    def __init__(self, bucket: Bucket, name: str, *, seconds: float = LEASE_SECONDS) -> None:
        self._bucket = bucket
        self._name = name
        self._seconds = seconds
        self._holder = Holder(uuid.uuid4().hex, socket.gethostname(), os.getpid(), 0)
        self._generation = 0
        self._lost: TerminalError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew_always, name="lease", daemon=True)

    def acquire(self) -> bool:
        """Hold it from now on; whether somebody held it before. Raises ``TerminalError`` while a holder lives."""
        found = self._read()
        if found is not None and found[1].identity:
            found = self._once_dead(*found)
        if not self._has_written(found[0] if found else 0):
            raise self._refusal(self._read())
        self._thread.start()
        return found is not None

    def require(self) -> None:
        """Raises ``TerminalError`` when another process has taken it."""
        if self._lost is not None:
            raise self._lost

    def give_back(self) -> None:
        """Let the next one in at once; without this it waits for a lease's time."""
        self._stop.set()
        self._thread.join()
        self._holder = msgspec.structs.replace(self._holder, identity="")
        if not self._has_written(self._generation):
            log.get(__name__).info("the lease was taken before it was given back", name=self._name)

    def _once_dead(self, generation: int, holder: Holder) -> tuple[int, Holder] | None:
        log.get(__name__).info(
            "waiting whether the spool's last sealer still lives",
            seconds=self._seconds, host=holder.host, process=holder.process,
        )  # fmt: skip
        found: tuple[int, Holder] | None = (generation, holder)
        deadline = time.monotonic() + self._seconds
        while found is not None and found[1].identity and time.monotonic() < deadline:
            time.sleep(self._seconds / _LOOKS)
            found = self._read()
            if found is not None and found[0] != generation and found[1].identity:
                raise self._refusal(found)
        return found

    def _renew_always(self) -> None:
        while not self._stop.wait(self._seconds / _RENEWALS):
            self._holder = msgspec.structs.replace(self._holder, renewals=self._holder.renewals + 1)
            try:
                if not self._has_written(self._generation):
                    self._lost = self._refusal(self._read())
                    return
            except StorageUnavailable as problem:
                # Somebody may take it meanwhile; the next renewal finds out.
                log.get(__name__).warning("the lease could not be renewed", problem=str(problem))
            except StorageRefused as problem:
                self._lost = problem
                return

    def _refusal(self, found: tuple[int, Holder] | None) -> TerminalError:
        who = f"process {found[1].process} on {found[1].host}" if found else "somebody"
        return TerminalError(
            f"another streaming job ({who}) seals into gs://{self._bucket.name}/{self._name.rpartition('/')[0]}: stop "
            "it, or give this one its own VITRINE_STREAMING_SPOOL and VITRINE_STREAMING_CHECKPOINT"
        )

    def _read(self) -> tuple[int, Holder] | None:
        """The object's generation and content."""
        blob = self._bucket.blob(self._name)
        with translated("reading the lease", self._bucket):
            try:
                content = blob.download_as_bytes(timeout=_TIMEOUT_SECONDS, retry=_RETRY)
            except NotFound:
                return None
        return int(blob.generation), msgspec.json.decode(content, type=Holder)

    def _has_written(self, on_generation: int) -> bool:
        """Whether the object is ours now: it was of this generation, 0 for none, when we wrote it."""
        blob = self._bucket.blob(self._name)
        try:
            with translated("writing the lease", self._bucket):
                blob.upload_from_string(
                    msgspec.json.encode(self._holder), if_generation_match=on_generation, timeout=_TIMEOUT_SECONDS,
                    retry=_RETRY,
                )  # fmt: skip
        except PreconditionFailed:
            found = self._read()
            if found is None or found[1] != self._holder:
                return False
            # We wrote it, and the answer was lost on the way.
            self._generation = found[0]
        else:
            self._generation = int(blob.generation)
        return True
