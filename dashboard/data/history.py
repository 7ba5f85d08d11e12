"""The historical metrics, read from the views of the batch's current run."""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from contracts import database
from contracts.errors import DatabaseUnavailable
from contracts.settings import Settings

Granularity = Literal["dia", "semana", "mes"]

_TIMEOUT_SECONDS = 10
_STATEMENT_MILLISECONDS = 5_000
# Ten years of days; more could not be drawn.
_MOST_ROWS = 3_660
_MOST_CONNECTIONS = 4
_MOST_KEPT = 32


class Run(Struct, frozen=True, kw_only=True):
    """The batch run that is shown: over data up to ``instant`` (the shop's), ended at ``finished`` (the wall's)."""

    id: int
    instant: dt.datetime
    finished: dt.datetime
    findings: int | None


class Period(Struct, frozen=True, kw_only=True):
    """Sales of one period. Money in centavos; ``ticket`` is None where there were no valid orders."""

    start: dt.date
    is_complete: bool
    gross: int
    cancelled: int
    net: int
    orders: int
    orders_cancelled: int
    ticket: int | None


# Compared by identity: what a run said is kept as one object, and stands for what is drawn of it.
class Sales(Struct, frozen=True, eq=False):
    """Every period of one granularity, oldest first, and the run they are from."""

    run: Run
    periods: list[Period]


_RUN = """
    select execucao, instante, terminada_em, case when jsonb_typeof(dados -> 'achados') = 'object' then (
        select coalesce(sum(quantos::bigint), 0) from jsonb_each_text(dados -> 'achados') as achado(tipo, quantos)
    ) end
    from metricas.execucao
"""

_SALES = """
    select v.inicio, v.completo, v.bruta, v.canceladas, v.liquida, n.pedidos, n.cancelados, t.ticket_medio
    from metricas.vendas_totais v
    join metricas.numero_pedidos n using (periodo, inicio)
    join metricas.ticket_medio t using (periodo, inicio)
    where periodo = %s
    order by v.inicio desc
    limit %s
"""


class HistoryStore:
    """Reads the current run; for any number of threads. Keeps what a run said, because runs never change.

    Methods raise ``DatabaseUnavailable`` and ``DatabaseRefused``.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._idle: list[database.Connection] = []
        self._places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, Granularity], Sales] = OrderedDict()

    def sales(self, granularity: Granularity) -> Sales | None:
        """Sales by period of the current run; None before the first one."""
        try:
            return self._sales(granularity)
        except DatabaseUnavailable:
            # The idle connections may have died with a server that is back by now.
            self._drop_idle()
            return self._sales(granularity)

    def _sales(self, granularity: Granularity) -> Sales | None:
        with self._transaction() as connection:
            found = database.rows(connection, _RUN)
            if not found:
                return None
            number, instant, finished, findings = found[0]
            run = Run(
                id=number, instant=instant, finished=finished, findings=None if findings is None else int(findings)
            )
            with self._lock:
                kept = self._kept.get((run.id, granularity))
            if kept is not None:
                return kept
            rows = database.rows(connection, _SALES, (granularity, _MOST_ROWS))
        sales = Sales(
            run,
            [
                Period(
                    start=start,
                    is_complete=complete,
                    gross=_centavos(gross),
                    cancelled=_centavos(cancelled),
                    net=_centavos(net),
                    orders=orders,
                    orders_cancelled=orders_cancelled,
                    ticket=None if ticket is None else _centavos(ticket),
                )
                for start, complete, gross, cancelled, net, orders, orders_cancelled, ticket in reversed(rows)
            ],
        )
        with self._lock:
            self._kept[run.id, granularity] = sales
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return sales

    @contextmanager
    def _transaction(self) -> Iterator[database.Connection]:
        """A read-only transaction with one snapshot; its connection is kept unless anything failed."""
        if not self._places.acquire(timeout=_TIMEOUT_SECONDS):
            raise DatabaseUnavailable("all connections of the dashboard are busy")
        try:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                connection = database.connect(self._settings, application="dashboard", timeout_seconds=_TIMEOUT_SECONDS)
            try:
                with database.translated("reading the historical metrics"):
                    cursor = connection.cursor()
                    cursor.execute("set transaction isolation level repeatable read, read only")
                    cursor.execute(f"set local statement_timeout = {_STATEMENT_MILLISECONDS}")
                    yield connection
                    connection.rollback()
            except BaseException:
                _close(connection)
                raise
            with self._lock:
                self._idle.append(connection)
        finally:
            self._places.release()

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            _close(connection)


def _close(connection: database.Connection) -> None:
    try:
        with database.translated("closing a connection"):
            connection.close()
    except DatabaseUnavailable:
        # Its server went away first.
        return


def _centavos(value: Decimal) -> int:
    """NUMERIC(20,2) as integer centavos, exactly."""
    return int(value * 100)
