"""What ``bench_batch`` measures of the batch: a whole run phase by phase, in a session that is open."""

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import msgspec
import psutil
import pyarrow as pa

from contracts import database
from contracts.progress import Progress
from contracts.settings import Settings
from jobs.batch import reader, tables, writer
from jobs.batch.frames import build
from jobs.batch.registry import BatchMetric
from jobs.batch.run import compute, inputs
from jobs.batch.session import FOR_METRICS, settle_for_metrics, spark_session

Results = dict[str, pa.Table]


class Phases(msgspec.Struct, frozen=True):
    """Seconds of one run: reading and shared sums, the metrics, writing and publishing; and the session's start."""

    read: float
    compute: float
    write: float
    spark: float

    @property
    def results(self) -> float:
        """Until every result was there, as the peers are measured."""
        return self.read + self.compute


def of_batch(
    configuration: Settings,
    metrics: tuple[BatchMetric, ...],
    *,
    times: int,
    master: str | None = None,
    instant: dt.datetime | None = None,
) -> tuple[list[Phases], Results, dt.datetime]:
    """The phases of each of ``times`` runs in one session, the last one's results and the instant of all."""
    with reader.Snapshot(configuration) as snapshot:
        size = snapshot.size(tables.names(instant or snapshot.instant, configuration.zone))
    began = time.monotonic()
    with spark_session(configuration, size=size, master=master) as session:
        started = time.monotonic() - began
        made = []
        for _ in range(times):
            before = {it: session.conf.get(it) for it in FOR_METRICS}
            marks = [time.monotonic()]
            with reader.Snapshot(configuration) as snapshot:
                moment = instant or snapshot.instant
                idle = dt.timedelta(minutes=configuration.cart_idle_minutes)
                read = inputs(session, snapshot, moment, configuration)
                frames = build(session, read, instant=moment, idle=idle, zone=configuration.zone)
                marks.append(time.monotonic())
                settle_for_metrics(session, frames.largest)
                found = compute(metrics, frames, Progress("bench"))
                marks.append(time.monotonic())
                _publish(configuration, found, moment)
                marks.append(time.monotonic())
            made.append(Phases(*(end - start for start, end in pairwise(marks)), spark=started))
            session.catalog.clearCache()
            for name, value in before.items():
                session.conf.set(name, value)
    return made, {it.id: table for it, table in found.items()}, moment


def _publish(configuration: Settings, found: dict[BatchMetric, pa.Table], instant: dt.datetime) -> None:
    """As a run does it: written, made the current one, and old details pruned."""
    connection = database.connect(configuration, application="bench", timeout_seconds=60)
    number = writer.begin(connection, instant=instant, as_of=None, code_version="bench")
    writer.publish(configuration, number, found, {})
    writer.prune(connection, tuple(found), newest=number, instant=instant, days=configuration.batch_runs_kept_days)
    connection.close()


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """The most memory of this process and those it started but Postgres, in MB, filled in at the end.

    What processes share is counted once (PSS) where the system tells it.
    """
    peak, stop = [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.5):
            total = 0
            for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
                try:
                    if "postgres" not in process.name():
                        memory = process.memory_full_info()
                        total += getattr(memory, "pss", memory.rss)
                except psutil.NoSuchProcess:
                    continue
            peak[0] = max(peak[0], total / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        stop.set()
        watcher.join()
