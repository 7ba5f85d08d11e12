"""One at a time, wherever it runs: an advisory lock in Postgres, which ends with its holder's connection."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from contracts import database
from contracts.settings import Settings

# Any number that nobody else takes.
_LOCK = 0x76697473


@contextmanager
def lease(settings: Settings) -> Iterator[bool]:
    """Whether this process is the one that works now; until the block ends.

    A holder that dies, or whose connection breaks, holds it no longer. Raises the errors of ``database``.
    """
    with closing(database.connect(settings, application="dataproc")) as connection:
        with database.translated("taking the lease"):
            taken = bool(database.rows(connection, "select pg_try_advisory_lock(%s)", (_LOCK,))[0][0])
            connection.commit()
        yield taken
