"""All versions of products and customers, from Postgres."""

from collections.abc import Iterable
from typing import Any, Generic, cast
from uuid import UUID

from contracts import database, dimensions
from contracts.clock import epoch_micros
from contracts.database import Connection
from contracts.dimensions import CustomerVersion, ProductVersion, Version

_PRODUCTS = (
    "select id_produto, produzido_em, nome_produto, categoria, (preco_unitario * 100)::bigint, estoque_disponivel "
    "from catalogo_produtos_versoes where id_produto = any(%s::uuid[]) order by id_produto, produzido_em desc"
)
_CUSTOMERS = (
    "select id_usuario, produzido_em, segmento_cliente::text, estado, cidade "
    "from dados_clientes_versoes where id_usuario = any(%s::uuid[]) order by id_usuario, produzido_em desc"
)
_CHUNK = 10_000
_MOST_KEPT = 200_000


def read_products(connection: Connection, identities: Iterable[UUID]) -> dict[UUID, list[ProductVersion]]:
    """The versions of each, newest first; an empty list for what nobody knows. Leaves the transaction open."""
    found = _read(connection, _PRODUCTS, identities)
    return {
        identity: [ProductVersion(epoch_micros(it[1]), it[2], it[3], int(it[4]), it[5]) for it in rows]
        for identity, rows in found.items()
    }


def read_customers(connection: Connection, identities: Iterable[UUID]) -> dict[UUID, list[CustomerVersion]]:
    """The versions of each, newest first; an empty list for what nobody knows. Leaves the transaction open."""
    found = _read(connection, _CUSTOMERS, identities)
    return {
        identity: [CustomerVersion(epoch_micros(it[1]), it[2], it[3], it[4]) for it in rows]
        for identity, rows in found.items()
    }


def _read(connection: Connection, query: str, identities: Iterable[UUID]) -> dict[UUID, list[Any]]:
    wanted = list(identities)
    by_identity: dict[UUID, list[Any]] = {it: [] for it in wanted}
    for at in range(0, len(wanted), _CHUNK):
        chunk = [str(it) for it in wanted[at : at + _CHUNK]]
        for row in database.rows(connection, query, (chunk,)):
            by_identity[row[0]].append(row)
    return by_identity


class _Known(Generic[Version]):
    """Versions by id; forgotten all at once when they are many."""

    def __init__(self, read: Any) -> None:
        self._read = read
        self._versions: dict[UUID, list[Version]] = {}

    def prepare(self, connection: Connection, identities: set[UUID]) -> None:
        if len(self._versions) + len(identities) > _MOST_KEPT:
            self._versions.clear()
        self._versions |= self._read(connection, [it for it in identities if it not in self._versions])

    def at(self, identity: UUID, instant: int) -> Version | None:
        return cast("Version | None", dimensions.at(self._versions[identity], instant))


class Versions:
    """Who products and customers were at an event's time, by all of their versions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._products: _Known[ProductVersion] = _Known(read_products)
        self._customers: _Known[CustomerVersion] = _Known(read_customers)

    def prepare(self, products: set[UUID], customers: set[UUID]) -> None:
        """Have these ready. Raises the errors of ``database``; leaves the transaction open."""
        with database.translated("reading versions of products and customers"):
            self._products.prepare(self._connection, products)
            self._customers.prepare(self._connection, customers)

    def product(self, identity: UUID, instant: int) -> ProductVersion | None:
        """A prepared product as of ``instant`` (epoch microseconds), None where nobody knows it."""
        return self._products.at(identity, instant)

    def customer(self, identity: UUID, instant: int) -> CustomerVersion | None:
        """A prepared customer as of ``instant`` (epoch microseconds), None where nobody knows them."""
        return self._customers.at(identity, instant)
