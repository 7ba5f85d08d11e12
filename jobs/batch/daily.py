"""Run after run in one process, for a shop whose days are short.

What Spark's start costs, and what Java has compiled, is then paid for once.
"""

import datetime as dt
import time
from collections.abc import Callable

from contracts import clock, database
from contracts.settings import Settings
from jobs.batch import writer

# How often it is looked whether the day is over.
_LOOK_SECONDS = 1.0


def follow(settings: Settings, run: Callable[[], object]) -> None:
    """Run at once if there was no run yet, then whenever the shop's day is over. Does not end by itself.

    Raises what ``run`` raises, and the errors of ``database``: whoever started it starts it again.
    """
    while True:
        if _is_due(settings):
            run()
        else:
            time.sleep(_LOOK_SECONDS)


def _is_due(settings: Settings) -> bool:
    connection = database.connect(settings, application="batch-daily", timeout_seconds=60)
    try:
        now, newest = clock.read(connection).now(), writer.current_instant(connection)
    finally:
        database.close(connection)

    def day_of(instant: dt.datetime) -> dt.date:
        return instant.astimezone(settings.zone).date()

    return newest is None or day_of(now) > day_of(newest)
