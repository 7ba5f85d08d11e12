"""Pauses asked for through Postgres."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from contracts import control, database, log
from contracts.errors import VitrineError
from contracts.settings import Settings

_INTERVAL_SECONDS = 0.5


class PauseWatch:
    """Asks twice a second whether a pause is in force and tells ``pause``. Use as a context manager.

    A pause ends by itself; without Postgres nobody could end it earlier, so there none is in force.
    """

    def __init__(self, settings: Settings, pause: Callable[[bool], None]) -> None:
        self._settings = settings
        self._pause = pause
        self._stop = threading.Event()
        self._connection: database.Connection | None = None
        self._thread = threading.Thread(target=self._run, name="pause-watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._pause(self._is_asked_for())
            except VitrineError as problem:
                log.get(__name__).warning("pauses cannot be read", problem=str(problem))
                self._connection = None
                self._pause(False)
            self._stop.wait(_INTERVAL_SECONDS)

    def _is_asked_for(self) -> bool:
        if self._connection is None:
            self._connection = database.connect(self._settings, application="simulators-control", timeout_seconds=5)
        with database.translated("reading the requests in force"):
            return control.PAUSE_SIMULATORS in control.current(self._connection)
