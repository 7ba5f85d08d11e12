"""The events of a span as the simulators' books, Postgres and Redis count them. They must agree."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from contracts import database
from simulators import ledger
from tests.benchmarks.observer import Observer
from tests.benchmarks.whole_stack import WholeStack

# What the stream counts: sales and web events at their time, cancellations at the time of the status.
_COUNTED = (
    ("timestamp_evento", "eventos_web", "true"),
    ("data_compra", "transacoes_vendas", "true"),
    ("data_status", "transacoes_vendas", "status_pedido = 'cancelado'"),
)


class Counts(NamedTuple):
    """Events of one span, three times."""

    ledger: int
    postgres: int
    redis: int

    @property
    def agree(self) -> bool:
        """Whether nothing was lost and nothing counted twice."""
        return len(set(self)) == 1


def count(stack: WholeStack, begin: int, end: int) -> Counts:
    """Of ``[begin, end)``, whole minutes in epoch seconds."""
    persisted = sum(
        database.rows(
            stack.connection, f"select count(*) from {table} where {_within(column, condition)}", (begin, end)
        )[0][0]
        for column, table, condition in _COUNTED
    )
    stack.connection.rollback()
    return Counts(_in_books(stack, begin, end), persisted, Observer(stack.redis, begin, end).count_all())


def production_times(stack: WholeStack, begin: int, end: int) -> NDArray[np.float64]:
    """When the events of ``[begin, end)`` were produced, as Postgres has it: ingest's word, not streaming's."""
    found = []
    for column, table, condition in _COUNTED:
        statement = f"select extract(epoch from {column})::float8 from {table} where {_within(column, condition)}"
        found += database.rows(stack.connection, statement, (begin, end))
    stack.connection.rollback()
    return np.array([it[0] for it in found], np.float64)


def _within(column: str, condition: str) -> str:
    return f"{column} >= to_timestamp(%s) and {column} < to_timestamp(%s) and {condition}"


def _in_books(stack: WholeStack, begin: int, end: int) -> int:
    books = ledger.totals(stack.settings.simulators_folder)["minutos"]
    return sum(
        amount
        for minute, figures in books.items()
        if begin <= int(minute) * 60 < end
        for key, amount in figures.items()  # type: ignore[union-attr]  # this table is by minute
        if key in ("pedidos", "cancelamentos") or key.startswith("eventos:")
    )
