"""What each process says of itself: a row in Postgres, renewed every second, with its counters.

``dados`` of each part (all counters since the process started):

- ``simuladores``: ``publicados`` {topic: messages}, ``duplicados``, ``atrasados``, ``malformados``,
  ``cenario`` (the name of the scenario in force), ``pausado`` (bool), ``pendentes`` (events waiting to be published)
- ``ingest`` and ``streaming``: ``recebidos`` {subscription: messages acknowledged}, ``pendentes``
  (pulled, not yet acknowledged), ``ultimo_recebido`` (epoch seconds of the last pull with messages, 0
  before the first), ``rejeitados``; ingest also ``persistidos`` (rows written) and ``persistido_ate``
  {subscription: epoch seconds before which everything published is in Postgres, 0 where it cannot say};
  streaming counts ``selados`` (rows sealed since the spool was made), what reached Redis is in the live status,
  ``segmentos_bytes`` (what the spool keeps), ``nao_confirmados_bytes`` (of it, what Spark has not committed),
  ``identidades`` (ids that the sealer remembers)
- ``emulador``: ``base`` {subscription: published - acknowledged that means "nothing waits"}, written by whoever
  replaces the local emulator

Every process adds ``versoes``, read as ``Beat.versions``.
"""

import datetime as dt
import os
import socket
import threading
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import msgspec

from contracts import database, log, versions
from contracts.errors import VitrineError
from contracts.settings import Settings

# A part that said nothing for this long counts as away.
STALE_SECONDS = 15.0
_INTERVAL_SECONDS = 1.0


class Beat(msgspec.Struct, frozen=True):
    """One process's last word. ``age_seconds`` is by the database's clock.

    ``versions`` are those of ``contracts.versions``: of our code, of Python, of what the part stands on.
    """

    part: str
    instance: str
    state: str
    data: dict[str, Any]
    updated_at: dt.datetime
    age_seconds: float
    versions: dict[str, str] = {}

    @property
    def is_fresh(self) -> bool:
        """Whether the process still speaks."""
        return self.age_seconds < STALE_SECONDS and self.state != "parado"


class Heartbeat:
    """Writes ``data()`` once a second from a thread of its own, until closed.

    A database that is away stops nothing: the next second tries again. Use as a context manager;
    leaving it writes the state ``parado`` with the final counters. ``pid`` is the process that
    people know the part by, where it is not this one.
    """

    def __init__(
        self, settings: Settings, part: str, data: Callable[[], dict[str, Any]], *, pid: int | None = None
    ) -> None:
        self._settings = settings
        self._part = part
        self._data = data
        self._instance = f"{socket.gethostname()}-{pid or os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._connection: database.Connection | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.wait(_INTERVAL_SECONDS):
            self._write("ativo")
        self._write("parado")

    def _write(self, state: str) -> None:
        try:
            if self._connection is None:
                self._connection = database.connect(
                    self._settings, application=f"heartbeat-{self._part}", timeout_seconds=5
                )
            with database.translated("writing the heartbeat"):
                self._connection.cursor().execute(
                    "insert into operacao.batimentos (parte, instancia, estado, dados) values (%s, %s, %s, %s::jsonb) "
                    "on conflict (parte, instancia) do update set estado = excluded.estado, dados = excluded.dados, "
                    "atualizado_em = clock_timestamp()",
                    (self._part, self._instance, state, msgspec.json.encode(self._said()).decode()),
                )
                self._connection.commit()
        except VitrineError as problem:
            log.get(__name__).warning("heartbeat not written", problem=str(problem))
            self._drop_connection()

    def _said(self) -> dict[str, Any]:
        return {**self._data(), "versoes": versions.mine()}

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        database.close(connection)


def read(connection: database.Connection) -> list[Beat]:
    """The last word of every process that ever spoke, newest first; ends the transaction."""
    found = database.rows(
        connection,
        "select parte, instancia, estado, dados, atualizado_em, "
        "extract(epoch from clock_timestamp() - atualizado_em)::float8 from operacao.batimentos "
        "order by atualizado_em desc",
    )
    connection.rollback()
    return [_beat(*it) for it in found]


def _beat(
    part: str, instance: str, state: str, said: dict[str, Any] | str, updated_at: dt.datetime, age: float
) -> Beat:
    data = dict(said) if isinstance(said, dict) else msgspec.json.decode(said)
    return Beat(part, instance, state, data, updated_at, age, data.pop("versoes", {}))
