"""Products and customers beside the live store: who they were at an event's time.

``produtos`` and ``clientes`` are Redis hashes, id (32 hexadecimal digits) to the latest few versions;
``estoque`` sorts the products by what is left of them. Ingest writes them; the streaming job reads the
hashes, and falls back to Postgres for what is missing.
"""

from typing import Any, TypeVar
from uuid import UUID

import msgspec

from contracts.live_store import PREFIX

PRODUCTS = PREFIX + "produtos"
CUSTOMERS = PREFIX + "clientes"
# The products by the stock of their latest version, as a sorted set.
STOCK = PREFIX + "estoque"
# Set once all three were loaded from Postgres; missing after Redis lost its data.
LOADED = PREFIX + "dimensoes-carregadas"
# Older versions matter only to events later than the watermark delay, which live counting leaves out.
VERSIONS_KEPT = 4


class ProductVersion(msgspec.Struct, frozen=True, array_like=True):
    """A product from ``valid_from`` (epoch microseconds) on. ``price`` in centavos."""

    valid_from: int
    name: str
    category: str
    price: int
    stock: int


class CustomerVersion(msgspec.Struct, frozen=True, array_like=True):
    """A customer from ``valid_from`` (epoch microseconds) on."""

    valid_from: int
    segment: str
    uf: str
    city: str


Version = TypeVar("Version", ProductVersion, CustomerVersion)

_PRODUCTS = msgspec.msgpack.Decoder(list[ProductVersion])
_CUSTOMERS = msgspec.msgpack.Decoder(list[CustomerVersion])


def field(identity: UUID) -> str:
    """The hash field of a product or customer."""
    return identity.hex


def encode(versions: list[Version]) -> bytes:
    """The versions as the hashes hold them, newest first."""
    return msgspec.msgpack.encode(versions)


def decode_products(value: bytes) -> list[ProductVersion]:
    """What ``encode`` made of a product's versions."""
    return _PRODUCTS.decode(value)


def decode_customers(value: bytes) -> list[CustomerVersion]:
    """What ``encode`` made of a customer's versions."""
    return _CUSTOMERS.decode(value)


def merge(known: list[Version], new: list[Version]) -> list[Version]:
    """Both lists in one, newest first, each instant once (``new`` wins), the oldest left out."""
    by_instant: dict[int, Any] = {it.valid_from: it for it in (*known, *new)}
    return sorted(by_instant.values(), key=lambda it: it.valid_from, reverse=True)[:VERSIONS_KEPT]


def at(versions: list[Version], instant: int) -> Version | None:
    """The version valid at ``instant`` (epoch microseconds): the newest not after it, else the oldest known.

    None where there is no version at all.
    """
    for version in versions:
        if version.valid_from <= instant:
            return version
    return versions[-1] if versions else None
