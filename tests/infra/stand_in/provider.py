"""Serves the schema of google 8.7.0 over Terraform's plugin protocol 6.

``init``, ``validate``, ``plan``, ``test``, ``apply`` and ``destroy`` then run with no registry and no account. What
this catches: unknown resources, arguments and blocks, missing arguments, wrong types, cycles, and, since it applies,
values that differ from one plan to the next. What it cannot: arguments that exclude each other, lists of allowed
values, what forces a new resource, and whatever the API itself refuses. docs/deploy.md says how those were
checked.
"""

import gzip
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import msgspec

from tests.infra.stand_in.values import MadeUp, Schema, Value, applied, is_write_only, planned
from tests.infra.stand_in.wire import MESSAGES, NESTING

SCHEMA_FILE = Path(__file__).with_name("google-8.7.0.schema.json.gz")
ADDRESS = "registry.terraform.io/hashicorp/google"


@cache
def schema() -> dict[str, dict[str, Schema]]:
    """Every type of the provider: under TerraformResource, TerraformDataSource, TerraformProvider."""
    loaded: dict[str, dict[str, Schema]] = json.loads(gzip.decompress(SCHEMA_FILE.read_bytes()))
    # The bindings that the schema was rebuilt from have no types for what configures the provider itself.
    own = loaded["TerraformProvider"]["google"]["attrs"]
    own["default_labels"]["type"] = ["map", "string"]
    own["user_project_override"]["type"] = "bool"
    return loaded


def to_block(source: Schema) -> Any:
    """A schema as the protocol writes it."""
    block = MESSAGES["Block"]()
    for name, attribute in source["attrs"].items():
        required, computed = attribute.get("required", False), attribute.get("computed", False)
        block.attributes.add(
            name=name,
            type=json.dumps(attribute["type"]).encode(),
            required=required,
            optional=is_write_only(name) or (not required and (attribute.get("optional", False) or not computed)),
            computed=computed and not required and not is_write_only(name),
            write_only=is_write_only(name),
        )
    for name, nested in source["blocks"].items():
        block.block_types.add(
            type_name=name,
            nesting=NESTING[nested["nesting"]],
            min_items=nested["min"],
            max_items=nested["max"],
            block=to_block(nested["block"]),
        )
    return block


class Provider:
    """Answers Terraform, for the types that it was made for: all 1,374 take a second to send and to read."""

    def __init__(self, types: Iterable[str]) -> None:
        wanted = set(types)
        self._resources = {name: it for name, it in schema()["TerraformResource"].items() if name in wanted}
        self._data = {name: it for name, it in schema()["TerraformDataSource"].items() if name in wanted}

    def methods(self) -> dict[str, tuple[str, str, Callable[[Any], Any]]]:
        """Request's message, response's message and what answers, by method."""

        def nothing(_request: Any) -> dict[str, Any]:
            return {}

        return {
            "GetProviderSchema": ("Empty", "ProviderSchema", self._schema),
            "ValidateProviderConfig": ("Empty", "Empty", nothing),
            "ValidateResourceConfig": ("Empty", "Empty", nothing),
            "ValidateDataResourceConfig": ("Empty", "Empty", nothing),
            "ConfigureProvider": ("Empty", "Empty", nothing),
            "GetFunctions": ("Empty", "Empty", nothing),
            "StopProvider": ("Empty", "Empty", nothing),
            "UpgradeResourceState": ("UpgradeRequest", "UpgradeResponse", self._upgrade),
            "ReadResource": ("ReadRequest", "ReadResponse", self._read),
            "PlanResourceChange": ("PlanRequest", "PlanResponse", self._plan),
            "ApplyResourceChange": ("ApplyRequest", "ApplyResponse", self._apply),
            "ReadDataSource": ("DataRequest", "DataResponse", self._read_data),
        }

    def _schema(self, _request: Any) -> dict[str, Any]:
        def entries(types: dict[str, Schema]) -> list[dict[str, Any]]:
            return [{"key": name, "value": {"block": to_block(it)}} for name, it in types.items()]

        return {
            "provider": {"block": to_block(schema()["TerraformProvider"]["google"])},
            "resource_schemas": entries(self._resources),
            "data_source_schemas": entries(self._data),
        }

    def _upgrade(self, request: Any) -> dict[str, Any]:
        # What the state file holds is given back as it is.
        return {"upgraded_state": {"json": request.raw_state.json}}

    def _read(self, request: Any) -> dict[str, Any]:
        return {"new_state": request.current_state}

    def _plan(self, request: Any) -> dict[str, Any]:
        proposed = _decoded(request.proposed_new_state)
        if proposed is not None:
            proposed = planned(proposed, self._resources[request.type_name])
        return {"planned_state": _encoded(proposed)}

    def _apply(self, request: Any) -> dict[str, Any]:
        value = _decoded(request.planned_state)
        if value is not None:
            value = applied(value, self._resources[request.type_name], MadeUp(request.type_name, value))
        return {"new_state": _encoded(value)}

    def _read_data(self, request: Any) -> dict[str, Any]:
        value = _decoded(request.config) or {}
        for name, attribute in self._data[request.type_name]["attrs"].items():
            if attribute.get("computed") and value.get(name) is None:
                value[name] = MadeUp(request.type_name, value).of(name, attribute["type"])
        return {"state": _encoded(value)}


def _decoded(state: Any) -> Value | None:
    value: Value | None = msgspec.msgpack.decode(state.msgpack) if state.msgpack else None
    return value


def _encoded(value: Value | None) -> dict[str, bytes]:
    return {"msgpack": msgspec.msgpack.encode(value)}


@contextmanager
def serving(types: Iterable[str], folder: Path) -> Iterator[dict[str, str]]:
    """Serve on a socket in ``folder``; gives the environment that makes Terraform use it.

    Terraform calls what it neither installs nor starts "reattached": one server answers all its commands.
    """
    unlimited = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    server = grpc.server(futures.ThreadPoolExecutor(16), options=unlimited)
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            lambda request, _context, answer=answer, response=response: MESSAGES[response](**answer(request)),
            request_deserializer=MESSAGES[asked].FromString,
            response_serializer=MESSAGES[response].SerializeToString,
        )
        for name, (asked, response, answer) in Provider(types).methods().items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers),))
    socket = folder / "provider.sock"
    server.add_insecure_port(f"unix://{socket}")
    server.start()
    reattach = {
        ADDRESS: {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": str(socket)},
        }
    }
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps(reattach)}
    finally:
        server.stop(grace=None).wait()


def main() -> None:
    """Serve every type until stopped, for a person: prints what to export first."""
    folder = Path(".local") / "terraform-stand-in"
    folder.mkdir(parents=True, exist_ok=True)
    with serving(schema()["TerraformResource"] | schema()["TerraformDataSource"], folder.resolve()) as environment:
        for name, value in environment.items():
            print(f"export {name}='{value}'", flush=True)  # noqa: T201  # for a shell to take in
        threading.Event().wait()


if __name__ == "__main__":
    main()
