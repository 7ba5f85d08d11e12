"""The part of Terraform's plugin protocol 6 that the stand-in speaks, as protobuf messages made at import."""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "tfplugin6"
_SCALARS = {"string": 9, "bytes": 12, "bool": 8, "int64": 3}

# message: {field: (number, type)}; a type in brackets is repeated. A map is on the wire a list of entries.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Empty": {},
    "DynamicValue": {"msgpack": (1, "bytes"), "json": (2, "bytes")},
    "Attribute": {
        "name": (1, "string"),
        "type": (2, "bytes"),
        "required": (4, "bool"),
        "optional": (5, "bool"),
        "computed": (6, "bool"),
        "write_only": (11, "bool"),
    },
    "NestedBlock": {
        "type_name": (1, "string"),
        "block": (2, "Block"),
        "nesting": (3, "int64"),
        "min_items": (4, "int64"),
        "max_items": (5, "int64"),
    },
    "Block": {"version": (1, "int64"), "attributes": (2, "[Attribute]"), "block_types": (3, "[NestedBlock]")},
    "Schema": {"version": (1, "int64"), "block": (2, "Block")},
    "SchemaEntry": {"key": (1, "string"), "value": (2, "Schema")},
    "ProviderSchema": {
        "provider": (1, "Schema"),
        "resource_schemas": (2, "[SchemaEntry]"),
        "data_source_schemas": (3, "[SchemaEntry]"),
    },
    "UpgradeRequest": {"type_name": (1, "string"), "version": (2, "int64"), "raw_state": (3, "DynamicJson")},
    "DynamicJson": {"json": (1, "bytes")},
    "UpgradeResponse": {"upgraded_state": (1, "DynamicValue")},
    "ReadRequest": {"type_name": (1, "string"), "current_state": (2, "DynamicValue")},
    "ReadResponse": {"new_state": (1, "DynamicValue")},
    "PlanRequest": {
        "type_name": (1, "string"),
        "prior_state": (2, "DynamicValue"),
        "proposed_new_state": (3, "DynamicValue"),
    },
    "PlanResponse": {"planned_state": (1, "DynamicValue")},
    "ApplyRequest": {
        "type_name": (1, "string"),
        "prior_state": (2, "DynamicValue"),
        "planned_state": (3, "DynamicValue"),
    },
    "ApplyResponse": {"new_state": (1, "DynamicValue")},
    "DataRequest": {"type_name": (1, "string"), "config": (2, "DynamicValue")},
    "DataResponse": {"state": (1, "DynamicValue")},
}

NESTING = {"single": 1, "list": 2, "set": 3}


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="stand_in.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            inner = kind.strip("[]")
            made = message.field.add(name=field, number=number, label=3 if kind.startswith("[") else 1)
            made.type = _SCALARS.get(inner, 11)
            if inner not in _SCALARS:
                made.type_name = f".{_PACKAGE}.{inner}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {it: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{it}")) for it in _MESSAGES}


MESSAGES = _build()
