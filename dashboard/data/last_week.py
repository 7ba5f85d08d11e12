"""Sales of a week ago, from Postgres: Redis keeps two days. Looked up by a thread of its own, a minute at a time."""

import datetime as dt
import threading
from collections.abc import Callable

from contracts import database, log
from contracts.errors import VitrineError
from contracts.panes import MINUTE
from contracts.settings import Settings
from dashboard.data.live import SERIES_SECONDS, SMOOTHED_SECONDS
from dashboard.data.reading import read_only

WEEK = 7 * 86_400
_LOOK_EVERY_SECONDS = 0.5
_AGAIN_SECONDS = 30.0
_TIMEOUT_SECONDS = 5.0
_STATEMENT_MILLISECONDS = 3_000
# Minutes that are read ahead: then the database is asked once in so long.
_AHEAD_SECONDS = 5 * MINUTE

# By the index on data_compra. What the shop sold by the end of a minute a week ago hardly changes any more.
_MINUTES = """
    select floor(extract(epoch from data_compra) / 60)::bigint * 60, sum(valor_total_compra)
    from transacoes_vendas
    where data_compra >= to_timestamp(%s) and data_compra < to_timestamp(%s)
    group by 1
"""


class LastWeekWatch:
    """Keeps ``minutes`` current while somebody watches: minute's start to gross sales in centavos."""

    def __init__(self, settings: Settings, *, wanted: Callable[[], bool], now: Callable[[], dt.datetime]) -> None:
        """``now`` is the shop's."""
        self._settings = settings
        self._wanted = wanted
        self._now = now
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="last-week-watch", daemon=True)
        self._known: dict[int, int] = {}
        # Up to where minutes are known, those without a sale too; epoch seconds of a week ago.
        self._from = self._until = 0
        self._is_away = False

    @property
    def minutes(self) -> dict[int, int] | None:
        """What is known of the minutes around now, a week ago; None where nothing was sold, or nobody could say."""
        return self._known or None

    def start(self) -> None:
        """Begin watching."""
        self._thread.start()

    def stop(self) -> None:
        """End watching; returns at once."""
        self._stop.set()

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            pause = _LOOK_EVERY_SECONDS
            if self._wanted() and not self.look():
                pause = _AGAIN_SECONDS

    def look(self) -> bool:
        """Read the minutes that are missing, if any; whether there is nothing left to read."""
        now = int(self._now().timestamp()) - WEEK
        first = (now - SERIES_SECONDS - SMOOTHED_SECONDS) // MINUTE * MINUTE - MINUTE
        needed = now + SMOOTHED_SECONDS
        if self._from <= first and needed <= self._until:
            return True
        begin = self._until if self._from <= first < self._until else first
        end = (needed + _AHEAD_SECONDS) // MINUTE * MINUTE + MINUTE
        try:
            found = self._read(begin, end)
        except VitrineError as error:
            if not self._is_away:
                log.get(__name__).warning("last week's sales cannot be read", problem=str(error))
            self._is_away = True
            return False
        self._is_away = False
        self._known = {start: it for start, it in self._known.items() if start >= first} | found
        self._from, self._until = first, end
        return True

    def _read(self, begin: int, end: int) -> dict[int, int]:
        connection = read_only(
            self._settings,
            application="dashboard-week",
            timeout_seconds=_TIMEOUT_SECONDS,
            statement_milliseconds=_STATEMENT_MILLISECONDS,
        )
        try:
            with database.translated("reading last week's sales"):
                found = database.rows(connection, _MINUTES, (begin, end))
                connection.rollback()
        finally:
            database.close(connection)
        return {int(start): int(total * 100) for start, total in found}
