"""The record of recomputations in Postgres, and the lock that lets one at a time work."""

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from contracts import database, log
from contracts.closing import Closing
from contracts.database import Connection
from contracts.errors import DatabaseUnavailable
from contracts.panes import Measures
from jobs.streaming.differences import Changes, Difference

# Any number, the same for everybody.
_LOCK = 0x6865616C
_LOCK_PAUSE_SECONDS = 0.5
_KEPT_DAYS = 30

# Sales, cancellations, web events, versions of products and customers.
Counts = tuple[int, int, int, int]
_INTERRUPTED = "interrompida"


class Recomputations:
    """One connection's record. Its methods commit and raise the errors of ``database``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.number = 0

    def lock(self) -> None:
        """Wait until no other recomputation works; the lock ends with the connection."""
        waits = False
        while not self._run("select pg_try_advisory_lock(%s)", (_LOCK,))[0][0]:
            if not waits:
                log.get(__name__).info("another recomputation is under way, waiting")
                waits = True
            time.sleep(_LOCK_PAUSE_SECONDS)

    def begin(self, reason: str, closing: Closing) -> int:
        """Open the record of a new one and return its number. Whoever was under way has died: the lock is ours."""
        self._end_interrupted()
        self._run(
            "delete from operacao.recomposicoes where iniciada_em < clock_timestamp() - make_interval(days => %s) "
            "and numero not in (select recomposicao from operacao.recomposicoes_horas)",
            (_KEPT_DAYS,),
        )
        self.number = self._run(
            "insert into operacao.recomposicoes (motivo, marca_dagua, persistido_ate) values (%s, %s, %s) "
            "returning numero",
            (reason, _moment(closing.watermark), _moment(closing.persisted_until)),
        )[0][0]
        return self.number

    def recognise_interrupted(self) -> None:
        """Mark as failed what died in the middle, unless one is under way."""
        if self._run("select pg_try_advisory_lock(%s)", (_LOCK,))[0][0]:
            self._end_interrupted()
            self._run("select pg_advisory_unlock(%s)", (_LOCK,))

    def fail(self, reason: str) -> None:
        """Close the record as failed. Where the database itself is away, the next one does it."""
        try:
            with database.translated("recording a recomputation"):
                self._connection.rollback()
            self._run(
                "update operacao.recomposicoes set situacao = 'falhou', falha = %s, terminada_em = clock_timestamp() "
                "where numero = %s",
                (reason, self.number),
            )
        except DatabaseUnavailable as problem:
            log.get(__name__).warning("the failure is not recorded", failure=reason, problem=str(problem))

    def _end_interrupted(self) -> None:
        self._run(
            "update operacao.recomposicoes set situacao = 'falhou', falha = %s, terminada_em = clock_timestamp() "
            "where situacao = 'em_curso'",
            (_INTERRUPTED,),
        )

    def hours(self) -> dict[int, Counts]:
        """The hours put right once they were closed, with how many rows they had."""
        found = self._run("select hora, vendas, cancelamentos, eventos, versoes from operacao.recomposicoes_horas")
        return {int(hour.timestamp()): (sales, cancelled, web, known) for hour, sales, cancelled, web, known in found}

    def hour_done(self, hour: int, counts: Counts, changes: Changes, *, is_closed: bool) -> None:
        """Record what an hour's panes needed; ``is_closed``: nothing but later rows changes them any more."""
        with database.translated("recording a recomputation"):
            cursor = self._connection.cursor()
            for it in changes.differences:
                cursor.execute(*_insert(self.number, it))
            cursor.execute(
                "update operacao.recomposicoes set horas = horas + 1, substituidos = substituidos + %s, "
                "preenchidos = preenchidos + %s where numero = %s",
                (len({(it.seconds, it.start) for it in changes.differences}), changes.filled, self.number),
            )
            if is_closed:
                cursor.execute(
                    "insert into operacao.recomposicoes_horas (hora, vendas, cancelamentos, eventos, versoes, "
                    "recomposicao) values (%s, %s, %s, %s, %s, %s) on conflict (hora) do update "
                    "set vendas = excluded.vendas, cancelamentos = excluded.cancelamentos, "
                    "eventos = excluded.eventos, versoes = excluded.versoes, recomposicao = excluded.recomposicao",
                    (_moment(hour), *counts, self.number),
                )
            self._connection.commit()

    def end(self, oldest: int) -> tuple[int, int, int]:
        """Close the record; how many hours, panes replaced, panes filled. Hours before ``oldest`` are forgotten."""
        self._run("delete from operacao.recomposicoes_horas where hora < %s", (_moment(oldest),))
        done = self._run(
            "update operacao.recomposicoes set situacao = 'concluida', terminada_em = clock_timestamp() "
            "where numero = %s returning horas, substituidos, preenchidos",
            (self.number,),
        )[0]
        return done[0], done[1], done[2]

    def _run(self, statement: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with database.translated("recording a recomputation"):
            cursor = self._connection.cursor()
            cursor.execute(statement, tuple(arguments))
            found = [tuple(it) for it in cursor.fetchall()] if cursor.description else []
            self._connection.commit()
        return found


def _insert(number: int, it: Difference) -> tuple[str, tuple[Any, ...]]:
    return (
        "insert into operacao.recomposicoes_diferencas values (%s, %s, %s, %s, %s, %s::jsonb, %s::jsonb)",
        (number, it.seconds, _moment(it.start), it.dimension.value, it.keys, _json(it.before), _json(it.after)),
    )


def _json(measures: Measures) -> str:
    values = {name: value for name, value in msgspec.structs.asdict(measures).items() if value}
    return msgspec.json.encode(values).decode()


def _moment(second: float | None) -> dt.datetime | None:
    return None if second is None else dt.datetime.fromtimestamp(second, dt.UTC)
