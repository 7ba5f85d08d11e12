"""The streaming process: one query, from the spool to Redis."""

import os
import re
import threading
import time
from pathlib import Path

import redis
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from contracts import clock, database, live_store, log, migrate
from contracts.clock import ShopClock
from contracts.errors import TerminalError, UsageError, VitrineError
from contracts.live_layout import Status, read_status
from contracts.settings import Settings
from jobs.streaming import generation as generations
from jobs.streaming import session
from jobs.streaming.aggregation import aggregate
from jobs.streaming.checkpoint import Checkpoint, open_checkpoint
from jobs.streaming.generation import Generation
from jobs.streaming.healer import Healer
from jobs.streaming.kept_state import kept_before
from jobs.streaming.layout import layout
from jobs.streaming.recomputations import Recomputations
from jobs.streaming.reporting import batch_footers, make_status
from jobs.streaming.resumption import require_resumable
from jobs.streaming.source import PubSubSource
from jobs.streaming.spool import Spool
from jobs.streaming.stores import open_store
from jobs.streaming.writer import PaneWriter, Stopping

_REST_SECONDS = 5.0


def run(settings: Settings) -> None:
    """Stream until SIGTERM or SIGINT. Raises the error that ended the query otherwise."""
    stop = threading.Event()
    log.on_stop_signals(stop.set)
    folder = Path(settings.streaming_folder).resolve()
    checkpoint = open_checkpoint(settings.checkpoint_location, settings.storage_endpoint)
    shop_clock = _require_live(settings)
    require_resumable(checkpoint, _open_spool(settings), layout(session.spark_options(settings, folder)))
    spark = session.start(settings, folder)
    try:
        with Healer(settings, checkpoint) as healer:
            query = start_query(spark, settings, checkpoint, shop_clock, stop, healer)
            log.get(__name__).info("streaming runs", folder=str(folder), checkpoint=checkpoint.location)
            while not stop.is_set():
                if query.awaitTermination(1):
                    break
            if stop.is_set():
                _stop_between_batches(query)
    except (PySparkException, Py4JJavaError) as error:
        if not stop.is_set():
            raise _explained(error, checkpoint) from error
    finally:
        spark.stop()
    log.get(__name__).info("streaming stopped")


def start_query(
    spark: SparkSession,
    settings: Settings,
    checkpoint: Checkpoint,
    shop_clock: ShopClock,
    stop: threading.Event,
    healer: Healer,
) -> StreamingQuery:
    """Start the one query that fills the panes, where the checkpoint ended."""
    spark.dataSource.register(PubSubSource)
    spool = _open_spool(settings)
    client = live_store.connect(settings)
    is_new = not checkpoint.exists()
    as_laid_out = layout(session.spark_options(settings, Path(settings.streaming_folder)))
    generation = generations.current(settings, client, spool, checkpoint, shop_clock, as_laid_out)
    writer = PaneWriter(
        client,
        generation,
        stop,
        lambda: healer.ask("rebuild", "redis_perdeu_dados"),
        lambda batch: kept_before(spark, checkpoint, batch),
    )
    if is_new:
        writer.claim(_written_after(spool, generation, shop_clock, settings.watermark_delay_seconds))
        # What came before is in Postgres only.
        healer.ask("rebuild", "novo_checkpoint")
    elif _stood_still(client, settings.watermark_delay_seconds):
        healer.ask("heal", "parada_longa")
    newest: list[Status | None] = [None]

    def write(changed: DataFrame, batch: int) -> None:
        try:
            panes = changed.toArrow()
            computed = time.time()
            writer.write(panes, batch)
            footers = batch_footers(checkpoint, spool, batch)
            # Before the batch is committed: a job that dies here does both again.
            writer.write_late([event for it in footers for event in it.late])
            ahead = spool.newest(footers[-1].number) if footers else None
            sealed = (ahead or footers[-1]).counters.rows if footers else 0
            newest[0] = make_status(
                footers,
                generation,
                batch,
                newest[0],
                sealed=sealed,
                planned=checkpoint.planned_at(batch),
                computed=computed,
            )
            if newest[0] is not None:
                writer.write_status(newest[0])
        except Stopping:
            # Ends the batch without a commit: it will be replayed.
            raise TerminalError("told to stop") from None

    rows = (
        spark.readStream.format("pubsub")
        .option("spool", settings.spool_location)
        .option("storage_endpoint", settings.storage_endpoint)
        .option("job", os.getpid())
        .load()
    )
    return (
        aggregate(rows, watermark_delay_seconds=generation.delay_seconds)
        .writeStream.outputMode("update")
        .option("checkpointLocation", checkpoint.location)
        .trigger(processingTime=f"{settings.streaming_trigger_seconds} seconds")
        .foreachBatch(write)
        .start()
    )


def _open_spool(settings: Settings) -> Spool:
    return Spool(open_store(settings.spool_location, settings.storage_endpoint))


def _written_after(spool: Spool, generation: Generation, shop_clock: ShopClock, delay_seconds: int) -> float:
    """No pane that ended before it is written by a new generation (epoch seconds)."""
    if spool.numbers():
        return generation.owns_from
    # Its first segment counts nothing older than the delay, seen from when it is sealed.
    return shop_clock.now().timestamp() - delay_seconds


def _stood_still(client: redis.Redis, delay_seconds: int) -> bool:
    """Whether the last batch is so long ago that what comes now may be late."""
    status = read_status(client)
    return status is not None and time.time() - status.written_at > delay_seconds


def _stop_between_batches(query: StreamingQuery) -> None:
    """Stop the query, if possible while it rests: stopped inside ``foreachBatch`` Spark logs a stack overflow."""
    deadline = time.monotonic() + _REST_SECONDS
    while query.status["isTriggerActive"] and time.monotonic() < deadline:
        time.sleep(0.01)
    query.stop()


def _require_live(settings: Settings) -> ShopClock:
    connection = database.connect(settings, application="streaming")
    try:
        migrate.require_current(connection)
        shop_clock = clock.read(connection)
        Recomputations(connection).recognise_interrupted()
    finally:
        connection.close()
    if not shop_clock.is_live:
        raise UsageError(
            f"the shop's clock runs at speed {shop_clock.speed:g}: the live path is off, only history moves"
        )
    return shop_clock


# Spark waits ten seconds for a Python process that it has started, and cannot be told to wait longer.
_TOO_SLOW = "Python worker failed to connect back"
_OURS = re.compile(r"contracts\.errors\.(?P<kind>\w+): (?P<message>.*)")


def _explained(error: Exception, checkpoint: Checkpoint) -> VitrineError:
    """One line for what ended the query: our own words where the cause was ours."""
    text = str(error)
    ours = _OURS.search(text)
    if ours:
        message = ours["message"].strip()
        if "checkpoint" in message and checkpoint.location not in message:
            message += f". The checkpoint is {checkpoint.location}"
        return TerminalError(message)
    if _TOO_SLOW in text:
        return TerminalError(
            "a Python process of Spark's took more than 10 s to begin: the machine has too much to do, or too little "
            "memory. Nothing is lost; start the job again"
        )
    if isinstance(error, Py4JJavaError):
        text = str(error.java_exception)
    first = next((line.strip() for line in text.splitlines() if line.strip()), repr(error))
    if isinstance(error, StreamingQueryException | Py4JJavaError) or "checkpoint" in text.lower():
        return TerminalError(
            f"the query ended: {first}. If its checkpoint ({checkpoint.location}) cannot be read, remove it: a new one "
            "starts before the oldest kept segment"
        )
    return TerminalError(first)
