"""The batch's side of the schema ``metricas``: runs, their results, and the pointer to the current one."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from contracts import bulk, database, log
from contracts.database import Connection
from contracts.errors import TerminalError
from contracts.settings import Settings
from jobs.batch.registry import BatchMetric

if TYPE_CHECKING:
    import pyarrow as pa

# Any number, the same for every batch: only the one that holds it runs.
_LOCK = 0x62617463


@contextmanager
def only_run(connection: Connection) -> Iterator[None]:
    """Hold the lock of the batch. Raises ``TerminalError`` when another run has it."""
    with database.translated("taking the batch's lock"):
        taken = database.rows(connection, "select pg_try_advisory_lock(%s)", (_LOCK,))[0][0]
        connection.commit()
    if not taken:
        raise TerminalError("another run of the batch is under way: wait for it to end, then start this one again")
    try:
        yield
    finally:
        # Closing ends the session and with it the lock, also when the transaction is broken; where the
        # connection is, too, what broke it is the error to tell of.
        database.close(connection)


def begin(connection: Connection, *, instant: dt.datetime, as_of: dt.date | None, code_version: str) -> int:
    """Write down that a run has begun and return its number. Ends runs that died without a word. Commits."""
    with database.translated("beginning the run"):
        cursor = connection.cursor()
        cursor.execute(
            "update metricas.execucoes set situacao = 'falhou', motivo = 'interrupted', "
            "terminada_em = clock_timestamp() where situacao = 'em_andamento' returning id"
        )
        interrupted = [int(row[0]) for row in cursor.fetchall()]
        cursor.execute(
            "insert into metricas.execucoes (instante, ate_o_dia, versao_codigo) values (%s, %s, %s) returning id",
            (instant, as_of, code_version),
        )
        run = int(cursor.fetchone()[0])
        connection.commit()
    if interrupted:
        log.get(__name__).warning("earlier runs had been interrupted", runs=interrupted)
    return run


def fail(connection: Connection, run: int, reason: str) -> None:
    """Write down why a run failed; its results were never visible. Commits."""
    with database.translated("writing down that the run failed"):
        connection.rollback()
        connection.cursor().execute(
            "update metricas.execucoes set situacao = 'falhou', motivo = %s, terminada_em = clock_timestamp() "
            "where id = %s",
            (reason[:2000], run),
        )
        connection.commit()


def publish(
    settings: Settings, run: int, results: Mapping[BatchMetric, "pa.Table"], details: Mapping[str, Any]
) -> None:
    """Insert the results of a run and make it the current one, in one transaction.

    A run of an earlier instant than the current one's is kept under its number and does not become
    current. Raises ``DatabaseUnavailable`` or ``DatabaseRefused``; then nothing has changed.
    """
    with bulk.connection(settings, doing="publishing the run") as connection, connection.cursor() as cursor:
        for metric, table in results.items():
            if table.num_rows:
                # In the order of their index: it is built in two thirds of the time, and a span of days lies together.
                ordered = table.sort_by([(it, "ascending") for it in metric.keys])
                cursor.adbc_ingest(metric.table, _of_run(ordered, run), mode="append", db_schema_name="metricas")
        cursor.execute(
            "update metricas.execucoes set situacao = 'concluida', terminada_em = clock_timestamp(), "
            "dados = $2::text::jsonb where id = $1 and situacao = 'em_andamento' returning id",
            (run, msgspec.json.encode(details).decode()),
        )
        if cursor.fetchone() is None:
            raise TerminalError(f"run {run} was given up by another one and is not published")
        cursor.execute(
            "insert into metricas.execucao_atual as atual (execucao) values ($1) on conflict (unico) do update "
            "set execucao = excluded.execucao where (select instante from metricas.execucoes where id = $1) "
            ">= (select instante from metricas.execucoes where id = atual.execucao)",
            (run,),
        )
        connection.commit()


def rows_read_before(connection: Connection, *, instant: dt.datetime) -> dict[str, int]:
    """The rows of each table that the current run read; none where it describes a later instant. Commits."""
    with database.translated("reading the run before"):
        found = database.rows(
            connection,
            "select dados -> 'linhas' -> 'lidas' from metricas.execucoes "
            "where id = metricas.atual() and instante <= %s",
            (instant,),
        )
        connection.commit()
    return dict(found[0][0] or {}) if found else {}


def prune(
    connection: Connection, metrics: tuple[BatchMetric, ...], *, newest: int, instant: dt.datetime, days: int
) -> int:
    """Delete runs that describe an instant more than ``days`` before this one, but the current; commits.

    Days of the shop's clock, so that a shop that runs fast keeps as many runs. Of metrics that are
    detailed only the current run and the ``newest`` one keep rows. Returns how many runs went.
    """
    with database.translated("pruning old runs"):
        cursor = connection.cursor()
        cursor.execute(
            "delete from metricas.execucoes where instante < %s and id is distinct from metricas.atual() returning id",
            (instant - dt.timedelta(days=days),),
        )
        old = [int(row[0]) for row in cursor.fetchall()]
        for metric in metrics:
            if metric.is_detailed:
                cursor.execute(
                    f"delete from metricas.{metric.table} where execucao not in (metricas.atual(), %s)", (newest,)
                )
            elif old:
                cursor.execute(f"delete from metricas.{metric.table} where execucao = any(%s)", (old,))
        connection.commit()
    return len(old)


def _of_run(table: "pa.Table", run: int) -> "pa.Table":
    import pyarrow as pa

    return table.add_column(0, "execucao", pa.array([run] * table.num_rows, pa.int64()))
