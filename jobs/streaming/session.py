"""The Spark session of the streaming job, and why each option is as it is."""

import os
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from contracts import java, scratch
from contracts.settings import Settings
from jobs.streaming.footprint import share_native_memory


def spark_options(settings: Settings, folder: Path) -> dict[str, str]:
    """What the session is configured with; what it needs only while it lives stays in ``folder``."""
    log_file = Path(__file__).with_name("log4j2.properties")
    options = {
        "spark.driver.memory": settings.streaming_driver_memory,
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log_file.as_uri()} "
        f"{java.option(f'-Dderby.system.home={folder}')} {java.option(f'-Djava.io.tmpdir={folder}')} "
        f"{java.shared_class_options()}",
        "spark.ui.enabled": "false",
        # What the user interface would show is kept even without one: by default of 100,000 tasks, and each
        # query's plan as a long text.
        "spark.sql.ui.explainMode": "simple",
        "spark.sql.ui.retainedExecutions": "10",
        "spark.ui.retainedJobs": "10",
        "spark.ui.retainedStages": "10",
        "spark.ui.retainedTasks": "100",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        # Fixed by the first checkpoint. Each partition costs a task and state files in every batch, and what is
        # shuffled are panes, not rows: a few thousand however large the batch.
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.streaming.stateStore.providerClass": (
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
        ),
        "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
        "spark.sql.streaming.checkpoint.fileChecksum.enabled": "false",
        "spark.sql.streaming.minBatchesToRetain": "20",
        # A batch without data would only move the watermark: the next one with data does that too.
        "spark.sql.streaming.noDataMicroBatches.enabled": "false",
        # Spark writes its code anew for every task, up to a third of a small batch, to run it on a few thousand parts
        # of panes.
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        # The default of 128 keys sends every sketch through a sort.
        "spark.sql.objectHashAggregate.sortBased.fallbackThreshold": "100000",
        "spark.python.worker.reuse": "true",
    }
    if "://" not in settings.checkpoint_location:
        # On a local disk: plain renames rather than a forked chmod and readlink for each file, and no .crc
        # beside it. Batches take a third less time for it. In a bucket it stays Spark's own choice, FileContext: the
        # connector's FileSystem says nothing but "false" when a file to be replaced is there, and Spark goes on with
        # the one of before.
        options |= {
            "spark.sql.streaming.checkpointFileManagerClass": (
                "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager"
            ),
            "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
        }
    return options


def start(settings: Settings, folder: Path) -> SparkSession:
    """A running session, whose temporary files are below ``folder``.

    Raises ``MissingProgram`` where there is no Java that Spark can use, and ``StorageRefused``.
    """
    java.require()
    # The source runs in processes that the JVM starts: they must be this interpreter.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    share_native_memory()
    builder = SparkSession.builder.appName("vitrine-streaming").master(settings.streaming_master)
    for name, value in spark_options(settings, scratch.own_folder(folder / "scratch")).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
