"""The threads that live in the data source's process: pull, seal, acknowledge; and what Spark may read."""

import gc
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from contracts import clock, database, live_store, log, topology
from contracts.clock import ShopClock, epoch_micros
from contracts.errors import TransientError, UsageError, VitrineError
from contracts.heartbeat import Heartbeat
from contracts.pulling import Pulled, Pulling
from contracts.settings import Settings
from jobs.streaming.dimensions import DimensionLookup
from jobs.streaming.sealer import Sealer
from jobs.streaming.spool import Offset, Spool

# Messages are collected this long before they are sealed: an fsync for each pull would cost more.
_COLLECT_SECONDS = 0.05
# A backlog makes segments of this many: each costs two fsyncs and a hundred calls, whatever is in it.
_COLLECT_MESSAGES = 20_000
_LONGEST_PAUSE_SECONDS = 5.0
# How often what Spark has committed is noted. A note that is behind costs a little work after a crash; an
# object of a bucket takes one write a second.
_MARK_SECONDS = 1.0

T = TypeVar("T")


class Feeding:
    """Seals what comes from Pub/Sub and answers, in constant time, how far Spark may read.

    Its ``available`` is called every ten milliseconds. A failure that trying again cannot mend is
    raised by the next call.
    """

    def __init__(self, settings: Settings, spool: Spool, *, job: int | None = None) -> None:
        """``job`` is the process id of the job's main process."""
        self._job = job
        self._settings = settings
        self._spool = spool
        self._lock = threading.Lock()
        # (number, rows) of the segments after the planned end.
        self._unplanned: deque[tuple[int, int]] = deque()
        self._sizes: dict[int, int] = {}
        self._bytes_uncommitted = 0
        # (number, newest event, bytes) of what the spool keeps.
        self._deletable: deque[tuple[int, int, int]] = deque()
        self._bytes_kept = 0
        self._planned = 0
        self._committed = self._marked = 0
        self._mark_due = 0.0
        self._marking = threading.Lock()
        self._head = 0
        self._is_attached = False
        self._failure: VitrineError | None = None
        self._stop = threading.Event()
        self._sealer: Sealer | None = None
        self._pulling: Pulling | None = None
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)

    def start(self) -> None:
        """Take up from the spool and begin to pull. Raises ``TerminalError``."""
        self.take_up()
        self._thread.start()

    def take_up(self) -> None:
        """Lock the spool and learn what it holds. Raises ``TerminalError``."""
        self._spool.lock()
        self._head = self._spool.head()
        self._committed = self._planned = self._marked = self._spool.committed()
        sizes = self._spool.sizes()
        for footer in self._spool.footers(list(sizes)):
            self._note(footer.number, footer.rows, footer.newest, sizes[footer.number])

    def first(self) -> Offset:
        """Where a new checkpoint begins: before the oldest kept segment.

        What an earlier checkpoint had committed is not committed by this one: it must stay to be read.
        """
        sizes = self._spool.sizes()
        start = min(sizes) - 1 if sizes else 0
        with self._marking, self._lock:
            self._spool.mark_committed(start)
            self._committed = self._marked = start
            self._sizes = sizes
            self._bytes_uncommitted = sum(sizes.values())
        self._is_attached = True
        return Offset(self._spool.identity, start)

    def available(self) -> Offset:
        """Up to where Spark may plan now: at most the set number of rows past the last planned end."""
        if self._failure is not None:
            raise self._failure
        with self._lock:
            rows = 0
            while self._unplanned:
                number, count = self._unplanned[0]
                if rows and rows + count > self._settings.streaming_batch_rows:
                    break
                rows += count
                self._planned = number
                self._unplanned.popleft()
            return Offset(self._spool.identity, self._planned)

    def planned(self, end: Offset) -> None:
        """Spark plans a batch up to ``end``: after a restart, perhaps one of before."""
        self._require(end)
        self._is_attached = True
        with self._lock:
            while self._unplanned and self._unplanned[0][0] <= end.seq:
                self._planned = self._unplanned.popleft()[0]

    def commit(self, end: Offset) -> None:
        """Spark has committed up to ``end``."""
        self._require(end)
        if end.seq <= self._committed:
            return
        with self._lock:
            for number in range(self._committed + 1, end.seq + 1):
                self._bytes_uncommitted -= self._sizes.pop(number, 0)
            self._committed = end.seq

    @property
    def is_full(self) -> bool:
        """Whether the spool holds so much that Spark has not committed that pulling must wait."""
        return self._bytes_uncommitted > self._settings.streaming_spool_bytes

    def mark(self) -> bool:
        """Note what Spark has committed, if it is time to; whether it was."""
        if self._committed == self._marked or time.monotonic() < self._mark_due:
            return False
        with self._marking:
            committed = self._committed
            self._spool.mark_committed(committed)
            self._marked = committed
        self._mark_due = time.monotonic() + _MARK_SECONDS
        return True

    def _require(self, offset: Offset) -> None:
        self._spool.require(offset, self._head)

    def _note(self, number: int, rows: int, newest: int, size: int) -> None:
        with self._lock:
            self._head = max(self._head, number)
            if number > self._planned:
                self._unplanned.append((number, rows))
            if number > self._committed:
                self._sizes[number] = size
                self._bytes_uncommitted += size
            self._deletable.append((number, newest, size))
            self._bytes_kept += size

    def _run(self) -> None:
        try:
            settings, topics = self._settings, topology.load()
            shop_clock = self._until_there(self._read_clock)
            if shop_clock is None:
                return
            if not shop_clock.is_live:
                raise UsageError(
                    f"the shop's clock runs at speed {shop_clock.speed:g}: the live path is off, only history moves"
                )
            lookup = DimensionLookup(settings, live_store.connect(settings))
            is_empty = not self._spool.numbers()
            delay = timedelta(seconds=settings.watermark_delay_seconds)
            late_before = epoch_micros(shop_clock.now() - delay) if is_empty else None
            self._sealer = Sealer(settings, topics, self._spool, lookup, shop_clock, late_before=late_before)
            with (
                Pulling(settings, topics.consumed_by("streaming")) as self._pulling,
                Heartbeat(settings, "streaming", self._counters, pid=self._job),
            ):
                # What is imported and recovered stays: looking for garbage in it took a fifth of sealing a backlog.
                gc.freeze()
                while not self._stop.is_set():
                    self._step(self._sealer, self._pulling)
        except VitrineError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - carried to Spark's thread and raised there
            self._failure = VitrineError(f"the sealer failed: {error!r}")
            log.get(__name__).exception("the sealer failed")

    def _read_clock(self) -> ShopClock:
        connection = database.connect(self._settings, application="streaming-clock")
        try:
            with database.translated("reading the shop's clock"):
                return clock.read(connection)
        finally:
            connection.close()

    def _step(self, sealer: Sealer, pulling: Pulling) -> None:
        self._until_there(self.mark)
        if self.is_full:
            self._stop.wait(0.2)
            return
        pulls = self._collect(pulling)
        if not pulls:
            return
        sealed = self._until_there(lambda: (sealer.seal(pulls),))
        if sealed is None:
            return
        for pulled in pulls:
            pulling.acknowledge(pulled.subscription, [it.ack_id for it in pulled.deliveries])
        if sealed[0] is not None:
            footer = sealed[0].footer
            self._note(footer.number, footer.rows, footer.newest, sealed[0].size)
            self.delete_old(sealer.needed_from)

    def _collect(self, pulling: Pulling) -> list[Pulled]:
        pulled = pulling.take(timeout_seconds=0.5)
        if pulled is None:
            return []
        pulls, count = [pulled], len(pulled.deliveries)
        deadline = time.monotonic() + _COLLECT_SECONDS
        while count < _COLLECT_MESSAGES:
            pulled = pulling.take(timeout_seconds=max(0.0, deadline - time.monotonic()))
            if pulled is None:
                break
            pulls.append(pulled)
            count += len(pulled.deliveries)
        return pulls

    def delete_old(self, needed_from: int | None) -> None:
        """Remove segments that Spark has committed and whose identities nobody needs; never the newest.

        Not before it is known which checkpoint reads the spool: a new one begins with what is kept.
        ``needed_from`` is the event time (epoch microseconds) from which identities are needed.
        """
        if not self._is_attached:
            return
        unneeded: list[int] = []
        while (
            len(self._deletable) > 1
            and self._deletable[0][0] <= self._committed
            and needed_from is not None
            and self._deletable[0][1] < needed_from
        ):
            number, _, size = self._deletable.popleft()
            unneeded.append(number)
            self._bytes_kept -= size
        if unneeded:
            self._spool.delete(unneeded)

    def _until_there(self, call: Callable[[], T]) -> T | None:
        """Call until it does not fail transiently; None when told to stop."""
        pause = 0.1
        while not self._stop.is_set():
            try:
                return call()
            except TransientError as problem:
                log.get(__name__).warning("waiting", problem=str(problem))
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        return None

    def _counters(self) -> dict[str, object]:
        assert self._pulling is not None
        assert self._sealer is not None
        return {
            **self._pulling.counters(),
            "selados": self._sealer.counters.rows,
            "rejeitados": self._sealer.counters.rejected,
            "atrasados": self._sealer.counters.late,
            "duplicados": self._sealer.counters.duplicates,
            "identidades": self._sealer.identities,
            "segmentos_bytes": self._bytes_kept,
            "nao_confirmados_bytes": self._bytes_uncommitted,
        }
