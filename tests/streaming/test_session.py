"""What Spark is configured with, where that depends on a setting."""

from pathlib import Path

import pytest

from contracts import settings
from jobs.streaming.session import spark_options

MANAGER = "spark.sql.streaming.checkpointFileManagerClass"
LOCAL_FILES = "spark.hadoop.fs.file.impl"


@pytest.mark.parametrize("checkpoint", ["", "/fast/disk"])
def test_a_checkpoint_on_a_local_disk_is_written_by_plain_renames(checkpoint: str) -> None:
    options = spark_options(settings.load({"VITRINE_STREAMING_CHECKPOINT": checkpoint}), Path("/data"))
    assert options[MANAGER].endswith(".FileSystemBasedCheckpointFileManager")
    assert options[LOCAL_FILES] == "org.apache.hadoop.fs.RawLocalFileSystem"


def test_a_checkpoint_in_a_bucket_is_left_to_spark_and_scratch_stays_on_the_disk() -> None:
    options = spark_options(settings.load({"VITRINE_STREAMING_CHECKPOINT": "gs://shop/live"}), Path("/data/scratch"))
    assert MANAGER not in options
    assert LOCAL_FILES not in options
    assert (options["spark.local.dir"], options["spark.sql.warehouse.dir"]) == (
        "/data/scratch",
        "/data/scratch/warehouse",
    )
    assert "gs://" not in str(options)
