"""The spool: a numbered log of sealed segments between Pub/Sub and Spark.

Numbers never go back: the newest segment is always kept, and its footer carries the counters, the
watermark and the spool's own identity on from segment to segment.
"""

import uuid
from collections.abc import Iterator

import msgspec
import pyarrow as pa

from contracts.errors import TerminalError
from jobs.streaming.rows import SEGMENT
from jobs.streaming.segments import SegmentStore

_IDENTITY_NOTE = "SPOOL"
_COMMITTED_NOTE = "COMMITTED"
_FOOTER = b"vitrine"


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """What the sealer did since the spool was made."""

    rows: int = 0
    late: int = 0
    late_versions: int = 0
    duplicates: int = 0
    rejected: int = 0


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment says of itself. Times are epoch microseconds.

    ``newest`` is the latest event time sealed up to and including this segment; ``sample`` holds some
    of its own rows' event times, evenly spread, for measuring latency.
    """

    spool: str
    number: int
    rows: int
    newest: int
    counters: Counters
    sample: tuple[int, ...]


class Offset(msgspec.Struct, frozen=True):
    """A place in a spool: after segment ``seq``. 0 is before the first."""

    spool: str
    seq: int


class Spool:
    """Writes and reads segments. One process writes (it calls ``lock``); any may read."""

    def __init__(self, store: SegmentStore) -> None:
        self._store = store
        self._identity: str | None = None

    def lock(self) -> None:
        """Become the one writer. Raises ``TerminalError`` when there is another."""
        self._store.lock()

    @property
    def identity(self) -> str:
        """The spool's own id, made with it."""
        if self._identity is None:
            note = self._store.read_note(_IDENTITY_NOTE)
            if note is None:
                if self._store.numbers():
                    raise TerminalError("the spool has segments and no identity: it is damaged; remove its folder")
                note = uuid.uuid4().hex.encode()
                self._store.write_note(_IDENTITY_NOTE, note)
            self._identity = note.decode()
        return self._identity

    def footers(self) -> Iterator[Footer]:
        """The footers of all kept segments, oldest first."""
        for number in self._store.numbers():
            yield self.footer(number)

    def footer(self, number: int) -> Footer:
        """One segment's footer. Raises ``KeyError`` for a segment that is not kept."""
        with pa.ipc.open_file(pa.py_buffer(self._store.get(number))) as reader:
            return msgspec.json.decode(reader.schema.metadata[_FOOTER], type=Footer)

    def numbers(self) -> list[int]:
        """The numbers of the kept segments, ascending."""
        return self._store.numbers()

    def seal(self, batch: pa.RecordBatch, footer: Footer) -> int:
        """Store a segment durably and return its size in bytes."""
        schema = SEGMENT.with_metadata({_FOOTER: msgspec.json.encode(footer)})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, schema) as writer:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
        content = sink.getvalue()
        self._store.put(footer.number, content)
        return int(content.size)

    def read(self, number: int, columns: pa.Schema) -> pa.Table:
        """A segment's rows, only ``columns``. Raises ``TerminalError`` for a segment that is not kept."""
        try:
            content = self._store.get(number)
        except KeyError:
            raise TerminalError(
                f"segment {number} of the spool is gone although Spark has not committed it: remove the checkpoint, "
                "a new one starts before the oldest kept segment"
            ) from None
        with pa.ipc.open_file(pa.py_buffer(content)) as reader:
            return reader.read_all().select(columns.names).replace_schema_metadata(None)

    def size(self, number: int) -> int:
        """A segment's size in bytes; 0 where it is not kept."""
        try:
            return self._store.size(number)
        except KeyError:
            return 0

    def delete(self, number: int) -> None:
        """Remove a segment."""
        self._store.delete(number)

    def committed(self) -> int:
        """The newest segment that Spark is known to have committed; 0 before the first."""
        note = self._store.read_note(_COMMITTED_NOTE)
        return int(note) if note else 0

    def mark_committed(self, number: int) -> None:
        """Remember what Spark has committed."""
        self._store.write_note(_COMMITTED_NOTE, str(number).encode())

    def require(self, offset: Offset, head: int) -> None:
        """Refuse an offset that this spool never gave out; Spark would accept it and lose data silently."""
        if offset.spool != self.identity:
            raise TerminalError(
                f"the checkpoint belongs to the spool {offset.spool}, this is {self.identity}: one of the two was "
                "lost or replaced. Way out: remove the streaming checkpoint (a new one starts before the oldest kept "
                "segment)"
            )
        if offset.seq > head:
            raise TerminalError(
                f"the checkpoint is at segment {offset.seq}, the spool ends at {head}: the spool is older than the "
                "checkpoint. Way out: remove both"
            )
