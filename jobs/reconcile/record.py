"""The record of reconciliations in Postgres."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from contracts import database, log
from contracts.closing import Closing
from contracts.database import Connection
from contracts.errors import TerminalError, VitrineError
from jobs.reconcile.comparing import Finding, State
from jobs.reconcile.hours import Result

# Any number, the same for everybody: one run at a time.
_LOCK = 0x7265636F
_KEPT_DAYS = 30


class Record:
    """One run's record. Every method commits and raises the errors of ``database``."""

    def __init__(self, connection: Connection, instant: float, closing: Closing, *, with_ledger: bool) -> None:
        """Open it. Raises ``TerminalError`` while another run is under way."""
        self._connection = connection
        if not self._run("select pg_try_advisory_lock(%s)", (_LOCK,))[0][0]:
            raise TerminalError("another reconciliation is under way: wait for it to end, then start this one again")
        self._run(
            "update operacao.reconciliacoes set situacao = 'falhou', motivo = 'interrupted', "
            "terminada_em = clock_timestamp() where situacao = 'em_curso'"
        )
        self._run(
            "delete from operacao.reconciliacoes where iniciada_em < clock_timestamp() - make_interval(days => %s)",
            (_KEPT_DAYS,),
        )
        self.number: int = self._run(
            "insert into operacao.reconciliacoes (instante, marca_dagua, persistido_ate, com_livro) "
            "values (%s, %s, %s, %s) returning numero",
            (_moment(instant), _moment(closing.watermark), _moment(closing.persisted_until), with_ledger),
        )[0][0]

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Write down why, when what is done within fails."""
        try:
            yield
        except Exception as problem:
            try:
                with database.translated("recording a reconciliation"):
                    self._connection.rollback()
                self._run(
                    "update operacao.reconciliacoes set situacao = 'falhou', motivo = %s, "
                    "terminada_em = clock_timestamp() where numero = %s",
                    (str(problem) or repr(problem), self.number),
                )
            except VitrineError as unwritten:
                # The next run finds this one unfinished.
                log.get(__name__).warning("the failure is not recorded", problem=str(unwritten))
            raise

    def finish(self, result: Result) -> None:
        """Write everything that was found; it becomes visible at once."""
        with database.translated("recording a reconciliation"):
            cursor = self._connection.cursor()
            for it in result.hours:
                cursor.execute(
                    "insert into operacao.reconciliacoes_horas values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    (
                        self.number, _moment(it.start), it.totals.bruta, it.totals.pedidos,
                        it.totals.pedidos_cancelados, it.totals.eventos, it.compared, it.count(State.EXPLAINED),
                        it.count(State.UNEXPLAINED), it.count(State.MISSING),
                    ),
                )  # fmt: skip
                for finding in it.findings:
                    cursor.execute(*_insert(self.number, finding))
            cursor.execute(
                "update operacao.reconciliacoes set situacao = %s, terminada_em = clock_timestamp() where numero = %s",
                ("confere" if result.agrees else "diverge", self.number),
            )
            self._connection.commit()

    def _run(self, statement: str, arguments: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with database.translated("recording a reconciliation"):
            cursor = self._connection.cursor()
            cursor.execute(statement, tuple(arguments))
            found = [tuple(it) for it in cursor.fetchall()] if cursor.description else []
            self._connection.commit()
        return found


def _insert(number: int, it: Finding) -> tuple[str, tuple[Any, ...]]:
    return (
        "insert into operacao.reconciliacoes_diferencas values "
        "(%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s::text[], %s::text[])",
        (
            number, _moment(it.hour), it.source.value, it.seconds, _moment(it.start), it.dimension, it.key,
            it.state.value, _json(it.expected), _json(it.found), [reason.value for reason in it.reasons],
            list(it.identities),
        ),
    )  # fmt: skip


def _json(figures: Mapping[str, float]) -> str:
    return msgspec.json.encode(figures).decode()


def _moment(second: float | None) -> dt.datetime | None:
    return None if second is None else dt.datetime.fromtimestamp(second, dt.UTC)
