import sys
from pathlib import Path

import pytest
from pyspark import SparkContext

from contracts import java
from contracts.settings import Settings
from jobs.batch import session


@pytest.mark.parametrize(("size", "partitions"), [(0, 1), (64_000_000, 1), (64_000_001, 2), (6_400_000_000, 100)])
def test_there_is_a_partition_for_so_many_bytes_and_one_for_each_core_at_least(spark, size, partitions):
    before = spark.conf.get("spark.sql.shuffle.partitions")
    try:
        assert session.settle_for_reading(spark, size, Settings()) == partitions
        assert spark.conf.get("spark.sql.shuffle.partitions") == str(partitions)
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", before)


@pytest.mark.parametrize(
    ("size", "stays", "is_quick_alone"),
    [(0, False, True), (299_999_999, False, True), (300_000_000, False, False), (0, True, False)],
)
def test_java_optimises_its_code_where_there_is_much_to_read_or_more_to_come(tmp_path, size, stays, is_quick_alone):
    options = session.spark_options(Settings(), tmp_path, size, stays=stays)
    assert ("-XX:TieredStopAtLevel=1 " in options["spark.driver.extraJavaOptions"]) is is_quick_alone


@pytest.mark.skipif(sys.platform != "linux", reason="only there the system tells which files a process maps")
def test_spark_maps_the_archive_of_its_classes(spark):
    maps = Path(f"/proc/{_java_of(spark)}/maps").read_text()
    assert str(java.class_archive()) in maps


def _java_of(spark):
    runtime = SparkContext._jvm.java.lang.management.ManagementFactory.getRuntimeMXBean()
    return runtime.getName().partition("@")[0]
