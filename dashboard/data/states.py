"""The federative units of Brazil, as the map has them."""

from functools import cache
from importlib import resources

import msgspec


class _Properties(msgspec.Struct):
    uf: str
    nome: str


class _Feature(msgspec.Struct):
    properties: _Properties


class _Map(msgspec.Struct):
    features: list[_Feature]


@cache
def names() -> dict[str, str]:
    """Name by UF."""
    text = resources.files("dashboard").joinpath("assets", "brasil_uf.geojson").read_bytes()
    return {it.properties.uf: it.properties.nome for it in msgspec.json.decode(text, type=_Map).features}
