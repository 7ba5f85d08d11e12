"""What is built for clusters: the code archive, the wheelhouse, and the action that installs it on a node."""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from local import locked
from tests.infra.pythons import python_312
from tests.project.files import ROOT

PACKAGING = ROOT / "infra" / "packaging"
INSTALL = ROOT / "infra" / "terraform" / "modules" / "spark" / "files" / "install.sh"
SCRIPTS = sorted((ROOT / "infra" / "scripts").iterdir())


def archive(folder: Path) -> Path:
    subprocess.run([sys.executable, str(PACKAGING / "archive.py"), str(folder)], cwd=ROOT, check=True)
    return folder / "vitrine.zip"


def test_the_archive_of_the_same_code_is_the_same_file(tmp_path: Path) -> None:
    first, second = archive(tmp_path / "1"), archive(tmp_path / "2")
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def test_the_archive_holds_the_jobs_what_they_meet_in_and_what_they_read(tmp_path: Path) -> None:
    made = archive(tmp_path)
    with zipfile.ZipFile(made) as opened:
        names = set(opened.namelist())
    assert {
        "contracts/topology.yaml",
        "contracts/migrations/0001_fontes.sql",
        "jobs/streaming/__main__.py",
        "jobs/streaming/log4j2.properties",
        "jobs/batch/__main__.py",
    } <= names
    assert {it.split("/")[0] for it in names} == {"contracts", "jobs"}
    assert not [it for it in names if "__pycache__" in it]
    assert (tmp_path / "entry.py").read_bytes() == (ROOT / "jobs" / "dataproc" / "entry.py").read_bytes()


def test_the_jobs_start_from_the_archive_s_files_alone(tmp_path: Path) -> None:
    code = tmp_path / "code"
    with zipfile.ZipFile(archive(tmp_path)) as opened:
        opened.extractall(code)
    ended = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            "import jobs.batch.__main__, jobs.streaming.run; print(jobs.streaming.run.__file__)",
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(code)},
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.stdout.strip() == str(code / "jobs" / "streaming" / "run.py"), ended.stderr


def test_the_wheelhouse_leaves_to_the_cluster_what_is_the_cluster_s() -> None:
    packages = locked.blocks((ROOT / "requirements.lock").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (PACKAGING / "wheelhouse.py").read_text("utf-8")
    extras = re.search(r"^EXTRAS = \((.+)\)$", text, re.MULTILINE)
    assert extras is not None
    wanted = locked.needed(packages, locked.roots(project, re.findall(r'"(\w+)"', extras[1])))
    assert {"pyspark", "py4j", "pyarrow", "pandas", "google-cloud-pubsub", "adbc-driver-postgresql"} <= wanted
    assert 'FROM_CLUSTER = frozenset({"pyspark", "py4j"})' in text


def _install(tmp_path: Path, wheelhouse: Path, *, path: str) -> subprocess.CompletedProcess[str]:
    """Run the action with nothing of this machine's environment."""
    return subprocess.run(
        ["bash", str(INSTALL)],
        env={
            "PATH": path,
            "HOME": str(tmp_path),
            "PIP_CONFIG_FILE": "/dev/null",
            "WHEELHOUSE": str(wheelhouse),
            "TARGET": str(tmp_path / "packages"),
            "STATE": str(tmp_path / "state"),
        },
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_node_that_has_no_wheelhouse_does_not_come_up(tmp_path: Path) -> None:
    python = python_312()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.12").symlink_to(python)
    ended = _install(tmp_path, tmp_path / "nothing", path=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert ended.returncode != 0
    assert not (tmp_path / "packages" / "lock").exists()


def test_a_node_installs_the_wheelhouse_by_hash_and_without_an_index(tmp_path: Path) -> None:
    if "TEST_WHEELHOUSE" not in os.environ:
        pytest.skip("downloads and installs 70 wheels: make test-infra does it")
    python = python_312()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.12").symlink_to(python)
    builder = tmp_path / "builder"
    subprocess.run([python, "-m", "venv", str(builder)], check=True)
    wheelhouse = tmp_path / "wheelhouse"
    subprocess.run(
        [str(builder / "bin" / "python"), str(PACKAGING / "wheelhouse.py"), str(wheelhouse)], cwd=ROOT, check=True
    )
    ended = _install(tmp_path, wheelhouse, path=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lock = hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()[:16]
    assert (tmp_path / "packages" / "lock").read_text("utf-8") == lock + "\n"
    # All that a job imports but Spark, which is the cluster's.
    imported = (
        "import adbc_driver_postgresql, datasketches, google.cloud.pubsub, google.cloud.sql.connector, msgspec, redis"
    )
    subprocess.run([str(tmp_path / "packages" / "bin" / "python"), "-c", imported], check=True)


# A bucket is a folder here; a build leaves in it what cloudbuild.yaml uploads last.
_GCLOUD = """#!/usr/bin/env bash
set -euo pipefail
at() { printf '%s/%s' "$BUCKETS" "${1#gs://}"; }
case "$*" in
  "storage objects describe "*) test -e "$(at "$4")" ;;
  "artifacts docker images describe "*) test -e "$BUCKETS/images/$5" ;;
  "storage cp - "*) mkdir -p "$(dirname "$(at "$4")")"; cat > "$(at "$4")" ;;
  "builds submit "*)
    echo build >> "$BUCKETS/builds"
    for object in "code/$DIGEST/done" wheelhouse/current; do mkdir -p "$(dirname "$BUCKETS/$BUCKET/$object")"; done
    echo "$LOCK" > "$BUCKETS/$BUCKET/wheelhouse/current"
    mkdir -p "$BUCKETS/images/$REGISTRY"
    touch "$BUCKETS/images/$REGISTRY/release:$DIGEST" "$BUCKETS/$BUCKET/code/$DIGEST/done" ;;
  *) echo "not expected: $*" >&2; exit 2 ;;
esac
"""


@pytest.fixture
def submitting(tmp_path: Path) -> Callable[[str, str], None]:
    """Submits the build of a digest and its lock, into folders."""
    (tmp_path / "gcloud").write_text(_GCLOUD)
    (tmp_path / "gcloud").chmod(0o755)

    def submit(digest: str, lock: str) -> None:
        subprocess.run(
            ["bash", str(PACKAGING / "submit")],
            env={
                "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "BUCKETS": str(tmp_path), "PROJECT": "loja-1",
                "REGION": "us-central1", "REGISTRY": "r", "BUCKET": "b", "DIGEST": digest, "LOCK": lock,
                "SERVICE_ACCOUNT": "s",
            },
            check=True,
        )  # fmt: skip

    return submit


def test_after_a_roll_back_a_new_node_finds_the_older_packages_and_nothing_is_built_again(
    tmp_path: Path, submitting: Callable[[str, str], None]
) -> None:
    for digest, lock in (("d1", "l1"), ("d2", "l2"), ("d1", "l1")):
        submitting(digest, lock)
        assert (tmp_path / "b" / "wheelhouse" / "current").read_text("utf-8") == f"{lock}\n"
    assert (tmp_path / "builds").read_text("utf-8").count("build") == 2


def test_a_roll_back_to_what_the_registry_has_cleaned_up_builds_it_again(
    tmp_path: Path, submitting: Callable[[str, str], None]
) -> None:
    submitting("d1", "l1")
    (tmp_path / "images" / "r" / "release:d1").unlink()
    submitting("d1", "l1")
    assert (tmp_path / "builds").read_text("utf-8").count("build") == 2


@pytest.mark.parametrize("script", [*SCRIPTS, INSTALL, PACKAGING / "submit"], ids=lambda it: it.name)
def test_a_script_is_bash_that_stops_at_the_first_failure(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    text = script.read_text("utf-8")
    assert "set -euo pipefail" in text or 'source "$(dirname "$0")/common"' in text


@pytest.mark.parametrize("command", ["deploy", "pause", "resume", "smoke", "destroy", "replace-cluster"])
def test_a_command_without_a_project_says_how_it_is_called(command: str) -> None:
    ended = subprocess.run(
        ["bash", str(ROOT / "infra" / "scripts" / command)],
        env={"PATH": os.environ["PATH"]},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (2, f"name the project: make {command} PROJECT=my-project\n")
