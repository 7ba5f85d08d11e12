"""What a month costs: computed by Terraform alone, from a file of prices that says where and when."""

import json
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
import yaml

from tests.infra.workspace import Workspace
from tests.project.files import ROOT

PRICES = ROOT / "infra" / "terraform" / "modules" / "cost" / "prices.yaml"


def cost_of(workspace: Workspace, tmp_path: Path, **variables: object) -> tuple[dict[str, float], float]:
    """The parts and the total."""
    folder, file = "modules/cost", str(tmp_path / "plan")
    given = [f"-var={name}={it if isinstance(it, str) else json.dumps(it)}" for name, it in variables.items()]
    workspace.run("plan", "-input=false", f"-out={file}", *given, folder=folder)
    outputs = json.loads(workspace.run("show", "-json", file, folder=folder))["planned_values"]["outputs"]
    return outputs["by_part"]["value"], outputs["total"]["value"]


def test_a_price_has_a_region_and_a_date() -> None:
    book = yaml.safe_load(PRICES.read_text("utf-8"))
    year, month = map(int, book["as_of"].split("-"))
    assert date(year, month, 1) <= date.today()  # noqa: DTZ011  # a month, whatever the zone
    names = {name: set(it) for name, it in book["regions"].items()}
    assert set(names) == {"us-central1", "southamerica-east1"}
    assert names["us-central1"] == names["southamerica-east1"]
    assert book["dearest"] in names


def test_the_default_s_cost_is_the_sum_of_its_parts(workspace: Workspace, tmp_path: Path) -> None:
    parts, total = cost_of(workspace, tmp_path, region="us-central1")
    assert total == pytest.approx(sum(parts.values()), abs=0.06)
    # 4 processors with 0.0335 + 0.010 an hour for 730 hours, and 50 GB at 0.10
    assert parts["Spark, streaming"] == pytest.approx(132.02)
    # 0.0413 + 3.75 x 0.0070 an hour
    assert parts["Cloud SQL, machine"] == pytest.approx(49.31)
    assert parts["Memorystore"] == pytest.approx(35.77)


def test_the_page_shows_what_the_defaults_cost(workspace: Workspace, tmp_path: Path) -> None:
    parts, total = cost_of(workspace, tmp_path, region="us-central1")
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    assert f"monthly_cost_total = {total:g}\n" in page
    shown = re.findall(r'^  "(.+)" = ([0-9.]+)$', page, re.MULTILINE)
    assert shown
    assert {name: float(it) for name, it in shown} == {name: parts[name] for name, _ in shown}
    [(node, simulators)] = re.findall(r"of which (\d+) are the node .* and (\d+) the simulators'", page)
    assert [int(node), int(simulators)] == [round(parts[it], -1 if it.startswith("Spark") else None) for it in (
        "Spark, streaming", "Cloud Run, simulators",
    )]  # fmt: skip


def test_a_paused_stack_costs_disks_only(workspace: Workspace, tmp_path: Path) -> None:
    parts, total = cost_of(workspace, tmp_path, region="us-central1", paused=True)
    assert {name for name, it in parts.items() if it} == {"Cloud SQL, disk and backups", "Images and buckets"}
    assert total < 10


def test_high_availability_doubles_the_database_and_an_unknown_region_is_the_dearest(
    workspace: Workspace, tmp_path: Path
) -> None:
    known, _ = cost_of(workspace, tmp_path, region="southamerica-east1", postgres={"high_availability": True})
    unknown, _ = cost_of(workspace, tmp_path, region="mars-north1", postgres={"high_availability": True})
    assert unknown == known
    single, _ = cost_of(workspace, tmp_path, region="southamerica-east1")
    assert known["Cloud SQL, machine"] == pytest.approx(2 * single["Cloud SQL, machine"], abs=0.02)


def test_the_command_prints_a_table(workspace: Workspace) -> None:
    printed = subprocess.run(
        ["bash", "infra/scripts/cost", "REGION=us-central1"],
        cwd=workspace.root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "Spark, streaming" in printed
    assert "prices of us-central1 as of" in printed
