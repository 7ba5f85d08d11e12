"""One run of the batch: read, compute, publish."""

import datetime as dt
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import msgspec

from contracts import clock, database, log, migrate
from contracts.errors import DatabaseUnavailable, TerminalError, UsageError, VitrineError
from contracts.progress import Progress
from contracts.settings import Settings
from jobs.batch import periods, quality, reader, tables, writer
from jobs.batch.frames import Frames, Inputs, build, products, web
from jobs.batch.registry import BatchMetric, all_metrics
from jobs.batch.session import settle_for_metrics, settle_for_reading, spark_session
from jobs.batch.sharing import PriceHistory

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

# How Java and Python say that a disk is full, or that a limit of it is reached.
_FULL = ("No space left on device", "Disk quota exceeded", "File too large")
# Metrics computed at once: enough to fill the cores while one waits for its shuffle.
_AT_ONCE = 4


class Report(msgspec.Struct, frozen=True):
    """What a run did: rows read by table and written by metric, what was odd, seconds by phase."""

    run: int
    instant: dt.datetime
    read: dict[str, int]
    written: dict[str, int]
    findings: dict[str, int]
    seconds: dict[str, float]


def run(
    settings: Settings,
    *,
    progress: Progress,
    as_of: dt.date | None = None,
    master: str | None = None,
    accept_loss: bool = False,
    stays: bool = False,
) -> Report:
    """Compute every metric as of now, or as of the end of the day ``as_of``, and publish them.

    ``stays``: more runs follow in this process.

    Raises ``UsageError`` for a day in the shop's future, ``TerminalError`` when another run is under
    way, the schema is not this code's, or tables have lost rows since the run before (``accept_loss``
    publishes all the same), ``DatabaseUnavailable`` when Postgres is away. In all these cases the
    current run stays as it was.
    """
    connection = database.connect(settings, application="batch", timeout_seconds=60)
    migrate.require_current(connection)
    _require_past(as_of, clock.read(connection).day(settings.zone))
    with writer.only_run(connection), reader.Snapshot(settings) as snapshot:
        instant = _instant(as_of, snapshot.instant, settings)
        snapshot.require(tables.names(instant, settings.zone))
        before = {} if accept_loss else writer.rows_read_before(connection, instant=instant)
        number = writer.begin(connection, instant=instant, as_of=as_of, code_version=_code_version())
        try:
            report = _compute_and_publish(
                settings, snapshot, number, instant, before=before, master=master, progress=progress, stays=stays
            )
        except BaseException as error:
            _give_up(connection, number, error)
            raise
        pruned = writer.prune(
            connection, all_metrics(), newest=number, instant=instant, days=settings.batch_runs_kept_days
        )
    log.get(__name__).info("run published", **msgspec.to_builtins(report), pruned=pruned)
    if not report.read["transacoes_vendas"]:
        log.get(__name__).warning("there are no sales: the metrics have no rows", instant=instant)
    return report


def _compute_and_publish(
    settings: Settings,
    snapshot: reader.Snapshot,
    number: int,
    instant: dt.datetime,
    *,
    before: dict[str, int],
    master: str | None,
    progress: Progress,
    stays: bool,
) -> Report:
    seconds: dict[str, float] = {}
    metrics = all_metrics()
    size = snapshot.size(tables.names(instant, settings.zone))
    with progress.steps(len(metrics) + 3), _spark_errors_translated(settings):
        with _timed(seconds, "spark"), progress.step("starting Spark"):
            started = spark_session(settings, size=size, master=master, stays=stays)
            session = started.__enter__()
        try:
            with _timed(seconds, "read"), progress.step("reading Postgres"):
                frames = build(
                    session,
                    inputs(session, snapshot, instant, settings),
                    instant=instant,
                    idle=dt.timedelta(minutes=settings.cart_idle_minutes),
                    zone=settings.zone,
                )
            quality.require_as_much(frames.rows, before)
            settle_for_metrics(session, frames.largest)
            with _timed(seconds, "compute"), ThreadPoolExecutor(1, thread_name_prefix="quality") as beside:
                later_findings = beside.submit(quality.findings, frames, instant=instant)
                results = compute(metrics, frames, progress)
                findings = later_findings.result()
        finally:
            started.__exit__(None, None, None)
        written = {metric.id: table.num_rows for metric, table in results.items()}
        details = {"linhas": {"lidas": frames.rows, "gravadas": written}, "achados": findings, "segundos": seconds}
        with _timed(seconds, "publish"), progress.step("publishing"):
            writer.publish(settings, number, results, details)
    rounded = {name: round(it, 2) for name, it in seconds.items()}
    return Report(number, instant, frames.rows, written, findings, rounded)


def inputs(session: "SparkSession", snapshot: reader.Snapshot, instant: dt.datetime, settings: Settings) -> Inputs:
    """What a run as of ``instant`` reads, in the snapshot."""
    partitions = settle_for_reading(session, snapshot.size(tables.names(instant, settings.zone)), settings)

    def read(scan: tables.Scan, **how: Any) -> Any:
        return reader.read(session, snapshot, scan, partitions=partitions, **how)

    catalogue = reader.fetch(settings, snapshot, tables.catalogue_versions(instant))
    # The catalogue goes to every worker: it is needed whole wherever an order is shared among its items.
    through = products.shared(PriceHistory(catalogue), settings.zone)
    return Inputs(
        sales=read(tables.sales(instant), through=through, schema=products.SHARED),
        web=read(tables.web_events(instant), through=web.summarised, schema=web.SUMMARIES),
        customer_versions=read(tables.customer_versions(instant)),
        catalogue_rows=catalogue.num_rows,
        customer_days=reader.fetch(settings, snapshot, tables.customer_days(instant, settings.zone)),
    )


def compute(metrics: tuple[BatchMetric, ...], frames: Frames, progress: Progress) -> "dict[BatchMetric, pa.Table]":
    """The rows of each metric, with its columns after ``execucao``."""

    def result(metric: BatchMetric) -> "pa.Table":
        with progress.step(metric.id):
            return metric.compute(frames).toArrow()

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="metric") as pool:
        return dict(zip(metrics, pool.map(result, metrics), strict=True))


def _require_past(as_of: dt.date | None, today: dt.date) -> None:
    if as_of is not None and as_of > today:
        raise UsageError(f"--as-of {as_of} lies in the future: the shop's today is {today}")


def _instant(as_of: dt.date | None, now: dt.datetime, settings: Settings) -> dt.datetime:
    """The moment that a run describes: the end of the day asked for, or now when that is earlier."""
    if as_of is None:
        return now
    return min(now, periods.midnight(as_of + dt.timedelta(days=1), settings.zone).astimezone(dt.UTC))


def _give_up(connection: database.Connection, number: int, error: BaseException) -> None:
    try:
        writer.fail(connection, number, f"{type(error).__name__}: {error}")
    except VitrineError as problem:
        # The next run finds this one unfinished and ends it.
        log.get(__name__).warning("the failure could not be written down", run=number, problem=str(problem))


@contextmanager
def _spark_errors_translated(settings: Settings) -> Iterator[None]:
    """Turn what Spark raises into one line: Postgres away, or the last line of the failure."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        try:
            database.connect(settings, application="batch-probe", timeout_seconds=5).close()
        except DatabaseUnavailable as away:
            raise DatabaseUnavailable(f"Postgres went away while it was read: {away}") from error
        lines = [it.strip() for it in str(error).splitlines() if it.strip()]
        full = [it for it in lines if any(reason in it for reason in _FULL)]
        if full:
            folder = (settings.local_folder / "batch").resolve()
            raise TerminalError(f"no room for Spark's files in {folder}: {full[-1]}") from error
        telling = [it for it in lines if not it.startswith(("at ", "File ", "^", "..."))]
        raise TerminalError(f"Spark failed: {(telling or lines or [repr(error)])[-1]}") from error


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = time.monotonic()
    try:
        yield
    finally:
        seconds[phase] = time.monotonic() - start


def _code_version() -> str:
    try:
        return version("vitrine")
    except PackageNotFoundError:
        return "source"
