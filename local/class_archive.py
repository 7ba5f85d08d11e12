"""``python -m local.class_archive``: an archive of Spark's loaded classes beside the environment's packages.

Java then maps them instead of reading, checking and linking them one by one, half of what Spark's start takes. It is
made with an environment, by a session that does in small what the jobs do and leaves its classes when it ends.
Where it cannot be made, Spark starts as ever.
"""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from contracts import java
from contracts.errors import MissingProgram
from local.servers.java import find_java

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_LONGEST_SECONDS = 120


def main() -> None:
    """Make the archive of this environment anew."""
    archive = java.class_archive()
    # Java would go on without one that does not fit any more, and nobody would know.
    archive.unlink(missing_ok=True)
    typer.echo("Archiving Spark's classes, so that it starts in half the time (once, half a minute) ...")
    with tempfile.TemporaryDirectory() as folder:
        try:
            home = find_java(Path(folder)).home
        except MissingProgram as problem:
            typer.echo(f"... not now: {problem}", err=True)
            return
        # A process of its own, for all that Spark and Java print.
        made = subprocess.run(  # noqa: S603 - this module
            [sys.executable, "-m", "local.class_archive", str(archive), folder],
            env=os.environ | {"JAVA_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
    if not archive.exists():
        typer.echo(f"... Spark starts without: {made.stderr.strip()[-500:] or 'this Java makes none'}", err=True)


def build(archive: Path, scratch: Path) -> None:
    """Make the archive; there is none afterwards where this Java makes none."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    # Java writes it when it ends: not where another would begin to read it.
    unfinished = archive.with_suffix(f".{os.getpid()}")
    archiving = java.option(f"-XX:ArchiveClassesAtExit={unfinished}")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.extraJavaOptions", f"{archiving} {java.SILENT}")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.local.dir", str(scratch / "spark"))
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.adaptive.enabled", "false")
        .config(
            "spark.sql.streaming.stateStore.providerClass",
            "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
        )
        .getOrCreate()
    )
    gateway = SparkContext._gateway
    assert gateway is not None
    try:
        _sum_up(session)
        _stream(session, scratch / "checkpoint")
    finally:
        session.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(_LONGEST_SECONDS)
    if unfinished.exists():
        unfinished.replace(archive)


def _sum_up(session: "SparkSession") -> None:
    """As the batch does: rows from Python, frames that are kept, sums, ranks and joins."""
    import pyarrow as pa
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    def rows(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa

        now = datetime(2026, 1, 1, tzinfo=UTC)
        for batch in batches:
            for number in batch["id"].to_pylist():
                columns = {"id": [number], "nome": [str(number)], "momento": [now], "lista": [[number]]}
                yield pa.RecordBatch.from_pydict(columns, schema=schema)

    schema = pa.schema(
        [
            ("id", pa.int64()),
            ("nome", pa.string()),
            ("momento", pa.timestamp("us", "UTC")),
            ("lista", pa.list_(pa.int64())),
        ]
    )
    read = (
        session.range(0, 100, 1, 2)
        .mapInArrow(rows, "id bigint, nome string, momento timestamp, lista array<bigint>")
        .withColumn("dia", F.to_date(F.from_utc_timestamp("momento", "America/Sao_Paulo")))
        .persist()
    )
    sums = (
        read.groupBy("dia", "nome")
        .agg(F.sum("id").alias("soma"), F.countDistinct("id").alias("n"), F.flatten(F.collect_list("lista")).alias("l"))
        .persist()
    )
    best = F.row_number().over(Window.partitionBy("dia").orderBy(F.desc("soma"), "nome"))
    sums.withColumn("posicao", best).join(read.select("nome", F.inline(F.arrays_zip("lista"))), "nome").toArrow()
    names = session.createDataFrame(pa.table({"nome": ["1", "2"]}))
    names.unionByName(read.select("nome")).join(sums, "nome", "left").orderBy("soma").toArrow()


def _stream(session: "SparkSession", checkpoint: Path) -> None:
    """As the streaming job does: one aggregation with sketches in update mode, each batch to Arrow."""
    from pyspark.sql import functions as F

    def write(changed: "DataFrame", _batch: int) -> None:
        changed.toArrow()

    (
        session.readStream.format("rate-micro-batch")
        .option("rowsPerBatch", 100)
        .load()
        .withWatermark("timestamp", "1 minute")
        .groupBy(F.window("timestamp", "1 hour"), (F.col("value") % 3).alias("chave"))
        .agg(F.sum("value"), F.max("value"), F.hll_sketch_agg("value"))
        .writeStream.outputMode("update")
        .option("checkpointLocation", str(checkpoint))
        .trigger(availableNow=True)
        .foreachBatch(write)
        .start()
        .awaitTermination(_LONGEST_SECONDS)
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        build(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
