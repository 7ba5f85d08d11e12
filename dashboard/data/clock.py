"""The shop's clock, looked up now and then so that the live path never waits for Postgres."""

import threading

from contracts import clock, database, log
from contracts.clock import ShopClock
from contracts.errors import VitrineError
from contracts.settings import Settings

_INTERVAL_SECONDS = 15.0
_TIMEOUT_SECONDS = 5.0


class ClockWatch:
    """Keeps ``clock`` current from a thread of its own; the wall's until Postgres was asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock-watch", daemon=True)
        self._problem = ""
        self.clock: ShopClock = clock.WALL

    def start(self) -> None:
        """Begin watching."""
        self._thread.start()

    def stop(self) -> None:
        """End watching; returns at once."""
        self._stop.set()

    def _run(self) -> None:
        while True:
            self._look()
            if self._stop.wait(_INTERVAL_SECONDS):
                return

    def _look(self) -> None:
        """A clock that cannot be read is the one last known: it hardly ever changes."""
        try:
            connection = database.connect(
                self._settings, application="dashboard-clock", timeout_seconds=_TIMEOUT_SECONDS
            )
            try:
                with database.translated("reading the shop's clock"):
                    self.clock = clock.read(connection)
            finally:
                connection.close()
            problem = ""
        except VitrineError as error:
            problem = str(error)
        if problem != self._problem:
            self._problem = problem
            log.get(__name__).warning("shop's clock not read", problem=problem) if problem else log.get(__name__).info(
                "shop's clock read again"
            )
