"""The supervisor's own eye on Postgres: one connection, opened again whenever it broke."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from contracts import backlog, clock, control, database, heartbeat, runs
from contracts.database import Connection
from contracts.errors import DatabaseUnavailable
from contracts.heartbeat import Beat
from contracts.settings import Settings

T = TypeVar("T")


class Watch:
    """One per thread. Every method raises ``DatabaseUnavailable`` while Postgres is away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: Connection | None = None

    def _on_connection(self, doing: str, work: Callable[[Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = database.connect(self._settings, application="local", timeout_seconds=10)
            with database.translated(doing):
                return work(self._connection)
        except DatabaseUnavailable:
            self._connection = None
            raise

    def beats(self) -> Sequence[Beat]:
        """The last word of every process."""
        return self._on_connection("reading heartbeats", heartbeat.read)

    def tell_base(self, base: Mapping[str, int]) -> None:
        """Say from which difference on the backlog counts."""
        self._on_connection("writing the backlog's base", lambda it: backlog.tell_base(it, base))

    def pause_producers(self, seconds: float) -> None:
        """Ask the simulators to pause; ends by itself after ``seconds``."""
        self._on_connection(
            "asking for a pause",
            lambda it: control.request(it, control.PAUSE_SIMULATORS, {"by": "local"}, seconds=seconds),
        )

    def resume_producers(self) -> None:
        """End the pause now."""
        self._on_connection("ending the pause", lambda it: control.withdraw(it, control.PAUSE_SIMULATORS))

    def shop_clock(self) -> clock.ShopClock:
        """The shop's clock as agreed."""
        return self._on_connection("reading the shop's clock", clock.read)

    def has_history(self) -> bool:
        """Whether any order is there."""
        return bool(self._value("select exists (select from transacoes_vendas)"))

    def has_batch_run(self) -> bool:
        """Whether a batch run was ever published."""
        return bool(self._value("select exists (select from metricas.execucao_atual)"))

    def newest_run_instant(self) -> dt.datetime | None:
        """The shop's instant that the published run describes."""
        return self._on_connection("reading the current run", runs.current_instant)

    def empty_sources(self) -> None:
        """Empty every table of the sources."""

        def work(connection: Connection) -> None:
            found = database.rows(
                connection,
                "select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables "
                "where schemaname = 'public'",
            )
            connection.cursor().execute(f"truncate {found[0][0]}")
            connection.commit()

        self._on_connection("emptying the tables", work)

    def _value(self, statement: str) -> object:
        def work(connection: Connection) -> object:
            found = database.rows(connection, statement)
            connection.rollback()
            return found[0][0]

        return self._on_connection("looking at the tables", work)
