"""The configuration is valid, says what it is, and every plan keeps the policies."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts import topology
from contracts.settings import PREFIX, Settings
from jobs.dataproc import deployment
from tests.infra import policies
from tests.infra.policies import Plan, Policy, resources
from tests.infra.resources import page
from tests.infra.workspace import Workspace, types_used
from tests.project.files import ROOT

TERRAFORM = ROOT / "infra" / "terraform"
FILES = sorted(TERRAFORM.rglob("*.tf"))
_BLOCK = re.compile(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)


def planned(plan: Plan, kind: str, name: str = "") -> dict[str, Any]:
    """The values of the one resource of a type, or of the one with this name."""
    found = [it["values"] for it in resources(plan, kind) if not name or it["values"].get("name") == name]
    assert len(found) == 1, f"{kind} {name}: {len(found)} of them"
    values: dict[str, Any] = found[0]
    return values


def test_the_files_are_formatted(workspace: Workspace) -> None:
    assert workspace.run("fmt", "-check", "-recursive", "-diff") == ""


def test_the_configuration_is_valid(workspace: Workspace) -> None:
    assert "The configuration is valid" in workspace.run("validate")


@pytest.mark.parametrize("path", FILES, ids=[str(it.relative_to(TERRAFORM)) for it in FILES])
def test_every_variable_has_a_type_and_everything_a_description(path: Path) -> None:
    for kind, name, body in _BLOCK.findall(path.read_text("utf-8")):
        assert re.search(r"^  description\s*= \"\S.+\.\"$", body, re.MULTILINE), f"{name} has no description"
        if kind == "variable":
            assert re.search(r"^  type\s*= ", body, re.MULTILINE), f"{name} has no type"


@pytest.mark.parametrize("policy", policies.ALL, ids=lambda it: it.__name__)
def test_a_policy_holds_in_dev(policy: Policy, dev: Plan) -> None:
    assert policy(dev) == []


@pytest.mark.parametrize("policy", policies.ALL, ids=lambda it: it.__name__)
def test_a_policy_holds_in_prod_with_everything_on(policy: Policy, prod: Plan) -> None:
    assert policy(prod) == []


def _spoil(plan: Plan, kind: str, **values: Any) -> Plan:
    spoiled = copy.deepcopy(plan)
    next(resources(spoiled, kind))["values"].update(values)
    return spoiled


def _without(plan: Plan, kind: str) -> Plan:
    spoiled = copy.deepcopy(plan)

    def drop(module: dict[str, Any]) -> None:
        module["resources"] = [it for it in module.get("resources", []) if it["type"] != kind]
        for child in module.get("child_modules", []):
            drop(child)

    drop(spoiled["planned_values"]["root_module"])
    return spoiled


@pytest.mark.parametrize(
    ("policy", "kind", "values", "complaint"),
    [
        (policies.nothing_is_public, "google_storage_bucket_iam_member", {"member": "allUsers"}, "is for allUsers"),
        (
            policies.nothing_is_public,
            "google_cloud_run_v2_service",
            {"invoker_iam_disabled": True},
            "open to everybody",
        ),
        (policies.roles_are_narrow, "google_project_iam_member", {"role": "roles/editor"}, "grants roles/editor"),
        (policies.roles_are_narrow, "google_project_iam_member", {"role": "roles/pubsub.publisher"}, "whole project"),
        (policies.roles_are_narrow, "google_pubsub_topic_iam_member", {"role": "roles/pubsub.admin"}, "pubsub.admin"),
        (
            policies.roles_are_narrow,
            "google_project_iam_custom_role",
            {"permissions": ["dataproc.clusters.delete"]},
            "holds",
        ),
        (policies.there_are_no_keys, "google_sql_user", {"password": "senha"}, "has a password"),
        (
            policies.buckets_are_closed,
            "google_storage_bucket",
            {"public_access_prevention": "inherited"},
            "object by object",
        ),
        (policies.data_is_protected, "google_cloud_run_v2_service", {"deletion_protection": True}, "not False"),
        (policies.data_is_protected, "google_sql_database_instance", {"deletion_protection": True}, "wanted False"),
        (policies.data_is_protected, "google_storage_bucket", {"force_destroy": False}, "force_destroy"),
        (policies.addresses_are_private, "google_redis_instance", {"auth_enabled": False}, "lets in"),
    ],
)
def test_a_plan_that_breaks_a_policy_is_found(
    policy: Policy, kind: str, values: dict[str, Any], complaint: str, dev: Plan
) -> None:
    assert any(complaint in it for it in policy(_spoil(dev, kind, **values)))


def test_dead_letters_without_the_agent_s_grants_are_found(dev: Plan) -> None:
    assert len(policies.dead_letters_arrive(_without(dev, "google_pubsub_subscription_iam_member"))) == 6
    assert policies.dead_letters_arrive(_without(dev, "google_pubsub_topic_iam_member")) == [
        "mensagens_mortas: nobody may put dead letters there"
    ]


def test_public_must_be_typed_out_and_warns(workspace: Workspace) -> None:
    plan = workspace.plan(dashboard_access="public")
    assert policies.nothing_is_public(plan) == []
    assert planned(plan, "google_cloud_run_v2_service")["invoker_iam_disabled"] is True
    (check,) = [it for it in plan["checks"] if it["address"]["name"] == "dashboard_is_not_public"]
    assert check["status"] == "fail"


def test_a_viewer_is_let_in_by_iam_or_by_iap(workspace: Workspace, prod: Plan) -> None:
    viewers = {it["values"]["member"] for it in resources(prod, "google_iap_web_cloud_run_service_iam_member")}
    assert viewers == {"group:loja@example.com"}
    invokers = [it["values"]["member"] for it in resources(prod, "google_cloud_run_v2_service_iam_member")]
    assert invokers == ["serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"]


def test_the_page_of_resources_is_what_the_plan_makes(dev: Plan) -> None:
    assert (ROOT / "docs" / "deploy-resources.md").read_text("utf-8") == page(dev), "run make resources"
    [planned_resources] = re.findall(r"Every resource .* (\d+) in all", page(dev))
    steps = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    assert f"Plan: {planned_resources} to add" in steps
    assert f"Resources: {planned_resources} added" in steps


def test_the_plan_has_the_topology_of_the_contracts(dev: Plan) -> None:
    ours = topology.load()
    topics = {it["values"]["name"]: it["values"] for it in resources(dev, "google_pubsub_topic")}
    assert {name: it["message_retention_duration"] for name, it in topics.items()} == {
        name: f"{it.retention_seconds}s" for name, it in ours.topics.items()
    }
    found = {}
    for it in resources(dev, "google_pubsub_subscription"):
        values = it["values"]
        found[values["name"]] = (
            values["ack_deadline_seconds"],
            values["message_retention_duration"],
            values["retain_acked_messages"],
            [letter["max_delivery_attempts"] for letter in values["dead_letter_policy"]],
            values["expiration_policy"],
        )
    assert found == {
        name: (
            it.ack_deadline_seconds,
            f"{it.retention_seconds}s",
            it.replay_snapshot,
            [it.dead_letter.attempts] if it.dead_letter else [],
            [{"ttl": ""}],
        )
        for name, it in ours.subscriptions.items()
    }


def test_a_subscription_hangs_on_the_topic_of_the_contracts(dev: Plan) -> None:
    """Ids are unknown before an apply: which topic it is says the configuration."""
    module = dev["configuration"]["root_module"]["module_calls"]["pubsub"]["module"]
    (subscription,) = [it for it in module["resources"] if it["type"] == "google_pubsub_subscription"]
    assert "each.value.topic" in str(subscription["expressions"]["topic"])


def test_consumers_take_and_producers_publish_what_is_theirs(dev: Plan) -> None:
    ours = topology.load()
    taken = {
        it["index"] for it in resources(dev, "google_pubsub_subscription_iam_member") if it["name"] == "subscriber"
    }
    assert taken == {*ours.consumed_by("ingest"), *ours.consumed_by("streaming")}
    published = {it["index"] for it in resources(dev, "google_pubsub_topic_iam_member") if it["name"] == "publisher"}
    assert published == {*(f"simulators on {it}" for it in topology.Source), "ingest on rejeitados"}


def test_the_cluster_is_a_single_node_without_a_public_address(dev: Plan) -> None:
    config = planned(dev, "google_dataproc_cluster")["cluster_config"][0]
    software = config["software_config"][0]
    assert software["image_version"] == "3.0.3-debian13"
    assert software["override_properties"]["dataproc:dataproc.allow.zero.workers"] == "true"
    assert software["override_properties"]["spark:spark.pyspark.python"] == "/opt/vitrine/bin/python"
    assert config["gce_cluster_config"][0]["service_account_scopes"] == ["cloud-platform"]
    assert config["worker_config"] == []


def test_workers_bring_a_bucket_for_spool_and_checkpoint(prod: Plan) -> None:
    config = planned(prod, "google_dataproc_cluster")["cluster_config"][0]
    assert config["worker_config"][0]["num_instances"] == 2
    assert "dataproc:dataproc.allow.zero.workers" not in config["software_config"][0]["override_properties"]
    (bucket,) = [
        it["values"]
        for it in resources(prod, "google_storage_bucket")
        if it["values"]["name"] == "vitrine-test-vitrine-spool"
    ]
    # What Spark replaces and deletes in every batch is kept by nothing.
    assert bucket["versioning"] == [{"enabled": False}]
    assert bucket["soft_delete_policy"][0]["retention_duration_seconds"] == 0
    assert prod["planned_values"]["outputs"]["streaming_checkpoint"]["value"] == (
        "gs://vitrine-test-vitrine-spool/streaming/checkpoint"
    )
    # Objects may be listed, made and deleted, by one member: whose account it is says the module's own test.
    granted = [
        it["values"]["role"]
        for it in resources(prod, "google_storage_bucket_iam_member")
        if it["values"]["bucket"] == "vitrine-test-vitrine-spool"
    ]
    assert granted == ["roles/storage.objectAdmin"]


def test_postgres_is_what_the_facts_ask_for(dev: Plan, prod: Plan) -> None:
    instance = planned(dev, "google_sql_database_instance")
    settings = instance["settings"][0]
    assert instance["database_version"] == "POSTGRES_18"
    assert (settings["edition"], settings["availability_type"]) == ("ENTERPRISE", "ZONAL")
    assert settings["backup_configuration"][0]["point_in_time_recovery_enabled"] is True
    assert settings["backup_configuration"][0]["transaction_log_retention_days"] == 7
    assert {"name": "cloudsql.iam_authentication", "value": "on"} in settings["database_flags"]
    users = {it["index"]: it["values"] for it in resources(dev, "google_sql_user")}
    assert {it["type"] for it in users.values()} == {"CLOUD_IAM_SERVICE_ACCOUNT"}
    assert {it["deletion_policy"] for it in users.values()} == {"ABANDON"}
    assert {name: it["database_roles"] for name, it in users.items() if it["database_roles"]} == {
        "release": ["cloudsqlsuperuser"]
    }
    assert planned(prod, "google_sql_database_instance")["settings"][0]["availability_type"] == "REGIONAL"


def test_the_dashboard_serves_streamlit_as_it_wants_to_be(dev: Plan) -> None:
    template = planned(dev, "google_cloud_run_v2_service")["template"][0]
    assert (template["timeout"], template["session_affinity"]) == ("3600s", True)
    assert template["max_instance_request_concurrency"] == 250
    (container,) = template["containers"]
    assert container["startup_probe"][0]["http_get"][0]["path"] == "/_stcore/health"
    assert container["ports"][0]["name"] == "http1"
    secrets = {it["name"] for it in container["env"] if it["value_source"]}
    assert secrets == {"VITRINE_REDIS_PASSWORD", "STREAMLIT_SERVER_COOKIE_SECRET"}


def test_a_release_is_waited_for_longer_than_cloud_run_would_by_itself(dev: Plan) -> None:
    job = planned(dev, "google_cloud_run_v2_job", "vitrine-release")
    assert job["template"][0]["template"][0]["timeout"] == "3600s"
    # Name and token make an execution's name, which may have 62 characters.
    assert len(job["name"]) + len(job["run_execution_token"]) < 63


def test_the_schedules_call_what_there_is(dev: Plan) -> None:
    uris = {
        it["values"]["name"]: it["values"]["http_target"][0]["uri"]
        for it in resources(dev, "google_cloud_scheduler_job")
    }
    assert uris == {
        "vitrine-batch": "https://dataproc.googleapis.com/v1/projects/vitrine-test/regions/us-central1/workflowTemplates/"
        "vitrine-batch:instantiate",
        "vitrine-watch": "https://run.googleapis.com/v2/projects/vitrine-test/locations/us-central1/jobs/vitrine-watch:run",
    }
    assert planned(dev, "google_dataproc_workflow_template")["name"] == "vitrine-batch"
    times = {it["values"]["name"]: it["values"]["schedule"] for it in resources(dev, "google_cloud_scheduler_job")}
    assert times == {"vitrine-batch": "15 4 * * *", "vitrine-watch": "*/5 * * * *"}


def test_every_variable_of_a_component_is_a_setting(dev: Plan) -> None:
    text = (TERRAFORM / "components.tf").read_text("utf-8")
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", text))
    assert len(named) > 15
    assert {it for it in named if it.removeprefix(PREFIX).lower() not in Settings.model_fields} == set()


def test_every_component_logs_as_cloud_logging_reads(dev: Plan) -> None:
    for kind in ("google_cloud_run_v2_service", "google_cloud_run_v2_worker_pool", "google_cloud_run_v2_job"):
        for it in resources(dev, kind):
            template = it["values"]["template"][0]
            (container,) = template.get("template", [template])[0]["containers"]
            assert {"VITRINE_LOG_FORMAT": "json"}.items() <= {
                v["name"]: v.get("value") for v in container["env"]
            }.items()


def test_the_defaults_fit_a_new_project_s_quotas(dev: Plan) -> None:
    """12 processors and 500 GB of such disks in a region; a trial has 8 processors."""
    streaming = planned(dev, "google_dataproc_cluster")["cluster_config"][0]["master_config"][0]
    template = planned(dev, "google_dataproc_workflow_template")["placement"][0]["managed_cluster"][0]
    nodes = [streaming, template["config"][0]["master_config"][0]]
    assert sum(int(it["machine_type"].rsplit("-", 1)[1]) for it in nodes) <= 8
    assert sum(it["disk_config"][0]["boot_disk_size_gb"] for it in nodes) <= 250


def test_every_metric_of_an_alert_is_declared_first(dev: Plan) -> None:
    declared = {it["values"]["type"] for it in resources(dev, "google_monitoring_metric_descriptor")}
    asked = set()
    for it in resources(dev, "google_monitoring_alert_policy"):
        asked |= set(re.findall(r"custom\.googleapis\.com/\w+/\w+", str(it["values"]["conditions"])))
    assert asked
    assert asked <= declared


def test_a_budget_and_a_channel_are_made_when_they_are_asked_for(dev: Plan, prod: Plan) -> None:
    assert list(resources(dev, "google_billing_budget", "google_monitoring_notification_channel")) == []
    assert planned(prod, "google_billing_budget")["amount"][0]["specified_amount"][0]["units"] == "900"
    assert planned(prod, "google_monitoring_notification_channel")["labels"] == {"email_address": "plantao@example.com"}


def test_a_key_of_one_s_own_encrypts_everything_that_holds_data(prod: Plan) -> None:
    key = "projects/k/locations/us-central1/keyRings/r/cryptoKeys/vitrine"
    holding = (
        "google_sql_database_instance", "google_redis_instance", "google_pubsub_topic", "google_storage_bucket",
        "google_artifact_registry_repository", "google_dataproc_cluster", "google_secret_manager_secret",
        "google_cloud_run_v2_service", "google_cloud_run_v2_job", "google_cloud_run_v2_worker_pool",
    )  # fmt: skip
    found = list(resources(prod, *holding))
    assert {it["type"] for it in found} == set(holding)
    assert [it["address"] for it in found if key not in str(it["values"])] == []


def test_whoever_stores_something_may_use_the_key_and_nobody_else(dev: Plan, prod: Plan) -> None:
    grants = [it["values"] for it in resources(prod, "google_kms_crypto_key_iam_member")]
    assert {it["role"] for it in grants} == {"roles/cloudkms.cryptoKeyEncrypterDecrypter"}
    assert {it["member"].split("@")[1].split(".")[0] for it in grants} == {
        "cloud-redis",
        "compute-system",
        "dataproc-accounts",
        "gcp-sa-artifactregistry",
        "gcp-sa-cloud-sql",
        "gcp-sa-pubsub",
        "gcp-sa-secretmanager",
        "gs-project-accounts",
        "serverless-robot-prod",
    }
    assert list(resources(dev, "google_kms_crypto_key_iam_member")) == []


def test_everything_has_labels_where_the_provider_s_defaults_do_not_reach(dev: Plan) -> None:
    labels = {"app": "vitrine", "environment": "dev", "managed-by": "terraform"}
    assert planned(dev, "google_sql_database_instance")["settings"][0]["user_labels"] == labels
    cluster = planned(dev, "google_dataproc_workflow_template")["placement"][0]["managed_cluster"][0]
    assert labels.items() <= cluster["labels"].items()
    assert "default_labels" in dev["configuration"]["provider_config"]["google"]["expressions"]


def test_the_topology_is_read_from_the_contracts() -> None:
    text = (TERRAFORM / "main.tf").read_text("utf-8")
    assert 'yamldecode(file("${local.root}/contracts/topology.yaml"))' in text
    assert yaml.safe_load((ROOT / "contracts" / "topology.yaml").read_text("utf-8"))["topics"]


WRONG = {
    "dashboard_viewers": (["allUsers"], "must be principals"),
    "environment": ("staging", "must be dev or prod"),
    "region": ("us-central1-a", "not a zone"),
    "spark": ({"streaming_workers": 1}, "at least 2"),
    "simulators": ({"tasks": 65}, "64 shards"),
    "postgres": ({"tier": "db-n1-standard-1"}, "Cloud SQL tier"),
    "redis": ({"memory_gb": 0}, "1 to 300"),
    "network": ({"subnet_cidr": "10.0.0.0/28"}, "at least 64 addresses"),
    "billing_account": ("mine", "must be empty or of the form"),
    "kms_key": ("vitrine", "cryptoKeys"),
    "generation": (1.5, "whole number"),
    "dashboard": ({"min_instances": 2}, "at least min_instances"),
}


def refusal(workspace: Workspace, variables: dict[str, Any]) -> str:
    """What Terraform says to wrong variables, as one line."""
    given = [f"-var={name}={it if isinstance(it, str) else json.dumps(it)}" for name, it in variables.items()]
    said = workspace.run("plan", "-input=false", "-var=project_id=vitrine-test", *given, fails=True)
    return " ".join(said.replace("│", " ").split())


@pytest.fixture(scope="module")
def complaints(workspace: Workspace) -> str:
    """What is said to all of the wrong variables at once."""
    return refusal(workspace, {name: value for name, (value, _) in WRONG.items()})


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_variable_is_refused_with_what_is_allowed(name: str, complaints: str) -> None:
    assert WRONG[name][1] in complaints


def test_the_way_in_is_one_of_three(workspace: Workspace) -> None:
    assert "must be iam, iap or public" in refusal(workspace, {"dashboard_access": "everybody"})


def test_prod_is_never_public(workspace: Workspace) -> None:
    assert "refused in prod" in refusal(workspace, {"dashboard_access": "public", "environment": "prod"})


def test_the_rules_that_the_schema_does_not_know_were_read_for_every_resource() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    section = page.partition("## What was checked, and how")[2].partition("\n## ")[0]
    read = set(re.findall(r"`(google_[a-z0-9_]+)`", section))
    assert read == {it for it in types_used() if not it.endswith("_iam_member")}


def test_checkov_is_told_why_for_every_skip() -> None:
    lines = (ROOT / "infra" / "checkov.yaml").read_text("utf-8").partition("skip-check:\n")[2].splitlines()
    assert lines
    assert lines[0].startswith("  # ")
    assert all(re.fullmatch(r"  (# \S.+|- CKV2?_GCP_\d+)", it) for it in lines)


def test_the_deployment_is_handed_over_under_the_name_that_is_read() -> None:
    assert deployment.VARIABLE in (TERRAFORM / "components.tf").read_text("utf-8")


def test_terraform_s_own_tests_pass(workspace: Workspace) -> None:
    runs = [
        name
        for it in (TERRAFORM / "tests").glob("*.hcl")
        for name in re.findall(r'^run "', it.read_text("utf-8"), re.MULTILINE)
    ]
    assert f"Success! {len(runs)} passed, 0 failed." in workspace.run("test")


def test_every_module_has_a_test_of_its_own() -> None:
    texts = [it.read_text("utf-8") for it in (TERRAFORM / "tests").glob("*.tftest.hcl")]
    tested = set(re.findall(r'source = "\./modules/(\w+)"', "\n".join(texts)))
    assert tested == {it.name for it in (TERRAFORM / "modules").iterdir()}
