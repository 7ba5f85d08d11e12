"""What Postgres tells about the health of all parts. Every query is bounded, by its limit and by a timeout."""

import datetime as dt
import time
from collections import deque
from typing import Any

from msgspec import Struct

from contracts import clock, database, heartbeat, migrate
from contracts.clock import ShopClock
from contracts.database import Connection
from contracts.heartbeat import Beat

STATEMENT_MILLISECONDS = 2_000
# Rates are over so long.
RATE_SECONDS = 16.0
LATEST_RUNS, LATEST_HEALINGS, LATEST_HOURS, LATEST_DIFFERENCES = 8, 8, 8, 12
LARGEST_TABLES = 10


def _rows(connection: Connection, doing: str, statement: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    with database.translated(doing):
        found = database.rows(connection, statement, arguments)
        connection.rollback()
    return found


class Beats(Struct, frozen=True, eq=False):
    """Every process's last word, what those that spoke a while before had said then, by instance; the shop's clock."""

    now: list[Beat]
    before: dict[str, Beat]
    clock: ShopClock


class BeatsReader:
    """Reads the heartbeats and keeps some of the past ones, so that counters become rates."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, list[Beat]]] = deque()

    def read(self, connection: Connection) -> Beats:
        """The heartbeats now and at the oldest kept look."""
        with database.translated("reading the heartbeats"):
            found = heartbeat.read(connection)
            shop_clock = clock.read(connection)
        now = time.monotonic()
        # After a while in which nobody looked, what was before is of another time.
        while self._looks and self._looks[0][0] < now - RATE_SECONDS:
            self._looks.popleft()
        before = {it.instance: it for it in (self._looks[0][1] if self._looks else ()) if it.is_fresh}
        self._looks.append((now, found))
        return Beats(found, before, shop_clock)


class Run(Struct, frozen=True, kw_only=True):
    """A run of the batch; ``findings`` is None where it left none written."""

    id: int
    state: str
    instant: dt.datetime
    started: dt.datetime
    ended: dt.datetime | None
    findings: int | None
    reason: str | None
    code: str
    is_shown: bool


def read_runs(connection: Connection) -> list[Run]:
    """The latest runs, newest first."""
    return [
        Run(
            id=number,
            state=state,
            instant=instant,
            started=started,
            ended=ended,
            findings=None if findings is None else int(findings),
            reason=reason,
            code=code,
            is_shown=shown,
        )
        for number, state, instant, started, ended, findings, reason, code, shown in _rows(
            connection,
            "reading the batch's runs",
            "select e.id, e.situacao, e.instante, e.iniciada_em, e.terminada_em, "
            "case when jsonb_typeof(e.dados -> 'achados') = 'object' then "
            "(select coalesce(sum(n::numeric), 0) from jsonb_each_text(e.dados -> 'achados') as achado(tipo, n)) "
            "end, left(e.motivo, 300), e.versao_codigo, coalesce(e.id = a.execucao, false) "
            "from metricas.execucoes e left join metricas.execucao_atual a on true order by e.id desc limit %s",
            (LATEST_RUNS,),
        )
    ]


class Hour(Struct, frozen=True, kw_only=True):
    """An hour that a reconciliation compared."""

    start: dt.datetime
    gross: int
    orders: int
    compared: int
    explained: int
    unexplained: int
    missing: int


class Difference(Struct, frozen=True, kw_only=True):
    """A key that differed: sums of what Postgres says and of what was found, in the measures that differ."""

    hour: dt.datetime
    source: str
    seconds: int
    dimension: str
    key: str
    state: str
    expected: dict[str, float]
    found: dict[str, float]
    reasons: list[str]
    ids: list[str]


class Reconciliation(Struct, frozen=True, kw_only=True):
    """One comparison of the live panes with Postgres."""

    number: int
    state: str
    reason: str | None
    started: dt.datetime
    ended: dt.datetime | None
    with_ledger: bool


class Reconciled(Struct, frozen=True, kw_only=True):
    """The latest attempt, and the latest that came to its end with what it found; None where there was none."""

    latest: Reconciliation | None
    finished: Reconciliation | None
    hours: list[Hour]
    differences: list[Difference]


_RECONCILIATION = "numero, situacao, left(motivo, 300), iniciada_em, terminada_em, com_livro"


def read_reconciled(connection: Connection) -> Reconciled:
    """What the reconciliations say."""
    doing = "reading the reconciliation"

    def one(source: str) -> Reconciliation | None:
        found = _rows(connection, doing, f"select {_RECONCILIATION} from {source} order by numero desc limit 1")
        if not found:
            return None
        number, state, reason, started, ended, with_ledger = found[0]
        return Reconciliation(
            number=number, state=state, reason=reason, started=started, ended=ended, with_ledger=with_ledger
        )

    hours = _rows(
        connection,
        doing,
        "select hora, bruta_centavos, pedidos, comparados, explicadas, inexplicadas, ausentes "
        "from operacao.reconciliacao_horas order by hora desc limit %s",
        (LATEST_HOURS,),
    )
    differences = _rows(
        connection,
        doing,
        "select hora, fonte, segundos, dimensao, left(chave, 80), situacao, postgres, encontrado, motivos, ids[1:4] "
        "from operacao.reconciliacao_diferencas "
        "order by situacao = 'explicada', hora desc, fonte, segundos desc, dimensao, chave limit %s",
        (LATEST_DIFFERENCES,),
    )
    return Reconciled(
        latest=one("operacao.reconciliacoes"),
        finished=one("operacao.reconciliacao"),
        hours=[
            Hour(
                start=start,
                gross=gross,
                orders=orders,
                compared=compared,
                explained=explained,
                unexplained=unexplained,
                missing=missing,
            )
            for start, gross, orders, compared, explained, unexplained, missing in hours
        ],
        differences=[
            Difference(
                hour=hour,
                source=source,
                seconds=seconds,
                dimension=dimension,
                key=key,
                state=state,
                expected=expected,
                found=found,
                reasons=list(reasons),
                ids=list(ids or ()),
            )
            for hour, source, seconds, dimension, key, state, expected, found, reasons, ids in differences
        ],
    )


class Healing(Struct, frozen=True, kw_only=True):
    """A recomputation of live panes from Postgres."""

    number: int
    reason: str
    state: str
    failure: str | None
    started: dt.datetime
    ended: dt.datetime | None
    hours: int
    replaced: int
    filled: int


def read_healings(connection: Connection) -> list[Healing]:
    """The latest recomputations, newest first."""
    return [
        Healing(
            number=number,
            reason=reason,
            state=state,
            failure=failure,
            started=started,
            ended=ended,
            hours=hours,
            replaced=replaced,
            filled=filled,
        )
        for number, reason, state, failure, started, ended, hours, replaced, filled in _rows(
            connection,
            "reading the recomputations",
            "select numero, left(motivo, 80), situacao, left(falha, 300), iniciada_em, terminada_em, horas, "
            "substituidos, preenchidos from operacao.recomposicoes order by numero desc limit %s",
            (LATEST_HEALINGS,),
        )
    ]


class Reasons(Struct, frozen=True, kw_only=True):
    """Rejections of the last hour: (topic, code) to how many."""

    counts: dict[tuple[str, str], int]


def read_reasons(connection: Connection) -> Reasons:
    """How many events were rejected in the last hour, and why."""
    found = _rows(
        connection,
        "counting the rejected events",
        "select topico, codigo, count(*) from eventos_rejeitados "
        "where rejeitado_em > clock_timestamp() - interval '1 hour' group by 1, 2",
    )
    return Reasons(counts={(topic, code): count for topic, code, count in found})


class TableSize(Struct, frozen=True):
    """A table with its indexes, and all its partitions; ``rows`` is Postgres's own estimate."""

    name: str
    size: int
    rows: int


class Storage(Struct, frozen=True):
    """Bytes of the whole database, and its largest tables."""

    size: int
    tables: list[TableSize]


def read_storage(connection: Connection) -> Storage:
    """Sizes, as the database knows them without counting."""
    doing = "reading sizes"
    size = _rows(connection, doing, "select pg_database_size(current_database())")[0][0]
    tables = _rows(
        connection,
        doing,
        "select n.nspname || '.' || coalesce(p.relname, c.relname), sum(pg_total_relation_size(c.oid))::bigint, "
        "sum(coalesce(nullif(s.n_live_tup, 0), greatest(c.reltuples, 0)))::bigint "
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent "
        "left join pg_stat_user_tables s on s.relid = c.oid "
        "where c.relkind = 'r' and n.nspname in ('public', 'operacao', 'metricas') "
        "group by 1 order by 2 desc limit %s",
        (LARGEST_TABLES,),
    )
    return Storage(size, [TableSize(*it) for it in tables])


class Server(Struct, frozen=True, kw_only=True):
    """Postgres and its schema: the newest migration there, and the newest of this code."""

    version: str
    migration: str
    known: str

    @property
    def is_current(self) -> bool:
        """Whether database and code are of one schema."""
        return self.migration == self.known


def read_server(connection: Connection) -> Server:
    """Versions."""
    version, migration = _rows(
        connection,
        "reading versions",
        "select current_setting('server_version'), (select nome from operacao.migracoes order by versao desc limit 1)",
    )[0]
    known = max(migrate.available(), key=lambda it: it.version).name
    return Server(version=version, migration=migration or "", known=known)
