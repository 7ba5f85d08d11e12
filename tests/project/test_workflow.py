import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.project.files import ROOT
from tests.project.test_images import STARTED

FILE = ROOT / ".github" / "workflows" / "ci.yml"
# YAML 1.1 reads the key `on` as true.
WORKFLOW: dict[Any, Any] = yaml.safe_load(FILE.read_text("utf-8"))
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]


@pytest.mark.parametrize(
    ("schema", "path"),
    [("vendor.github-workflows", FILE), ("vendor.compose-spec", ROOT / "local" / "docker-compose.yml")],
    ids=["workflow", "compose"],
)
def test_the_file_follows_its_schema(schema: str, path: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned_to_a_commit_and_says_its_version() -> None:
    lines = [line.strip() for line in FILE.read_text("utf-8").splitlines() if "uses:" in line]
    assert lines
    unpinned = [line for line in lines if not re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]
    assert not unpinned


def test_the_workflow_may_only_read_and_keeps_no_credentials() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not [name for name, job in JOBS.items() if "permissions" in job]
    checkouts = [it for it in STEPS if it.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(it["with"] == {"persist-credentials": False} for it in checkouts)


def test_no_expression_is_put_into_a_script() -> None:
    assert not [it["run"] for it in STEPS if "${{" in it.get("run", "")]


def test_every_job_has_a_time_limit() -> None:
    assert not [name for name, job in JOBS.items() if "timeout-minutes" not in job]


def test_every_image_is_built() -> None:
    built = {it["target"]: it["module"] for it in JOBS["images"]["strategy"]["matrix"]["include"]}
    assert set(built) == set(STARTED)
    for target, module in built.items():
        assert any(it.startswith(module) for it in STARTED[target]), f"{module} is not what {target} starts"


def test_the_stack_is_started_on_the_promised_systems() -> None:
    matrix = JOBS["local"]["strategy"]["matrix"]
    assert matrix == {"os": ["ubuntu-latest", "ubuntu-24.04-arm", "macos-latest"], "python": ["3.11", "3.13"]}
