"""The commands from an empty project to an empty one, with Terraform itself on the stand-in for its provider."""

import json
from typing import Any

import pytest

from tests.infra.workspace import Workspace


@pytest.fixture(scope="module")
def deployed(stand_in: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A checkout that was brought to an empty project with nothing named but the project."""
    made = Workspace(tmp_path_factory.mktemp("deployed"), stand_in)
    code, said = made.command("deploy")
    assert code == 0, said
    return made


def kept(workspace: Workspace) -> set[str]:
    """Types of what the state holds of Google Cloud."""
    state: dict[str, Any] = json.loads(workspace.state.read_text("utf-8"))
    return {it["type"] for it in state["resources"] if it["mode"] == "managed" and it["type"].startswith("google_")}


def test_a_first_deployment_goes_to_the_defaults(deployed: Workspace) -> None:
    outputs = json.loads(deployed.run("output", "-json"))
    assert (outputs["region"]["value"], outputs["environment"]["value"]) == ("us-central1", "dev")
    # What a person is told at the end.
    assert {
        "dashboard_address", "dashboard_command", "monthly_cost", "monthly_cost_total", "simulators_start",
        "simulators_stop",
    } <= set(outputs)  # fmt: skip


def test_a_paused_deployment_comes_back(deployed: Workspace) -> None:
    for name in ("pause", "resume"):
        code, said = deployed.command(name)
        assert code == 0, said
        assert ("google_dataproc_cluster" in kept(deployed)) is (name == "resume")


def test_a_plan_after_it_is_empty(deployed: Workspace) -> None:
    _, said = deployed.command("smoke", DASHBOARD_SECONDS="0", REJECTED_SECONDS="0", LETTER_SECONDS="0")
    assert "ok    a second plan is empty" in said


def test_a_replaced_cluster_is_the_only_change(deployed: Workspace) -> None:
    code, said = deployed.command("replace-cluster")
    assert code == 0, said
    assert "Apply complete! Resources: 1 added, 0 changed, 1 destroyed." in said


def test_a_cluster_with_workers_leaves_its_checkpoint_in_the_bucket_behind(deployed: Workspace) -> None:
    own = deployed.terraform / "terraform.tfvars"
    own.write_text("spark = { streaming_workers = 2 }\n", "utf-8")
    try:
        for name in ("deploy", "replace-cluster"):
            code, said = deployed.command(name)
            assert code == 0, said
    finally:
        own.unlink()
    asked = [it for it in deployed.gcloud_calls if it.startswith("storage rm")]
    assert asked == ["storage rm --recursive gs://vitrine-test-vitrine-spool/streaming/checkpoint --quiet"]


def test_the_network_is_left_alone_until_it_may_go(deployed: Workspace) -> None:
    code, said = deployed.command("destroy", KEEP_NETWORK="1")
    assert code == 0, said
    left = kept(deployed)
    assert {"google_compute_network", "google_compute_subnetwork", "google_service_networking_connection"} <= left
    # What is left costs nothing.
    assert not left & {
        "google_artifact_registry_repository", "google_cloud_run_v2_service", "google_dataproc_cluster",
        "google_pubsub_topic", "google_redis_instance", "google_sql_database_instance", "google_storage_bucket",
    }  # fmt: skip
    code, said = deployed.command("destroy")
    assert code == 0, said
    assert kept(deployed) == set()
