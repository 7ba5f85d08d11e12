"""The spool: a numbered log of sealed segments between Pub/Sub and Spark.

Numbers never go back: the newest segment is always kept, and its footer carries the counters, the
watermark and the spool's own identity on from segment to segment.
"""

import uuid
from collections.abc import Iterator, Sequence

import msgspec
import pyarrow as pa

from contracts.errors import TerminalError
from contracts.late_events import LateEvent
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


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """How a segment's messages came to the sealer: medians of some of them, microseconds.

    ``publish`` is from production to the broker's stamp, ``broker`` from there to the pull, ``pulled`` the epoch
    time of that.
    """

    publish: int
    broker: int
    pulled: int


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment says of itself. Times are epoch microseconds.

    ``newest`` is the latest event time sealed up to and including this segment. ``watermark`` is what later
    segments hold nothing before: it never goes back, whatever the delay was set to meanwhile. ``sample``
    holds some of its own rows' event times, evenly spread, for measuring latency. ``late`` names what
    was left out as late beside its rows. ``sealing`` is how long the segment before took from its
    messages' pull to being durable, None after a start: no segment can say it of itself, and one that is stored
    again because the answer was lost must be the same to the last byte.
    """

    spool: str
    number: int
    rows: int
    newest: int
    # 0 in segments of releases that did not note it: it is then as if nothing were late yet.
    watermark: int = 0
    counters: Counters
    sample: tuple[int, ...]
    late: tuple[LateEvent, ...] = ()
    arrival: Arrival | None = None
    sealing: int | None = None


class Offset(msgspec.Struct, frozen=True):
    """A place in a spool: after segment ``seq``. 0 is before the first."""

    spool: str
    seq: int


class Spool:
    """Writes and reads segments. One process writes (it calls ``lock``); any may read.

    What the store says of an empty object (see ``SegmentStore.sizes``) stays here: it is no segment, only
    its number is taken.
    """

    def __init__(self, store: SegmentStore) -> None:
        self._store = store
        self._identity: str | None = None

    @property
    def location(self) -> str:
        """The folder or bucket."""
        return self._store.location

    def lock(self) -> None:
        """Become the one writer. Raises ``TerminalError`` when there is another."""
        self._store.lock()

    @property
    def identity(self) -> str:
        """The spool's own id, made with it. Raises ``TerminalError`` where there are segments without one."""
        if self._identity is None:
            note = self._store.read_note(_IDENTITY_NOTE)
            if note is None:
                if self.sizes():
                    raise TerminalError(
                        f"the spool {self.location} has segments and no identity: it is damaged. Way out: remove it "
                        "and the streaming checkpoint; what it held is in Postgres, from which panes are rebuilt"
                    )
                note = self._store.create_note(_IDENTITY_NOTE, uuid.uuid4().hex.encode())
            self._identity = note.decode()
        return self._identity

    def existing_identity(self) -> str | None:
        """The spool's own id; None where there is no spool yet. Nothing is made."""
        note = self._store.read_note(_IDENTITY_NOTE)
        return note.decode() if note else None

    def head(self) -> int:
        """The highest number there is, 0 before the first. The next segment has the number after it.

        Raises ``TerminalError`` when segments were lost, of which the newest is never deleted.
        """
        sizes = self._store.sizes()
        head = max(sizes, default=0)
        oldest = next((number for number, size in sizes.items() if size), head)
        missing = next((number for number in range(oldest, head) if number not in sizes), None)
        committed = self.committed()
        if missing is not None or committed > head:
            lost = f"segment {missing} is" if missing is not None else f"segments up to {committed} are"
            raise TerminalError(
                f"the spool {self.location} is damaged: {lost} missing. Way out: remove the spool and the streaming "
                "checkpoint; what they held is in Postgres, from which panes are rebuilt"
            )
        return head

    def sizes(self) -> dict[int, int]:
        """The kept segments with their sizes in bytes, oldest first."""
        return {number: size for number, size in self._store.sizes().items() if size}

    def numbers(self) -> list[int]:
        """The numbers of the kept segments, ascending."""
        return list(self.sizes())

    def footers(self, numbers: Sequence[int] | None = None) -> Iterator[Footer]:
        """The footers of these segments, or of all, oldest first; of those that are kept."""
        for _, content in self._store.get_many(self.numbers() if numbers is None else numbers):
            if content:
                with pa.ipc.open_file(pa.py_buffer(content)) as reader:
                    yield _footer(reader)

    def newest(self, after: int) -> Footer | None:
        """The newest segment's footer, None where none came after number ``after``; the numbers have no gaps.

        A few reads, however much has piled up: a listing of all segments would cost more than a batch's own work.
        """
        step = 1
        while self._is_there(after + step):
            step *= 2
        known, missing = after + step // 2, after + step
        while missing - known > 1:
            middle = (known + missing) // 2
            known, missing = (middle, missing) if self._is_there(middle) else (known, middle)
        # One that only closes the log to another sealer has no footer.
        return next((found for it in range(known, after, -1) for found in self.footers([it])), None)

    def _is_there(self, number: int) -> bool:
        return any(content is not None for _, content in self._store.get_many([number]))

    def scan(self, columns: pa.Schema) -> Iterator[tuple[Footer, pa.Table]]:
        """The footers and rows of all kept segments, oldest first, only ``columns``."""
        for _, content in self._store.get_many(self.numbers()):
            if content:
                with pa.ipc.open_file(pa.py_buffer(content)) as reader:
                    yield _footer(reader), _rows(reader, columns)

    def seal(self, batch: pa.RecordBatch, footer: Footer) -> int:
        """Store a segment durably and return its size in bytes."""
        schema = SEGMENT.with_metadata({_FOOTER: msgspec.json.encode(footer)})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, schema) as writer:
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
        content = sink.getvalue().to_pybytes()
        self._store.put(footer.number, content)
        return len(content)

    def read(self, numbers: Sequence[int], columns: pa.Schema) -> Iterator[pa.Table]:
        """Each segment's rows, only ``columns``. Raises ``TerminalError`` for one that is not kept."""
        for number, content in self._store.get_many(numbers):
            if content is None:
                raise TerminalError(
                    f"segment {number} of the spool {self.location} is gone although Spark has not committed it. Way "
                    "out: remove the streaming checkpoint; a new one starts before the oldest kept segment"
                )
            if content:
                with pa.ipc.open_file(pa.py_buffer(content)) as reader:
                    yield _rows(reader, columns)

    def delete(self, numbers: Sequence[int]) -> None:
        """Remove segments."""
        self._store.delete(numbers)

    def committed(self) -> int:
        """The newest segment that Spark is known to have committed; 0 before the first."""
        note = self._store.read_note(_COMMITTED_NOTE)
        return int(note) if note else 0

    def mark_committed(self, number: int) -> None:
        """Remember what Spark has committed."""
        self._store.write_note(_COMMITTED_NOTE, str(number).encode())

    def difference(self) -> str:
        """How the kept segments' columns differ from this release's; empty where they do not."""
        for _, content in self._store.get_many(self.numbers()[-1:]):
            if content:
                with pa.ipc.open_file(pa.py_buffer(content)) as reader:
                    held, ours = ({f"{it.name}: {it.type}" for it in schema} for schema in (reader.schema, SEGMENT))
                return ", ".join(
                    [*(f"there is {it}" for it in sorted(held - ours)), *(f"no {it}" for it in sorted(ours - held))]
                )
        return ""

    def require(self, offset: Offset, head: int) -> None:
        """Refuse an offset that this spool never gave out; Spark would accept it and lose data silently."""
        held = self._identity or self.existing_identity()
        if offset.spool != held:
            raise TerminalError(
                f"the checkpoint belongs to the spool {offset.spool}, {self.location} holds {held or 'none'}: one of "
                "the two was lost or replaced. Way out: remove the streaming checkpoint; a new one starts before the "
                "oldest kept segment, and panes are rebuilt from Postgres"
            )
        if offset.seq > head:
            raise TerminalError(
                f"the checkpoint is at segment {offset.seq}, the spool {self.location} ends at {head}: the spool is "
                "older than the checkpoint. Way out: remove both; panes are rebuilt from Postgres"
            )


def _footer(reader: pa.ipc.RecordBatchFileReader) -> Footer:
    return msgspec.json.decode(reader.schema.metadata[_FOOTER], type=Footer)


def _rows(reader: pa.ipc.RecordBatchFileReader, columns: pa.Schema) -> pa.Table:
    return reader.read_all().select(columns.names).replace_schema_metadata(None)
