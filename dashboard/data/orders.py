"""The latest orders, looked up in Postgres by a thread of its own: the live page never waits for them.

Of the customer only city and state are read: nothing that says who it was.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable

from msgspec import Struct

from contracts import database, log
from contracts.errors import VitrineError
from contracts.settings import Settings
from dashboard.data.reading import read_only

LATEST_ORDERS = 8
_INTERVAL_SECONDS = 1.0
_IDLE_SECONDS = 0.1
# A page that reconnects finds what it had.
_KEPT_SECONDS = 5.0
_TIMEOUT_SECONDS = 3.0
_STATEMENT_MILLISECONDS = 2_000

# The newest first by the index on data_compra; all else by primary key, for those few rows only.
_LATEST = """
    select o.data_compra, o.status_pedido::text, o.metodo_pagamento::text, o.valor_total_compra,
           cardinality(o.id_produto), p.nome_produto, c.cidade, c.estado
    from (
        select * from transacoes_vendas
        where data_compra <= %s
        order by data_compra desc
        limit %s
    ) o
    left join dados_clientes c using (id_usuario)
    left join catalogo_produtos p on p.id_produto = o.id_produto[1]
    order by o.data_compra desc
"""


class Order(Struct, frozen=True, kw_only=True):
    """One order: ``centavos`` in all, ``products`` different ones, the first of them by name where known."""

    bought: dt.datetime
    status: str
    payment: str
    centavos: int
    products: int
    product: str | None
    city: str | None
    uf: str | None


class Orders(Struct, frozen=True, kw_only=True):
    """What is known: None before the first answer; ``away_since`` while Postgres does not answer."""

    latest: list[Order] | None = None
    away_since: dt.datetime | None = None


class OrdersWatch:
    """Keeps ``orders`` current while somebody watches."""

    def __init__(self, settings: Settings, *, wanted: Callable[[], bool], now: Callable[[], dt.datetime]) -> None:
        """``now`` is the shop's; an order dated beyond it shows when its time has come."""
        self._settings = settings
        self._wanted = wanted
        self._now = now
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="orders-watch", daemon=True)
        self._connection: database.Connection | None = None
        self.orders = Orders()

    def start(self) -> None:
        """Begin watching."""
        self._thread.start()

    def stop(self) -> None:
        """End watching; returns at once."""
        self._stop.set()

    def _run(self) -> None:
        watched = time.monotonic()
        while not self._stop.is_set():
            began = time.monotonic()
            if self._wanted():
                watched = began
                self.look()
                self._stop.wait(max(0.0, began + _INTERVAL_SECONDS - time.monotonic()))
            else:
                if began - watched > _KEPT_SECONDS:
                    # Nobody is to be shown, even for a moment, what was the latest when somebody last looked.
                    self.orders = Orders()
                # The first viewer waits hardly longer than the query takes.
                self._stop.wait(_IDLE_SECONDS)
        database.close(self._connection)

    def look(self) -> None:
        """Read once; what cannot be read leaves the last orders as they are."""
        try:
            latest = self._read()
        except VitrineError as error:
            database.close(self._connection)
            self._connection = None
            if self.orders.away_since is None:
                log.get(__name__).warning("latest orders cannot be read", problem=str(error))
                self.orders = Orders(latest=self.orders.latest, away_since=self._now())
            return
        if self.orders.away_since is not None:
            log.get(__name__).info("latest orders are read again")
        self.orders = Orders(latest=latest)

    def _read(self) -> list[Order]:
        if self._connection is None:
            self._connection = read_only(
                self._settings,
                application="dashboard-orders",
                timeout_seconds=_TIMEOUT_SECONDS,
                statement_milliseconds=_STATEMENT_MILLISECONDS,
            )
        with database.translated("reading the latest orders"):
            found = database.rows(self._connection, _LATEST, (self._now(), LATEST_ORDERS))
            self._connection.rollback()
        return [
            Order(
                bought=bought,
                status=status,
                payment=payment,
                centavos=int(total * 100),
                products=products,
                product=product,
                city=city,
                uf=uf,
            )
            for bought, status, payment, total, products, product, city, uf in found
        ]
