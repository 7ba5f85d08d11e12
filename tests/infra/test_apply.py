"""Applied against the stand-in: a second plan is empty, a release leaves the cluster alone, a pause keeps the data."""

import json
from collections import Counter
from typing import Any

import pytest

from jobs.streaming.checkpoint import open_checkpoint
from tests.infra.policies import Plan, resources
from tests.infra.workspace import Workspace

# What may be asked of a resource, as Terraform writes it.
_CREATE, _UPDATE, _DELETE, _REPLACE = ["create"], ["update"], ["delete"], ["delete", "create"]


def changes(plan: Plan) -> dict[str, list[str]]:
    """What a plan would do, by address."""
    return {
        it["address"]: it["change"]["actions"]
        for it in plan["resource_changes"]
        if it["mode"] == "managed" and it["change"]["actions"] != ["no-op"]
    }


@pytest.fixture(scope="module")
def applied(stand_in: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A checkout whose defaults were applied."""
    made = Workspace(tmp_path_factory.mktemp("applied"), stand_in)
    made.apply()
    return made


@pytest.fixture(scope="module")
def second(applied: Workspace) -> Plan:
    """The plan right after the first apply."""
    return applied.plan()


def test_a_second_plan_is_empty(second: Plan) -> None:
    assert changes(second) == {}
    assert {name: it["actions"] for name, it in second["output_changes"].items() if it["actions"] != ["no-op"]} == {}


def test_gcloud_makes_agents_builds_once_signs_cookies_and_starts_a_shop(applied: Workspace) -> None:
    calls = Counter(" ".join(it.split()[:3]) for it in applied.gcloud_calls)
    assert calls == {
        "beta services identity": 6,
        "storage objects describe": 1,
        "builds submit .": 1,
        "secrets versions add": 1,
        "run jobs execute": 1,
    }
    order = [it.split()[0] for it in applied.gcloud_calls]
    # Agents before what is granted to them, images before what runs from them.
    assert order.index("beta") < order.index("builds") < order.index("run")


def test_every_service_account_is_what_something_runs_as(second: Plan) -> None:
    emails = {it["values"]["email"] for it in resources(second, "google_service_account")}
    assert len(emails) == 8
    running = [
        it for it in resources(second)
        if not it["type"].endswith("_iam_member") and it["type"] not in {"google_service_account", "google_sql_user"}
    ]  # fmt: skip
    unused = {it for it in emails if it not in str(running)}
    # Cloud Build is called by a script, which is given the account's name.
    assert unused == {"vitrine-build@vitrine-test.iam.gserviceaccount.com"}


def test_nodes_of_clusters_are_reached_by_nodes_of_clusters_alone(second: Plan) -> None:
    (firewall,) = resources(second, "google_compute_firewall")
    nodes = [f"vitrine-{it}@vitrine-test.iam.gserviceaccount.com" for it in ("batch", "streaming")]
    assert sorted(firewall["values"]["source_service_accounts"]) == nodes
    assert sorted(firewall["values"]["target_service_accounts"]) == nodes
    assert firewall["values"]["direction"] == "INGRESS"
    assert not firewall["values"]["source_ranges"]


def test_a_password_of_redis_is_the_only_secret_in_the_state(applied: Workspace) -> None:
    state = applied.state.read_text("utf-8")
    assert state.count("google_redis_instance/vitrine-live/auth_string") == 1
    assert '"secret_data_wo": null' in state


def test_a_component_is_told_where_its_servers_are(second: Plan) -> None:
    (pool,) = resources(second, "google_cloud_run_v2_worker_pool")
    (container,) = pool["values"]["template"][0]["containers"]
    told = {it["name"]: it["value"] for it in container["env"] if not it["value_source"]}
    assert told["VITRINE_POSTGRES_INSTANCE"] == "vitrine-test:stand-in:vitrine-1"
    assert told["VITRINE_POSTGRES_USER"] == "vitrine-ingest@vitrine-test.iam"
    assert told["VITRINE_REDIS_HOST"] == "10.24.1.3"
    assert told["VITRINE_REDIS_CA_CERTIFICATES"] == "/secrets/vitrine-redis-ca/value"


def test_a_release_changes_what_runs_and_leaves_the_cluster_alone(applied: Workspace) -> None:
    touched = applied.root / "jobs" / "streaming" / "rows.py"
    before = touched.read_text("utf-8")
    touched.write_text(before + "\n# changed\n")
    try:
        todo = changes(applied.plan())
    finally:
        touched.write_text(before)
    assert todo.pop("module.project.terraform_data.build") == _REPLACE
    # The provider replaces a template whose job changed; the stand-in, which knows no such rule, calls it an update.
    assert todo == {
        "module.run.module.release.google_cloud_run_v2_job.this": _UPDATE,
        "module.run.module.simulators.google_cloud_run_v2_job.this": _UPDATE,
        "module.run.module.watch.google_cloud_run_v2_job.this": _UPDATE,
        "module.run.google_cloud_run_v2_service.dashboard": _UPDATE,
        "module.run.google_cloud_run_v2_worker_pool.ingest": _UPDATE,
        "module.spark.google_dataproc_workflow_template.batch": _UPDATE,
    }


def test_other_packages_leave_the_cluster_alone_too(applied: Workspace) -> None:
    """They are refused by the job's entry point, which says what to do: never replaced behind one's back."""
    lock = applied.root / "requirements.lock"
    before = lock.read_text("utf-8")
    lock.write_text(before + "# changed\n")
    try:
        todo = changes(applied.plan())
    finally:
        lock.write_text(before)
    assert [it for it in todo if "cluster" in it] == []


def test_a_pause_removes_what_costs_and_keeps_what_holds_data(applied: Workspace) -> None:
    plan = applied.plan(paused=True)
    todo = changes(plan)
    assert {it for it, actions in todo.items() if actions == _DELETE} == {
        "module.redis.google_redis_instance.live[0]",
        "module.redis.google_secret_manager_secret_version.certificate[0]",
        "module.redis.google_secret_manager_secret_version.password[0]",
        "module.spark.google_dataproc_cluster.streaming[0]",
    }
    assert not [it for it, actions in todo.items() if actions == _REPLACE]
    after: dict[str, Any] = {it["address"]: it["values"] for it in resources(plan)}
    instance = after["module.postgres.google_sql_database_instance.this"]
    assert instance["settings"][0]["activation_policy"] == "NEVER"
    pool = after["module.run.google_cloud_run_v2_worker_pool.ingest"]
    assert pool["scaling"][0]["manual_instance_count"] == 0
    assert {it["values"]["paused"] for it in resources(plan, "google_cloud_scheduler_job")} == {True}
    assert {it["values"]["enabled"] for it in resources(plan, "google_monitoring_alert_policy")} == {False}


def told(plan: Plan, name: str) -> list[str]:
    """The values of a setting that the streaming job is told by its arguments."""
    (release,) = [it for it in resources(plan, "google_cloud_run_v2_job") if it["values"]["name"] == "vitrine-release"]
    (container,) = release["values"]["template"][0]["template"][0]["containers"]
    (deployment,) = [it["value"] for it in container["env"] if it["name"] == "DEPLOYMENT"]
    arguments = json.loads(deployment)["job"]["arguments"]
    return [it.partition("=")[2] for it in arguments if it.startswith(f"{name}=")]


def test_a_single_node_keeps_spool_and_checkpoint_on_its_disk_and_workers_in_a_bucket(
    applied: Workspace, second: Plan
) -> None:
    assert told(second, "VITRINE_STREAMING_SPOOL") == []
    assert told(second, "VITRINE_STREAMING_CHECKPOINT") == []
    assert second["planned_values"]["outputs"]["streaming_checkpoint"]["value"] == ""
    assert told(second, "VITRINE_STREAMING_FOLDER") == ["/var/lib/vitrine/streaming"]
    assert told(second, "VITRINE_STREAMING_MASTER") == ["local[*]"]
    several = applied.plan(spark={"streaming_workers": 2})
    assert told(several, "VITRINE_STREAMING_SPOOL") == ["gs://vitrine-test-vitrine-spool/spool"]
    assert told(several, "VITRINE_STREAMING_CHECKPOINT") == ["gs://vitrine-test-vitrine-spool/streaming"]
    # What is scratch stays on the node's disk.
    assert told(several, "VITRINE_STREAMING_FOLDER") == ["/var/lib/vitrine/streaming"]
    assert told(several, "VITRINE_STREAMING_MASTER") == ["yarn"]
    # Where Spark puts it is what the command that replaces the cluster removes.
    removed = several["planned_values"]["outputs"]["streaming_checkpoint"]["value"]
    assert removed == open_checkpoint("gs://vitrine-test-vitrine-spool/streaming", "http://127.0.0.1:1").location
