"""The Spark session of the batch."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contracts import java, scratch
from contracts.errors import MissingProgram
from contracts.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


# Over less than this a run ends before what Java's optimising compiler makes of its code pays: a whole run over
# 1.5 M rows (180 MB) took 81 s with the quick compiler alone and 93 s with both, one over 5 M rows (590 MB) 185 s and
# 160 s.
_BYTES_TO_OPTIMISE_FOR = 300_000_000


def spark_options(settings: Settings, folder: Path, size: int, *, stays: bool) -> dict[str, str]:
    """What a session that reads ``size`` bytes of tables begins with; its temporary files stay in ``folder``."""
    log_file = Path(__file__).with_name("log4j2.properties")
    compilers = "" if stays or size >= _BYTES_TO_OPTIMISE_FOR else "-XX:TieredStopAtLevel=1 "
    return {
        "spark.driver.memory": settings.batch_driver_memory,
        # Java gives the quick compiler 48 MB for its code, which was full, and compiling at an end, before a session's
        # second run was over.
        "spark.driver.extraJavaOptions": f"{compilers}-XX:ReservedCodeCacheSize=240m "
        f"-Dlog4j2.configurationFile={log_file.as_uri()} {java.option(f'-Djava.io.tmpdir={folder}')} "
        f"{java.shared_class_options()}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        # Several threads share cached frames, and with adaptive plans that is not safe in Spark 4.1: where reading
        # failed, two of them waited for each other for ever (the failed plan is cached anew under a lock,
        # SPARK-49982); and a cache may pass for complete before it is, perhaps for empty (SPARK-57547).
        "spark.sql.adaptive.enabled": "false",
        # A sum that does not fit fails rather than wraps around.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
        # The cache is read a handful of times and thrown away: compressing it costs more than it saves.
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        # Metrics are computed a few at a time: small ones need not wait for large ones.
        "spark.scheduler.mode": "FAIR",
    }


@contextmanager
def spark_session(
    settings: Settings, *, size: int, master: str | None = None, stays: bool = False
) -> "Iterator[SparkSession]":
    """A running session for tables of ``size`` bytes, stopped at the end. ``stays``: more follow in this process.

    Raises ``MissingProgram`` where there is no Java, and ``StorageRefused``.
    """
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    folder = scratch.own_folder((settings.local_folder / "batch" / "scratch").resolve())
    # The Python data source runs in processes that the JVM starts: they must be this interpreter.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("vitrine-batch").master(master or settings.batch_master)
    for name, value in spark_options(settings, folder, size, stays=stays).items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except (PySparkRuntimeError, FileNotFoundError) as error:
        raise MissingProgram(
            f"Spark does not start: it needs Java 17 or 21 (JAVA_HOME={os.environ.get('JAVA_HOME', '')!r}): {error}"
        ) from error
    try:
        yield session
    finally:
        session.stop()


def settle_for_reading(session: "SparkSession", size: int, settings: Settings) -> int:
    """Set the session up to sum tables of so many bytes; the number of partitions, one for each core at least.

    A partition costs a task in every stage, some tens of milliseconds, however little is in it.
    """
    partitions = max(session.sparkContext.defaultParallelism, -(-size // settings.batch_partition_bytes))
    session.conf.set("spark.sql.shuffle.partitions", partitions)
    return partitions


# What metrics are made of grows with the calendar, the catalogue and the cities, not with the sales. Spreading
# such a plan costs more than running it.
_FOR_SUMS = {"spark.sql.shuffle.partitions": "2"}
# For frames of some ten thousand rows compiling code costs more as well: without it literal frames took 2.9 s of
# the JVM instead of 4.7, and the metrics of a first history of 72,000 sales 9.3 instead of 11.9. Those of a
# year with 1,000 products, of which 100,000 sales made frames of 200,000 rows, took 24 instead of 18.
_WITHOUT_CODE = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
_FEW_ROWS = 100_000
FOR_METRICS = (*_FOR_SUMS, *_WITHOUT_CODE)


def settle_for_metrics(session: "SparkSession", rows: int) -> None:
    """Set the session up for metrics whose largest frame has so many rows."""
    for name, value in (_FOR_SUMS | (_WITHOUT_CODE if rows < _FEW_ROWS else {})).items():
        session.conf.set(name, value)
