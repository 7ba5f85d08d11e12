"""What a resource's values are after a plan and after an apply, by the schema alone."""

from typing import Any

import msgspec

# How Terraform writes "not known yet".
UNKNOWN = msgspec.msgpack.Ext(0, b"\x00")

Schema = dict[str, Any]
Value = dict[str, Any]


def is_write_only(name: str) -> bool:
    """Whether an attribute is never part of plan and state."""
    return name.endswith("_wo")


def planned(value: Value, source: Schema) -> Value:
    """The value with what only the cloud knows marked as unknown."""
    for name, attribute in source["attrs"].items():
        if is_write_only(name):
            value[name] = None
        elif attribute.get("computed") and value.get(name) is None:
            value[name] = UNKNOWN
    for name, nested in source["blocks"].items():
        if isinstance(value.get(name), list):
            value[name] = [planned(it, nested["block"]) for it in value[name]]
    return value


def applied(value: Value, source: Schema, made_up: "MadeUp") -> Value:
    """The value with every unknown replaced by one that is made up."""
    for name, attribute in source["attrs"].items():
        if is_write_only(name):
            value[name] = None
        elif isinstance(value.get(name), msgspec.msgpack.Ext):
            value[name] = made_up.of(name, attribute["type"])
    for name, nested in source["blocks"].items():
        if isinstance(value.get(name), list):
            value[name] = [applied(it, nested["block"], made_up) for it in value[name]]
    return value


class MadeUp:
    """Values of one resource: the same for the same resource. What others are built from looks as the cloud's own."""

    def __init__(self, kind: str, value: Value) -> None:
        self._kind = kind
        self._project = _text(value.get("project")) or "stand-in-project"
        self._name = next((it for key in ("name", "account_id", "secret_id") if (it := _text(value.get(key)))), kind)

    def of(self, attribute: str, kind: Any) -> Any:
        """A value for an attribute of a type as Terraform writes types."""
        if isinstance(kind, str):
            return {"string": self._string(attribute), "number": 1, "bool": False}[kind]
        outer, inner = kind
        if outer == "object":
            return {name: self.of(name, it) for name, it in inner.items()}
        if outer == "map":
            return {}
        return [self.of(attribute, inner)] if attribute in {"server_ca_cert", "server_ca_certs"} else []

    def _string(self, attribute: str) -> str:
        account = f"{self._name}@{self._project}.iam.gserviceaccount.com"
        known = {
            ("google_service_account", "email"): account,
            ("google_service_account", "name"): f"projects/{self._project}/serviceAccounts/{account}",
            ("google_sql_database_instance", "connection_name"): f"{self._project}:stand-in:{self._name}",
            ("google_sql_database_instance", "private_ip_address"): "10.24.0.3",
            ("google_redis_instance", "host"): "10.24.1.3",
            ("google_project", "number"): "123456789012",
        }
        return known.get((self._kind, attribute), f"{self._kind}/{self._name}/{attribute}")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
