"""The one place that opens a connection to Postgres, and that says what a failure means."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pg8000.dbapi
import pg8000.exceptions
from pg8000.dbapi import Connection

from contracts import log
from contracts.errors import DatabaseRefused, DatabaseRefusedData, DatabaseUnavailable, VitrineError
from contracts.settings import Settings

__all__ = ["Connection", "close", "connect", "libpq_uri", "rows", "translated"]

# SQLSTATEs after which the same call may work later: connection lost, server stopping or starting,
# out of connections or memory, lock not to be had, serialisation failure, deadlock, cancelled for its
# statement timeout or by a person.
_TRANSIENT = ("08", "53", "55P03", "57014", "57P", "40001", "40P01")
# No index takes a row of more than a third of a page, and the like.
_TOO_LARGE = "54000"


def connect(settings: Settings, *, application: str, timeout_seconds: float | None = 30) -> Connection:
    """An open connection that does not commit by itself, its session in UTC.

    ``application`` shows in ``pg_stat_activity``. ``timeout_seconds`` bounds every socket operation;
    None waits for ever, for statements known to be long. Raises ``DatabaseUnavailable`` when nobody
    answers, ``DatabaseRefused`` when Postgres says no.
    """
    where = settings.postgres_instance or f"{settings.postgres_host}:{settings.postgres_port}"
    with translated(f"Postgres at {where}"):
        connection: Connection = (
            _through_connector(settings)
            if settings.postgres_instance
            else pg8000.dbapi.connect(
                host=settings.postgres_host,
                port=settings.postgres_port,
                database=settings.postgres_database,
                user=settings.postgres_user,
                password=settings.postgres_password.get_secret_value(),
                application_name=f"vitrine-{application}",
                timeout=timeout_seconds,
                ssl_context=_ssl_context(settings),
            )
        )
        cursor = connection.cursor()
        cursor.execute("set time zone 'UTC'")
        connection.commit()
    return connection


def _ssl_context(settings: Settings) -> ssl.SSLContext | None:
    if settings.postgres_root_certificate is None:
        return None
    context = ssl.create_default_context(cafile=str(settings.postgres_root_certificate))
    # A Cloud SQL certificate carries no address: trust is in the instance's own authority.
    context.check_hostname = False
    return context


def _through_connector(settings: Settings) -> Connection:
    """Cloud SQL with IAM login over its private address."""
    from google.cloud.sql.connector import Connector, IPTypes

    # Lazy refresh: Cloud Run stops the processor between requests, and a background refresh with it.
    connector = Connector(refresh_strategy="lazy", ip_type=IPTypes.PRIVATE)
    connection: Connection = connector.connect(
        settings.postgres_instance,
        "pg8000",
        user=settings.postgres_user,
        db=settings.postgres_database,
        enable_iam_auth=True,
    )
    return connection


def libpq_uri(settings: Settings) -> str:
    """A connection URI for drivers built on libpq (the bulk reader). It holds the password: never log it.

    With a Cloud SQL instance the password is a fresh token of this machine's account, which lives for an hour: ask
    for a URI for each connection. Raises ``DatabaseRefused`` where there is no account.
    """
    user = quote(settings.postgres_user, safe="")
    password = quote(_token() if settings.postgres_instance else settings.postgres_password.get_secret_value(), safe="")
    database = quote(settings.postgres_database, safe="")
    uri = f"postgresql://{user}:{password}@{settings.postgres_host}:{settings.postgres_port}/{database}"
    if settings.postgres_root_certificate is not None:
        uri += f"?sslmode=verify-ca&sslrootcert={quote(str(settings.postgres_root_certificate), safe='')}"
    return uri


def _token() -> str:
    """What Cloud SQL takes as the password of an IAM user."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.auth.transport.requests import Request

    try:
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/sqlservice.login"])
        credentials.refresh(Request())
    except TransportError as error:
        raise DatabaseUnavailable(f"asking for a token to log in with: {error}") from error
    except GoogleAuthError as error:
        raise DatabaseRefused(f"asking for a token to log in with: {error}") from error
    return str(credentials.token)


def close(connection: Connection | None) -> None:
    """Close a connection that may be broken, or none: nothing is raised."""
    if connection is None:
        return
    try:
        connection.close()
    except Exception as error:  # noqa: BLE001 - a broken connection may fail in any way to close
        log.get(__name__).debug("connection was already gone", problem=repr(error))


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the driver's errors into ours: transient ones into ``DatabaseUnavailable``, the rest refused."""
    try:
        yield
    except VitrineError:
        raise
    except pg8000.exceptions.DatabaseError as error:
        details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        code, message = str(details.get("C", "")), str(details.get("M", error))
        kind: type[VitrineError] = DatabaseRefused
        if code.startswith(_TRANSIENT):
            kind = DatabaseUnavailable
        elif code.startswith(("22", "23")) or code == _TOO_LARGE:
            kind = DatabaseRefusedData
        raise kind(f"{doing}: {message}" + (f" (SQLSTATE {code})" if code else "")) from error
    except (pg8000.exceptions.InterfaceError, OSError) as error:
        raise DatabaseUnavailable(f"{doing}: {error}") from error


def rows(connection: Connection, statement: str, arguments: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All rows of a small query."""
    cursor = connection.cursor()
    cursor.execute(statement, arguments)
    return [tuple(row) for row in cursor.fetchall()]
