"""Rejected events to browse, newest first, a page at a time."""

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from contracts import database
from contracts.database import Connection
from contracts.errors import DatabaseUnavailable
from contracts.settings import Settings
from dashboard.data.health.postgres import STATEMENT_MILLISECONDS
from dashboard.data.reading import read_only

PAGE = 20
# So far back by pages; further back a filter or SQL helps more.
MOST_PAGES = 50
# Of a payload so much is read; the longest that Pub/Sub takes is 10 MB.
MOST_BYTES = 8_000
_TIMEOUT_SECONDS = 3.0
_MOST_AT_ONCE = 3


class Filter(Struct, frozen=True):
    """Which ones; None for all. ``page`` counts from 0, the newest."""

    topic: str | None = None
    code: str | None = None
    page: int = 0


class RejectedEvent(Struct, frozen=True, kw_only=True):
    """One event that broke the contract. ``payload`` are its first bytes, ``size`` how many there are in all."""

    topic: str
    message: str
    published: dt.datetime
    rejected: dt.datetime
    code: str
    field: str
    value: str
    rule: str
    attributes: Mapping[str, str]
    payload: bytes
    size: int
    replayed: dt.datetime | None


class RejectedPage(Struct, frozen=True, eq=False):
    """A page of them, and whether there are older ones."""

    events: list[RejectedEvent]
    has_older: bool


# The index on rejeitado_em gives the order, so a page is found without sorting the table.
_PAGE = """
    select topico, id_mensagem, publicado_em, rejeitado_em, codigo, left(campo, 100), left(valor, 300),
           left(regra, 300), atributos, substring(conteudo from 1 for %s), octet_length(conteudo), reenviado_em
    from eventos_rejeitados
    where (cast(%s as text) is null or topico = %s) and (cast(%s as text) is null or codigo = %s)
    order by rejeitado_em desc
    limit %s offset %s
"""


class RejectedStore:
    """For any number of threads. Raises ``DatabaseUnavailable`` and ``DatabaseRefused``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._places = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self._lock = threading.Lock()
        self._idle: Connection | None = None

    def page(self, chosen: Filter) -> RejectedPage:
        """The chosen ones."""
        if not self._places.acquire(timeout=_TIMEOUT_SECONDS):
            raise DatabaseUnavailable("all connections of the dashboard are busy")
        try:
            with self._lock:
                kept, self._idle = self._idle, None
            try:
                return self._read(kept or self._connect(), chosen)
            except DatabaseUnavailable:
                if kept is None:
                    raise
                # It may have died with a server that is back by now.
                return self._read(self._connect(), chosen)
        finally:
            self._places.release()

    def _connect(self) -> Connection:
        return read_only(
            self._settings,
            application="dashboard-rejected",
            timeout_seconds=_TIMEOUT_SECONDS,
            statement_milliseconds=STATEMENT_MILLISECONDS,
        )

    def _read(self, connection: Connection, chosen: Filter) -> RejectedPage:
        try:
            with database.translated("reading rejected events"):
                found = database.rows(
                    connection,
                    _PAGE,
                    (
                        MOST_BYTES, chosen.topic, chosen.topic, chosen.code, chosen.code,
                        PAGE + 1, min(chosen.page, MOST_PAGES) * PAGE,
                    ),
                )  # fmt: skip
                connection.rollback()
            page = RejectedPage([_event(*it) for it in found[:PAGE]], len(found) > PAGE)
        except BaseException:
            database.close(connection)
            raise
        with self._lock:
            unused, self._idle = self._idle, connection
        database.close(unused)
        return page


def _event(
    topic: str,
    message: str,
    published: dt.datetime,
    rejected: dt.datetime,
    code: str,
    field: str,
    value: str,
    rule: str,
    attributes: Any,
    payload: bytes,
    size: int,
    replayed: dt.datetime | None,
) -> RejectedEvent:
    said = attributes if isinstance(attributes, dict) else msgspec.json.decode(attributes)
    return RejectedEvent(
        topic=topic,
        message=message,
        published=published,
        rejected=rejected,
        code=code,
        field=field,
        value=value,
        rule=rule,
        attributes={str(name): str(text) for name, text in said.items()},
        payload=bytes(payload),
        size=size,
        replayed=replayed,
    )
