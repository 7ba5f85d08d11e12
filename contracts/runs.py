"""The run of the batch that everybody sees, for whoever starts the next one."""

import datetime as dt

from contracts import database
from contracts.database import Connection


def current_instant(connection: Connection) -> dt.datetime | None:
    """The moment of the shop's clock that it describes, None before the first. Raises the errors of ``database``."""
    with database.translated("reading the current run"):
        found = database.rows(connection, "select instante from metricas.execucoes where id = metricas.atual()")
        connection.rollback()
    return found[0][0] if found else None
