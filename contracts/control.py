"""Requests to running processes, through Postgres; each ends by itself when its time is over."""

from typing import Any

import msgspec

from contracts.database import Connection, rows

PAUSE_SIMULATORS = "simuladores.pausa"


def request(connection: Connection, key: str, value: Any, *, seconds: float) -> None:
    """Ask for ``key`` during the next ``seconds``; replaces an earlier request. Commits."""
    connection.cursor().execute(
        "insert into operacao.controle (chave, valor, ate) "
        "values (%s, %s::jsonb, clock_timestamp() + make_interval(secs => %s)) "
        "on conflict (chave) do update set valor = excluded.valor, ate = excluded.ate",
        (key, msgspec.json.encode(value).decode(), seconds),
    )
    connection.commit()


def withdraw(connection: Connection, key: str) -> None:
    """End a request now. Commits."""
    connection.cursor().execute("delete from operacao.controle where chave = %s", (key,))
    connection.commit()


def current(connection: Connection) -> dict[str, Any]:
    """The requests in force, by key; ends the transaction."""
    found = rows(connection, "select chave, valor from operacao.controle where ate > clock_timestamp()")
    connection.rollback()
    return dict(found)
