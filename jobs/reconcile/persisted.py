"""What Postgres says of one hour, all of it in one snapshot: panes, distinct counts, and orders by id."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec

from contracts import bulk, database, persisted_rows
from contracts.clock import epoch_micros
from contracts.database import Connection
from contracts.dimension_versions import Versions, read_customers, read_products
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.pane_sums import Pane, PaneSums
from contracts.panes import HOUR
from contracts.settings import Settings
from contracts.stored_panes import PaneId


class Order(msgspec.Struct, frozen=True):
    """An order as it is kept; times in epoch microseconds, money in centavos."""

    identity: UUID
    purchased: int
    payment: str
    buyer: UUID
    centavos: int
    products: list[UUID]
    quantities: list[int]
    has_cart: bool
    cancelled: int | None


class WebEvent(msgspec.Struct, frozen=True):
    """A web event as it is kept; ``instant`` in epoch microseconds."""

    identity: UUID
    instant: int
    kind: str
    session: UUID


class Database:
    """The two connections of a run: one for values, one in bulk. Raises the errors of ``database``."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self._settings = settings
        self._connection = connection

    @contextmanager
    def snapshot(self) -> Iterator["Snapshot"]:
        """One state of the database, seen by both."""
        with database.translated("exporting a snapshot"):
            cursor = self._connection.cursor()
            cursor.execute("set transaction isolation level repeatable read read only")
            cursor.execute("select pg_export_snapshot()")
            name = cursor.fetchone()[0]
        with bulk.connection(self._settings, doing="reading persisted events", autocommit=True) as opened:
            with opened.cursor() as bulk_cursor:
                bulk_cursor.execute("begin isolation level repeatable read read only")
                bulk_cursor.execute(f"set transaction snapshot '{name}'")
            yield Snapshot(self._connection, opened)
        with database.translated("ending the snapshot"):
            self._connection.rollback()


_ORDER = (
    "select id_transacao, data_compra, metodo_pagamento::text, id_usuario, (valor_total_compra * 100)::bigint, "
    "id_produto, quantidade_produto, id_carrinho is not null, "
    "case when status_pedido = 'cancelado' then data_status end from transacoes_vendas t where "
)
_BOUGHT = "data_compra >= to_timestamp(%s) and data_compra < to_timestamp(%s) "
_RECENT_CUSTOMER = (
    "exists (select from dados_clientes_versoes v where v.id_usuario = t.id_usuario and v.produzido_em "
    "between t.data_compra - make_interval(secs => %s) and t.data_compra + make_interval(secs => %s)) "
)
_RECENT_PRODUCT = (
    "exists (select from catalogo_produtos_versoes v where v.id_produto = any(t.id_produto) and v.produzido_em "
    "between t.data_compra - make_interval(secs => %s) and t.data_compra + make_interval(secs => %s)) "
)


class Snapshot:
    """One state of the database. Stretches of time are from ``start`` to ``end``, epoch seconds."""

    def __init__(self, connection: Connection, opened: Any) -> None:
        self._connection = connection
        self._opened = opened
        self.versions = Versions(connection)

    def panes(self, hour: int, kept_from: float) -> dict[PaneId, Pane]:
        """The hour's panes that are still kept at ``kept_from``."""
        sums = PaneSums(kept_from)
        for rows in persisted_rows.read(self._opened, self.versions, hour, hour + HOUR):
            sums.add(rows)
        return sums.panes()

    def distinct(self, start: int, end: int) -> dict[str, int]:
        """How many different buyers and sessions there were, exactly."""
        return {
            "compradores": self._number("id_usuario", "transacoes_vendas", "data_compra", start, end),
            "visitantes": self._number("id_sessao", "eventos_web", "timestamp_evento", start, end),
        }

    def _number(self, what: str, table: str, when: str, start: int, end: int) -> int:
        with self._opened.cursor() as cursor:
            cursor.execute(
                f"select count(distinct {what}) from {table} "
                f"where {when} >= to_timestamp({start}) and {when} < to_timestamp({end})"
            )
            return int(cursor.fetchone()[0])

    def orders(self, identities: Collection[UUID]) -> list[Order]:
        """These orders, as far as they are known."""
        return self._orders("id_transacao = any(%s::uuid[])", [str(it) for it in identities])

    def web_events(self, identities: Collection[UUID], start: int, end: int) -> list[WebEvent]:
        """These web events, as far as they are known."""
        found = self._rows(
            "select id_evento, timestamp_evento, tipo_evento::text, id_sessao from eventos_web "
            "where timestamp_evento >= to_timestamp(%s) and timestamp_evento < to_timestamp(%s) "
            "and id_evento = any(%s::uuid[])",
            start, end, [str(it) for it in identities],
        )  # fmt: skip
        return [WebEvent(identity, epoch_micros(when), kind, session) for identity, when, kind, session in found]

    def first_heard_of_late(self, start: int, end: int, late_seconds: int) -> list[Order]:
        """Orders whose first version came this long after the purchase or later, perhaps as a later status."""
        return self._orders(
            _BOUGHT + "and status_pedido <> 'processando' and least(data_status, persistido_em) "
            ">= data_compra + make_interval(secs => %s)",
            start, end, late_seconds,
        )  # fmt: skip

    def with_recent_customer(self, start: int, end: int, seconds: int) -> list[Order]:
        """Orders whose buyer got a version within ``seconds`` of them, by purchase or by cancellation."""
        cancelled = "status_pedido = 'cancelado' and data_status >= to_timestamp(%s) and data_status < to_timestamp(%s)"
        return self._orders(
            f"(({_BOUGHT}) or ({cancelled})) and {_RECENT_CUSTOMER}", start, end, start, end, seconds, seconds
        )

    def with_recent_product(self, start: int, end: int, seconds: int) -> list[Order]:
        """Orders of which a product got a version within ``seconds`` of them."""
        return self._orders(f"{_BOUGHT} and {_RECENT_PRODUCT}", start, end, seconds, seconds)

    def customers(self, orders: Sequence[Order]) -> dict[UUID, list[CustomerVersion]]:
        """All versions of the orders' buyers, newest first."""
        with database.translated("reading versions of customers"):
            return read_customers(self._connection, {it.buyer for it in orders})

    def products(self, orders: Sequence[Order]) -> dict[UUID, list[ProductVersion]]:
        """All versions of the orders' products, newest first."""
        with database.translated("reading versions of products"):
            return read_products(self._connection, {product for it in orders for product in it.products})

    def _orders(self, condition: str, *arguments: Any) -> list[Order]:
        return [
            Order(
                identity, epoch_micros(bought), payment, buyer, int(centavos), list(products), list(quantities), cart,
                None if cancelled is None else epoch_micros(cancelled),
            )
            for identity, bought, payment, buyer, centavos, products, quantities, cart, cancelled in self._rows(
                _ORDER + condition, *arguments
            )
        ]  # fmt: skip

    def _rows(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with database.translated("reading what may explain differences"):
            return database.rows(self._connection, statement, arguments)
