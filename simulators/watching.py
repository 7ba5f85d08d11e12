"""What is asked of the simulators through Postgres: pauses and scenarios."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from contracts import control, database, log
from contracts.errors import VitrineError
from contracts.settings import Settings
from simulators import scenario_log
from simulators.scenarios import ScenarioLog

_INTERVAL_SECONDS = 0.5


class Watch:
    """Asks twice a second what is in force, and tells ``pause`` and ``follow``. Use as a context manager.

    A pause ends by itself; without Postgres nobody could end it earlier, so there none is in force. The
    scenarios stay as they were last known.
    """

    def __init__(
        self, settings: Settings, pause: Callable[[bool], None], follow: Callable[[ScenarioLog], None]
    ) -> None:
        self._settings = settings
        self._pause = pause
        self._follow = follow
        self._stop = threading.Event()
        self._connection: database.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        database.close(self._connection)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look()
            except VitrineError as problem:
                log.get(__name__).warning("requests cannot be read", problem=str(problem))
                database.close(self._connection)
                self._connection = None
                self._pause(False)
            self._stop.wait(_INTERVAL_SECONDS)

    def _look(self) -> None:
        if self._connection is None:
            self._connection = database.connect(self._settings, application="simulators-control", timeout_seconds=5)
        with database.translated("reading the requests in force"):
            paused = control.PAUSE_SIMULATORS in control.current(self._connection)
        self._pause(paused)
        self._follow(scenario_log.read(self._connection))
