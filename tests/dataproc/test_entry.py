"""What a cluster runs: the packages' lock, the code, the environment; once for real, by spark-submit."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pyspark
import pytest

from jobs.dataproc import entry

ARGUMENTS = [
    *("--as-of", "now", "--lock", "abc", "--revision", "r1", "--project", "loja-1"),
    *("--conf", "spark.hadoop.fs.defaultFS=file:///", "--set", "VITRINE_PROJECT_ID=loja-1"),
    *("--secret", "VITRINE_REDIS_PASSWORD=vitrine-redis-auth"),
    *("--file", "VITRINE_REDIS_CA_CERTIFICATES=vitrine-redis-ca"),
    *("--", "jobs.streaming", "run"),
]


def test_packages_of_another_lock_are_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("abc\n")
    entry.require_lock("abc", tmp_path)
    with pytest.raises(SystemExit, match=r"are from the lock abc, this code's from def.*make replace-cluster"):
        entry.require_lock("def", tmp_path)


def test_packages_without_a_lock_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="are from the lock none"):
        entry.require_lock("abc", tmp_path)


def test_a_job_without_its_archive_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"vitrine\.zip is not among /usr/lib"):
        entry.archive_among(["/usr/lib"])


def test_code_is_unpacked_once_and_whole(tmp_path: Path) -> None:
    archive = tmp_path / "vitrine.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("jobs/streaming/log4j2.properties", "first")
    folder = entry.unpack(archive, tmp_path / "code" / "r1")
    assert (folder / "jobs" / "streaming" / "log4j2.properties").read_text() == "first"
    archive.unlink()
    assert entry.unpack(archive, folder) == folder
    assert [it.name for it in folder.parent.iterdir()] == ["r1"]


def test_the_environment_holds_settings_secrets_and_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "4711")
    monkeypatch.setenv("PYTHONPATH", "/tmp/vitrine.zip:/usr/lib/spark/python")
    secrets = {"vitrine-redis-auth": b"senha", "vitrine-redis-ca": b"-----BEGIN"}
    made = entry.environment(
        entry.parse(ARGUMENTS), Path("/tmp/vitrine.zip"), Path("/code"), secrets.__getitem__, tmp_path / "secrets"
    )
    assert made["VITRINE_PROJECT_ID"] == "loja-1"
    assert made["VITRINE_REDIS_PASSWORD"] == "senha"
    path = Path(made["VITRINE_REDIS_CA_CERTIFICATES"])
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"-----BEGIN", 0o600)
    assert "PYSPARK_GATEWAY_PORT" not in made
    assert made["PYTHONPATH"] == "/code:/usr/lib/spark/python"
    assert made["PYSPARK_SUBMIT_ARGS"] == "--conf spark.hadoop.fs.defaultFS=file:/// pyspark-shell"


def test_a_job_without_a_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        entry.parse(ARGUMENTS[:-3])
    assert "MODULE" in capsys.readouterr().err


READING = """
import os
from pyspark.sql.datasource import DataSource, DataSourceReader

class Probe(DataSource):
    def schema(self):
        return "said string, path string"
    def reader(self, schema):
        return Reader()

class Reader(DataSourceReader):
    def read(self, partition):
        yield (os.environ.get("VITRINE_PROJECT_ID", "nothing"), __file__)
"""
PROBE = """
import json, os, sys
from pathlib import Path
from pyspark.sql import SparkSession
from probe.reading import Probe

if __name__ == "__main__":
    master = os.environ["VITRINE_STREAMING_MASTER"]
    spark = SparkSession.builder.master(master).config("spark.ui.enabled", "false").getOrCreate()
    spark.dataSource.register(Probe)
    worker = spark.read.format("Probe").load().collect()[0]
    home = spark._jsc.hadoopConfiguration().get("fs.defaultFS")
    beside = Path(__file__).with_name("beside.txt").read_text()
    Path(sys.argv[1]).write_text(json.dumps([worker.said, home, beside, sys.argv[2:], worker.path]))
    spark.stop()
"""


@pytest.mark.parametrize(
    ("master", "conf", "code"),
    [
        ("local[1]", [], "/work/code/r1/probe/reading.py"),
        # An executor that has only what Spark brings it.
        ("local-cluster[1,1,1024]", ["--conf", "spark.executorEnv.PYTHONPATH="], "/vitrine.zip/probe/reading.py"),
    ],
)
def test_a_submitted_job_becomes_the_command_and_its_settings_and_code_reach_every_process(
    tmp_path: Path, master: str, conf: list[str], code: str
) -> None:
    """What Dataproc does on its master node: spark-submit with the archive, in the packages' own environment."""
    archive = tmp_path / "vitrine.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("probe/__init__.py", "")
        made.writestr("probe/__main__.py", PROBE)
        made.writestr("probe/reading.py", READING)
        made.writestr("probe/beside.txt", "beside")
    packages = tmp_path / "packages"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(packages)], check=True)
    (site,) = packages.glob("lib/python*/site-packages")
    (site / "all.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (packages / "lock").write_text("abc\n")
    python = str(packages / "bin" / "python")
    answer = tmp_path / "answer.json"
    job = [
        *("--as-of", "2026-10-31", "--lock", "abc", "--revision", "r1", "--project", "loja-1"),
        *("--conf", "spark.hadoop.fs.defaultFS=file:///tmp", "--set", "VITRINE_PROJECT_ID=loja-1", *conf),
        *("--set", f"VITRINE_STREAMING_MASTER={master}", "--", "probe", str(answer)),
    ]
    spark = Path(pyspark.__file__).parent
    ended = subprocess.run(
        [
            *(str(spark / "bin" / "spark-submit"), "--master", "local[1]", "--py-files", str(archive)),
            *("--conf", f"spark.pyspark.python={python}", "--driver-memory", "512m"),
            *(entry.__file__, *job),
        ],
        env={**os.environ, "SPARK_HOME": str(spark), "VITRINE_LOCAL_FOLDER": str(tmp_path / "work")},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    *told, path = json.loads(answer.read_text())
    assert told == ["loja-1", "file:///tmp", "beside", ["--as-of", "2026-10-31"]]
    assert path.endswith(code)
