"""The ingest process: one consumer for each source, each in a thread of its own."""

import threading
from collections import Counter
from typing import Any

from contracts import database, live_store, log, migrate, topology
from contracts.heartbeat import Heartbeat
from contracts.settings import Settings
from jobs.ingest.consumer import Consumer
from jobs.ingest.dimension_hashes import DimensionHashes


def run(settings: Settings) -> None:
    """Persist until SIGTERM or SIGINT. Raises the first error that a consumer could not get over."""
    stop = threading.Event()
    log.on_stop_signals(stop.set)
    connection = database.connect(settings, application="ingest")
    migrate.require_current(connection)
    connection.close()

    topics = topology.load()
    hashes = DimensionHashes(live_store.connect(settings))
    consumers = [
        Consumer(settings, topics.source_of(name), name, hashes, stop) for name in topics.consumed_by("ingest")
    ]
    failures: list[BaseException] = []

    def work(consumer: Consumer) -> None:
        try:
            consumer.run()
        except BaseException as error:  # noqa: BLE001 - carried to the main thread and raised there
            failures.append(error)
            stop.set()

    threads = [threading.Thread(target=work, args=(it,), name=f"ingest-{i}") for i, it in enumerate(consumers)]
    logger = log.get(__name__)
    with Heartbeat(settings, "ingest", lambda: _counters(consumers)):
        logger.info("ingest runs", subscriptions=list(topics.consumed_by("ingest")))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
    logger.info("ingest stopped", persisted=sum(it.counts.persisted for it in consumers))


def _counters(consumers: list[Consumer]) -> dict[str, Any]:
    received: Counter[str] = Counter()
    for consumer in consumers:
        received.update(consumer.pulling.received)
    return {
        "recebidos": dict(received),
        "pendentes": sum(it.pulling.unacknowledged for it in consumers),
        "ultimo_recebido": max(it.pulling.last_received for it in consumers),
        "persistidos": sum(it.counts.persisted for it in consumers),
        "persistido_ate": {it.subscription: it.persisted.until for it in consumers},
        "rejeitados": sum(it.counts.rejected for it in consumers),
    }
