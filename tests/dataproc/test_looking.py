"""What a person asks of jobs: what a driver has written, and how the newest batches went."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from contracts.errors import VitrineError
from contracts.settings import PREFIX
from jobs.dataproc import driver_output
from jobs.dataproc.deployment import VARIABLE, Deployment
from jobs.dataproc.errors import DataprocRefused
from tests.dataproc.server import Server, State
from tests.object_server import ObjectServer

BEGINNING = "gs://loja-1-vitrine-spark/google-cloud-dataproc-metainfo/1/jobs/j/driveroutput"

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The staging bucket with what a driver has written so far: two objects, in another's neighbourhood."""
    with ObjectServer(tmp_path) as server:
        bucket = server.create_bucket("loja-1-vitrine-spark")
        beginning = BEGINNING.removeprefix("gs://loja-1-vitrine-spark/")
        bucket.blob(f"{beginning}.000000000").upload_from_string("first\nsecond\n")
        bucket.blob(f"{beginning}.000000001").upload_from_string("bad byte \xff".encode("latin-1"))
        bucket.blob("google-cloud-dataproc-metainfo/1/jobs/other/driveroutput.000000000").upload_from_string("no")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.endpoint)
        yield


@pytest.fixture
def command(deployment: Deployment) -> Command:
    """Runs ``python -m jobs.dataproc``."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        others = {name: it for name, it in os.environ.items() if not name.startswith(PREFIX)}
        return subprocess.run(
            [sys.executable, "-m", "jobs.dataproc", *arguments],
            env={**others, VARIABLE: msgspec.json.encode(deployment).decode()},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.mark.usefixtures("output")
def test_a_driver_s_output_is_all_of_its_objects_in_order() -> None:
    assert list(driver_output.lines(BEGINNING, "loja-1")) == ["first", "second", "bad byte \N{REPLACEMENT CHARACTER}"]


def test_a_driver_that_has_written_nothing_has_no_lines() -> None:
    assert list(driver_output.lines("", "loja-1")) == []


def test_output_that_is_in_no_bucket_is_refused() -> None:
    with pytest.raises(DataprocRefused, match="hdfs://output is not in a bucket"):
        list(driver_output.lines("hdfs://output", "loja-1"))


@pytest.mark.usefixtures("output")
def test_a_bucket_that_is_not_there_is_told_with_advice() -> None:
    with pytest.raises(VitrineError, match=r"reading gs://gone/output: .*is the stack paused"):
        list(driver_output.lines("gs://gone/output", "loja-1"))


@pytest.mark.usefixtures("output")
def test_the_newest_job_s_output_is_shown_or_that_of_the_one_named(server: Server, command: Command) -> None:
    nothing = command("streaming", "logs")
    assert nothing.returncode == 2
    assert "there is no streaming job yet: python -m jobs.dataproc streaming ensure" in nothing.stderr + nothing.stdout
    server.add("written", "0123456789ab", State.ERROR, output=BEGINNING)
    server.add("silent", "0123456789ab", State.RUNNING)
    assert command("streaming", "logs").stdout == ""
    assert command("streaming", "logs", "written").stdout.splitlines()[:2] == ["first", "second"]


def test_the_newest_batches_are_shown_and_one_that_failed_ends_with_1(server: Server, command: Command) -> None:
    assert json.loads(command("batch", "status").stdout) == []
    server.add("first", "", State.ERROR, part="batch")
    failed = command("batch", "status")
    assert (failed.returncode, [it["state"] for it in json.loads(failed.stdout)]) == (1, ["ERROR"])
    server.add("second", "", State.DONE, part="batch")
    done = command("batch", "status", "--most", "1")
    assert (done.returncode, [it["id"] for it in json.loads(done.stdout)]) == (0, ["second"])
