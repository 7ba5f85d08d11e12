"""Run after run in one process, for a shop whose days are short.

What Spark's start costs, and what Java has compiled, is then paid for once.
"""

import time
from collections.abc import Callable

from contracts import clock, database, runs
from contracts.settings import Settings

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
        return clock.read(connection).has_left_the_day_of(runs.current_instant(connection), settings.zone)
    finally:
        database.close(connection)
