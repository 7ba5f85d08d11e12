"""The connections of those who only read."""

from contracts import database
from contracts.database import Connection
from contracts.settings import Settings


def read_only(
    settings: Settings, *, application: str, timeout_seconds: float, statement_milliseconds: int
) -> Connection:
    """A connection that can change nothing, and on which no statement takes long.

    Raises ``DatabaseUnavailable`` and ``DatabaseRefused``.
    """
    connection = database.connect(settings, application=application, timeout_seconds=timeout_seconds)
    try:
        with database.translated("preparing to read"):
            cursor = connection.cursor()
            cursor.execute(f"set statement_timeout = {statement_milliseconds}")
            cursor.execute("set default_transaction_read_only = on")
            connection.commit()
    except BaseException:
        database.close(connection)
        raise
    return connection
