"""What must hold of every plan, as functions from a plan's JSON to what is wrong with it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

Plan = dict[str, Any]
Resource = dict[str, Any]
Policy = Callable[[Plan], list[str]]

# Roles that can only be had for a whole project, and why.
PROJECT_ROLES = {
    "roles/cloudsql.client": "Cloud SQL has no policy of its own: the instance is the grant's condition",
    "roles/cloudsql.instanceUser": "the same",
    "roles/dataproc.worker": "nodes belong to clusters that do not exist yet",
    "roles/logging.logWriter": "logs have no smaller resource",
    "roles/monitoring.metricWriter": "metrics have no smaller resource",
}
_CONDITIONAL = {"roles/cloudsql.client", "roles/cloudsql.instanceUser"}
_BROAD = re.compile(r"^roles/(owner|editor|viewer|browser)$|[aA]dmin$")
_DANGEROUS = re.compile(r"setIamPolicy|\.delete$|clusters\.create|\*")
# The one role with "admin" in its name that is about objects of one bucket.
_NARROW_ADMIN = {"roles/storage.objectAdmin"}


def resources(plan: Plan, *kinds: str) -> Iterator[Resource]:
    """What will be there after the plan, of some types or of all."""

    def below(module: dict[str, Any]) -> Iterator[Resource]:
        yield from module.get("resources", [])
        for child in module.get("child_modules", []):
            yield from below(child)

    for it in below(plan["planned_values"]["root_module"]):
        if it["mode"] == "managed" and (not kinds or it["type"] in kinds):
            yield it


def grants(plan: Plan) -> Iterator[Resource]:
    """Every grant of a role to a member."""
    return (it for it in resources(plan) if it["type"].endswith("_iam_member"))


def variable(plan: Plan, name: str) -> Any:
    """A root variable's value."""
    return plan["variables"][name]["value"]


def nothing_is_public(plan: Plan) -> list[str]:
    """No grant to everybody, and no service that asks nobody who he is, unless `public` was typed out."""
    asked = variable(plan, "dashboard_access") == "public"
    wrong = [
        f"{it['address']} is for {it['values']['member']}"
        for it in grants(plan)
        if it["values"].get("member") in {"allUsers", "allAuthenticatedUsers"}
    ]
    wrong += [
        f"{it['address']} is open to everybody"
        for it in resources(plan, "google_cloud_run_v2_service")
        if it["values"]["invoker_iam_disabled"] and not asked
    ]
    return wrong


def roles_are_narrow(plan: Plan) -> list[str]:
    """No primitive and no administrator's role; the project's policy only where there is no smaller one."""
    wrong = []
    for it in grants(plan):
        role = it["values"].get("role")
        if role is None:
            # One that this plan makes: its permissions are checked below.
            continue
        if _BROAD.search(role) and role not in _NARROW_ADMIN:
            wrong.append(f"{it['address']} grants {role}")
        if it["type"] == "google_project_iam_member":
            if role not in PROJECT_ROLES:
                wrong.append(f"{it['address']} grants {role} on the whole project")
            if role in _CONDITIONAL and not it["values"]["condition"]:
                wrong.append(f"{it['address']} grants {role} without naming the instance")
    for it in resources(plan, "google_project_iam_custom_role"):
        wrong += [f"{it['address']} holds {p}" for p in it["values"]["permissions"] if _DANGEROUS.search(p)]
    wrong += [
        f"{it['address']}: whole policies would undo others' grants"
        for it in resources(plan)
        if re.search(r"_iam_(binding|policy)$", it["type"])
    ]
    return wrong


def there_are_no_keys(plan: Plan) -> list[str]:
    """Service accounts have no keys; nothing has a password."""
    wrong = [it["address"] for it in resources(plan, "google_service_account_key", "google_storage_hmac_key")]
    return wrong + [
        f"{it['address']} has a password" for it in resources(plan, "google_sql_user") if it["values"].get("password")
    ]


def secrets_stay_out_of_the_state(plan: Plan) -> list[str]:
    """A secret's value is write-only; certificates are no secrets."""
    return [
        f"{it['address']} keeps its value in the state"
        for it in resources(plan, "google_secret_manager_secret_version")
        if not it["name"].startswith("certificate") and "secret_data_wo_version" not in _set_of(plan, it)
    ]


def _set_of(plan: Plan, resource: Resource) -> set[str]:
    """Attributes that the configuration sets, whether known at plan or not."""
    change = next(it["change"] for it in plan["resource_changes"] if it["address"] == resource["address"])
    after, unknown = change["after"] or {}, change["after_unknown"] or {}
    return {name for name, value in after.items() if value is not None} | {
        n for n, v in unknown.items() if v is True and n != "secret_data"
    }


def addresses_are_private(plan: Plan) -> list[str]:
    """Database, Redis, nodes and everything on Cloud Run are reached inside the network."""
    wrong = []
    for it in resources(plan, "google_sql_database_instance"):
        network = it["values"]["settings"][0]["ip_configuration"][0]
        if network["ipv4_enabled"] or network.get("authorized_networks"):
            wrong.append(f"{it['address']} has a public address")
        if network["ssl_mode"] != "ENCRYPTED_ONLY":
            wrong.append(f"{it['address']} takes connections in clear")
    wrong += [
        f"{it['address']} has nodes with public addresses"
        for it in resources(plan, "google_dataproc_cluster")
        if not it["values"]["cluster_config"][0]["gce_cluster_config"][0]["internal_ip_only"]
    ]
    for it in resources(plan, "google_dataproc_workflow_template"):
        config = it["values"]["placement"][0]["managed_cluster"][0]["config"][0]
        if not config["gce_cluster_config"][0]["internal_ip_only"]:
            wrong.append(f"{it['address']} has nodes with public addresses")
    wrong += [
        f"{it['address']} lets in whoever reaches it"
        for it in resources(plan, "google_redis_instance")
        if it["values"]["transit_encryption_mode"] != "SERVER_AUTHENTICATION" or not it["values"]["auth_enabled"]
    ]
    return wrong


def buckets_are_closed(plan: Plan) -> list[str]:
    """No object can be made public, and access is one policy."""
    return [
        f"{it['address']} can be opened object by object"
        for it in resources(plan, "google_storage_bucket")
        if it["values"]["public_access_prevention"] != "enforced" or not it["values"]["uniform_bucket_level_access"]
    ]


def data_is_protected(plan: Plan) -> list[str]:
    """In prod nothing that holds data is deleted by mistake; in dev nothing stands in the way."""
    wanted = variable(plan, "environment") == "prod"
    wrong = []
    for it in resources(plan, "google_sql_database_instance"):
        found = {it["values"]["deletion_protection"], it["values"]["settings"][0]["deletion_protection_enabled"]}
        if found != {wanted}:
            wrong.append(f"{it['address']}: deletion protection is {found}, wanted {wanted}")
    wrong += [
        f"{it['address']}: deletion protection is not {wanted}"
        for it in resources(plan, "google_cloud_run_v2_service", "google_cloud_run_v2_worker_pool")
        if it["values"]["deletion_protection"] is not wanted
    ]
    return wrong + [
        f"{it['address']}: force_destroy is {wanted}"
        for it in resources(plan, "google_storage_bucket")
        if it["values"]["force_destroy"] is wanted
    ]


def dead_letters_arrive(plan: Plan) -> list[str]:
    """Pub/Sub's agent may publish to every dead letter's topic and take from its sources; somebody keeps them."""
    granted = {
        (it["values"].get("topic") or it["values"].get("subscription"), it["values"]["role"])
        for it in resources(plan, "google_pubsub_topic_iam_member", "google_pubsub_subscription_iam_member")
        if "@gcp-sa-pubsub." in (it["values"].get("member") or "")
    }
    topology = {it["values"]["name"]: it["values"] for it in resources(plan, "google_pubsub_subscription")}
    wrong = [
        f"{name}: its dead letters cannot be taken from it"
        for name, it in topology.items()
        if it["dead_letter_policy"] and (name, "roles/pubsub.subscriber") not in granted
    ]
    if ("mensagens_mortas", "roles/pubsub.publisher") not in granted:
        wrong.append("mensagens_mortas: nobody may put dead letters there")
    if "mensagens_mortas-inspecao" not in topology:
        wrong.append("mensagens_mortas: nothing keeps what is put there")
    return wrong


ALL: tuple[Policy, ...] = (
    nothing_is_public,
    roles_are_narrow,
    there_are_no_keys,
    secrets_stay_out_of_the_state,
    addresses_are_private,
    buckets_are_closed,
    data_is_protected,
    dead_letters_arrive,
)
