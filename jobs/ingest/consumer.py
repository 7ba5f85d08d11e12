"""One source's consumer: collect a batch, commit it, and only then acknowledge it."""

import datetime as dt
import threading
import time
from collections.abc import Sequence

import msgspec

from contracts import clock, database, log, topology
from contracts.broker import Delivery, Publisher
from contracts.clock import ShopClock
from contracts.errors import BrokerUnavailable, DatabaseRefusedData, DatabaseUnavailable, TransientError
from contracts.events import Rejection
from contracts.pulling import Pulling
from contracts.settings import Settings
from contracts.topology import Source
from jobs.ingest import rejections
from jobs.ingest.decoding import Received, Rejected, decode_batch
from jobs.ingest.dimension_hashes import DimensionHashes
from jobs.ingest.persisted import PersistedUntil
from jobs.ingest.upserts import Upserts

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 5.0
_HASHES_CHECK_SECONDS = 5.0


class Counts(msgspec.Struct):
    """What this consumer did since it started."""

    persisted: int = 0
    rejected: int = 0


class _Written(msgspec.Struct, frozen=True):
    """What became of deliveries: how many events are kept, those of them that were decoded one by one, and the rest."""

    count: int
    received: list[Received]
    rejected: list[Rejected]


class Consumer:
    """Moves one source from its subscription into Postgres until told to stop.

    A Postgres or broker that is away is waited for; nothing is acknowledged meanwhile. Raises
    ``TerminalError`` when one of them refuses.
    """

    def __init__(
        self, settings: Settings, source: Source, subscription: str, hashes: DimensionHashes, stop: threading.Event
    ) -> None:
        self.counts = Counts()
        self._settings = settings
        self._source = source
        self.subscription = subscription
        self._stop = stop
        self.pulling = Pulling(settings, [subscription])
        deadline = topology.load().subscriptions[subscription].ack_deadline_seconds
        self.persisted = PersistedUntil(deadline, time.time())
        self._publisher = Publisher(settings)
        self._hashes = hashes
        # One consumer is enough to keep the hashes whole.
        self._keeps_hashes = source is Source.CATALOGUE
        self._hashes_checked_at = 0.0
        self._connection: database.Connection | None = None
        self._upserts: Upserts | None = None
        self._clock: ShopClock | None = None

    def run(self) -> None:
        """Work until ``stop`` is set; what was pulled but not committed by then is delivered again."""
        with self.pulling:
            while not self._stop.is_set():
                deliveries = self._collect()
                if deliveries:
                    self._until_done(deliveries)
                if self._keeps_hashes:
                    self._check_hashes()
        self._publisher.close()

    def _collect(self) -> list[Delivery]:
        """A batch: as many deliveries as fit into the set number of rows and seconds."""
        pulled = self.pulling.take(timeout_seconds=0.5)
        if pulled is None:
            if self.pulling.unacknowledged == 0 and not self.pulling.is_away:
                self.persisted.is_empty(time.time())
            return []
        deliveries = list(pulled.deliveries)
        deadline = time.monotonic() + self._settings.ingest_batch_seconds
        while len(deliveries) < self._settings.ingest_batch_rows:
            pulled = self.pulling.take(timeout_seconds=max(0.0, deadline - time.monotonic()))
            if pulled is None:
                break
            deliveries += pulled.deliveries
        return deliveries

    def _until_done(self, deliveries: Sequence[Delivery]) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                self._handle(deliveries)
            except TransientError as problem:
                if self._stop.is_set():
                    return
                log.get(__name__).warning("batch not written, trying again", source=self._source, problem=str(problem))
                self._disconnect()
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            else:
                return

    def _handle(self, deliveries: Sequence[Delivery]) -> None:
        connection = self._connected()
        assert self._clock is not None
        written = self._write(connection, deliveries, self._clock.now())
        if written.rejected:
            with database.translated("storing rejected events"):
                rejections.store(connection, written.rejected)
                connection.commit()
            rejections.publish(self._publisher, written.rejected)
        if self._source in (Source.CATALOGUE, Source.CUSTOMERS):
            self._hashes.update(written.received)
        self.pulling.acknowledge(self.subscription, [it.ack_id for it in deliveries])
        self.persisted.wrote(min(it.publish_time for it in deliveries).timestamp(), time.time())
        self.counts.persisted += written.count
        self.counts.rejected += len(written.rejected)

    def _write(self, connection: database.Connection, deliveries: Sequence[Delivery], now: dt.datetime) -> _Written:
        """Write and commit; values that Postgres refuses after all are singled out by halving the batch."""
        assert self._upserts is not None
        batch = decode_batch(self._source, deliveries, now=now, future_skew=self._settings.future_skew)
        try:
            with database.translated(f"writing {self._source}"):
                self._upserts.write(batch)
                connection.commit()
        except DatabaseRefusedData as problem:
            with database.translated("undoing what was refused"):
                connection.rollback()
            if len(deliveries) == 1:
                refusal = Rejection("recusado_pelo_banco", "", deliveries[0].payload, str(problem))
                return _Written(0, [], [Rejected(self._source, deliveries[0], refusal)])
            half = len(deliveries) // 2
            first = self._write(connection, deliveries[:half], now)
            second = self._write(connection, deliveries[half:], now)
            return _Written(
                first.count + second.count, first.received + second.received, first.rejected + second.rejected
            )
        return _Written(batch.count, list(batch.received.values()), batch.rejected)

    def _connected(self) -> database.Connection:
        if self._connection is None:
            connection = database.connect(self._settings, application=f"ingest-{self._source}")
            with database.translated("preparing the session"):
                self._clock = clock.read(connection)
                self._upserts = Upserts(connection, self._source)
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        database.close(connection)

    def _check_hashes(self) -> None:
        if time.monotonic() - self._hashes_checked_at < _HASHES_CHECK_SECONDS:
            return
        self._hashes_checked_at = time.monotonic()
        try:
            with database.translated("loading the dimension hashes"):
                self._hashes.load_if_needed(self._connected())
        except (DatabaseUnavailable, BrokerUnavailable) as problem:
            log.get(__name__).warning("dimension hashes not loaded", problem=str(problem))
            self._disconnect()
