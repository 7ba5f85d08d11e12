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


def printed(workspace: Workspace, *options: str) -> str:
    """What the command prints."""
    return subprocess.run(
        ["bash", "infra/scripts/cost", *options], cwd=workspace.root, check=True, capture_output=True, text=True
    ).stdout


def total_of(table: str) -> float:
    """The last line of what was printed."""
    [total] = re.findall(r"^total, US\$ a month +([0-9.]+)$", table, re.MULTILINE)
    return float(total)


def test_a_price_has_a_region_and_a_date() -> None:
    book = yaml.safe_load(PRICES.read_text("utf-8"))
    year, month = map(int, book["as_of"].split("-"))
    assert date(year, month, 1) <= date.today()  # noqa: DTZ011  # a month, whatever the zone
    names = {name: set(it) for name, it in book["regions"].items()}
    assert set(names) == {"us-central1", "southamerica-east1"}
    assert names["us-central1"] == names["southamerica-east1"]
    assert book["dearest"] in names


def test_a_price_says_what_it_was_compared_with() -> None:
    book = yaml.safe_load(PRICES.read_text("utf-8"))
    everywhere = {name for name, it in book.items() if isinstance(it, float)}
    assert {name: set(it) for name, it in book["compared"].items()} == {
        "everywhere": everywhere, **{name: set(it) for name, it in book["regions"].items()},
    }  # fmt: skip
    named = {source for it in book["compared"].values() for source in it.values()}
    assert named == {*book["sources"], "nothing"}
    shown = re.findall(r"(\d+) of (\d+) for ([a-z0-9-]+)[,.]", (ROOT / "docs" / "deploy.md").read_text("utf-8"))
    assert {region: (int(unknown), int(prices)) for unknown, prices, region in shown} == {
        region: (list(it.values()).count("nothing"), len(everywhere) + len(it))
        for region, it in book["compared"].items() if region != "everywhere"
    }  # fmt: skip


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
    [(dearest, prod)] = re.findall(r"\(southamerica-east1 (\d+), prod (\d+)\)", page)
    assert int(dearest) == round(cost_of(workspace, tmp_path, region="southamerica-east1")[1], -1)
    assert f"{round(total_of(printed(workspace, 'ENVIRONMENT=prod')), -1):g}" == prod
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
    table = printed(workspace, "REGION=us-central1")
    assert "Spark, streaming" in table
    assert "prices of us-central1 as of" in table
    assert "not compared with anything since: run_memory_gb_second, " in table


@pytest.mark.parametrize(("environment", "file"), [("dev", "variables.tf"), ("prod", "environments/prod.tfvars")])
def test_a_budget_is_no_alarm_by_itself(environment: str, file: str, workspace: Workspace) -> None:
    """Nor so high that it would not tell of twice the cost."""
    total = total_of(printed(workspace, f"ENVIRONMENT={environment}"))
    text = (workspace.terraform / file).read_text("utf-8").partition("monthly_budget")[2]
    budget = re.search(r"= (\d+)$", text, re.MULTILINE)
    assert budget is not None
    assert total < float(budget[1]) < 2 * total
