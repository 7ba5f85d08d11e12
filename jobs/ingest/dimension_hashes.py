"""Products (also by their stock) and customers in Redis, for whoever looks them up while events stream by."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, cast

import redis

from contracts import dimensions, log
from contracts.clock import epoch_micros
from contracts.database import Connection
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.errors import LiveStoreUnavailable
from contracts.events import Cliente, Produto
from contracts.live_store import translated
from jobs.ingest.decoding import Received

_CHUNK = 5_000
# Grows when more is loaded than before.
_LOADED = b"2"

_PRODUCT_VERSIONS = (
    "select id_produto, produzido_em, nome_produto, categoria, (preco_unitario * 100)::bigint, estoque_disponivel "
    "from catalogo_produtos_versoes order by id_produto, produzido_em desc"
)
_CUSTOMER_VERSIONS = (
    "select id_usuario, produzido_em, segmento_cliente::text, estado, cidade "
    "from dados_clientes_versoes order by id_usuario, produzido_em desc"
)


class DimensionHashes:
    """Keeps the hashes current; a Redis that is away is made good by loading everything once it is back.

    One for all consumers of a process, safe to share between threads: what one of them could not
    write, the next load makes good.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._behind = False
        # A merge reads, then writes: two at once would lose one's versions.
        self._merging = threading.Lock()

    def update(self, received: Sequence[Received]) -> None:
        """Merge new versions into the hashes. A failure is remembered, not raised."""
        products: dict[str, list[ProductVersion]] = {}
        customers: dict[str, list[CustomerVersion]] = {}
        for it in received:
            event, instant = it.event, epoch_micros(it.produced_at)
            if isinstance(event, Produto):
                product = ProductVersion(
                    instant, event.nome_produto, event.categoria, event.preco_centavos, event.estoque_disponivel
                )
                products.setdefault(dimensions.field(event.id_produto), []).append(product)
            elif isinstance(event, Cliente):
                customer = CustomerVersion(instant, event.segmento_cliente.value, event.estado.value, event.cidade)
                customers.setdefault(dimensions.field(event.id_usuario), []).append(customer)
        try:
            self._merge(dimensions.PRODUCTS, products, dimensions.decode_products)
            self._merge(dimensions.CUSTOMERS, customers, dimensions.decode_customers)
        except LiveStoreUnavailable as problem:
            if not self._behind:
                log.get(__name__).warning("dimension hashes fall behind", problem=str(problem))
            self._behind = True

    def load_if_needed(self, connection: Connection) -> bool:
        """Load both hashes from Postgres when they are missing or behind; whether that was done.

        Ends the connection's transaction. A Redis that is away leaves them for the next call.
        """
        try:
            with translated("looking for the dimension hashes"):
                if self._client.get(dimensions.LOADED) == _LOADED and not self._behind:
                    return False
            # Before reading: an update that fails from here on asks for another load.
            self._behind = False
            products = self._load(
                dimensions.PRODUCTS, _streamed(connection, _PRODUCT_VERSIONS), _product, dimensions.decode_products
            )
            customers = self._load(
                dimensions.CUSTOMERS, _streamed(connection, _CUSTOMER_VERSIONS), _customer, dimensions.decode_customers
            )
            with translated("marking the dimension hashes as loaded"):
                self._client.set(dimensions.LOADED, _LOADED)
        except LiveStoreUnavailable as problem:
            log.get(__name__).warning("dimension hashes not loaded", problem=str(problem))
            self._behind = True
            # Ends the cursor: the next load declares it again.
            connection.rollback()
            return False
        log.get(__name__).info("dimension hashes loaded", products=products, customers=customers)
        return True

    def _merge(self, key: str, new: dict[str, list[Any]], decode: Any) -> None:
        if not new:
            return
        with self._merging, translated("updating the dimension hashes"):
            fields = list(new)
            known = cast("list[bytes | None]", self._client.hmget(key, fields))
            merged = {
                field: dimensions.merge(decode(value) if value else [], new[field])
                for field, value in zip(fields, known, strict=True)
            }
            self._client.hset(key, mapping={it: dimensions.encode(versions) for it, versions in merged.items()})
            if key == dimensions.PRODUCTS:
                # The latest version comes first.
                self._client.zadd(dimensions.STOCK, {it: versions[0].stock for it, versions in merged.items()})

    def _load(self, key: str, rows: Iterable[Sequence[Any]], version_of: Any, decode: Any) -> int:
        """Merge, not overwrite: a consumer may have written a version that came after the rows were read."""
        count = 0
        versions = ((dimensions.field(row[0]), version_of(row)) for row in rows)
        chunk: dict[str, list[Any]] = {}
        for field, group in groupby(versions, key=lambda it: it[0]):
            chunk[field] = [it[1] for it in group][: dimensions.VERSIONS_KEPT]
            count += 1
            if len(chunk) == _CHUNK:
                self._merge(key, chunk, decode)
                chunk = {}
        self._merge(key, chunk, decode)
        return count


def _streamed(connection: Connection, query: str) -> Iterator[Sequence[Any]]:
    """The rows of a query that may be larger than memory."""
    cursor = connection.cursor()
    cursor.execute(f"declare versoes no scroll cursor for {query}")
    while True:
        cursor.execute(f"fetch {_CHUNK} from versoes")
        rows: Iterable[Sequence[Any]] = cursor.fetchall()
        if not rows:
            break
        yield from rows
    connection.commit()


def _product(row: Sequence[Any]) -> ProductVersion:
    return ProductVersion(epoch_micros(row[1]), row[2], row[3], int(row[4]), row[5])


def _customer(row: Sequence[Any]) -> CustomerVersion:
    return CustomerVersion(epoch_micros(row[1]), row[2], row[3], row[4])
