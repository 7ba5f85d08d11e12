"""Questions to one server, asked again and again from a thread of its own while somebody wants the answers."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct, structs

from contracts import log
from contracts.errors import TransientError, VitrineError

_T = TypeVar("_T")

# Nobody has asked for this long: nothing is read any more, and the connection is given back.
_IDLE_SECONDS = 20.0
_LOOK_EVERY_SECONDS = 0.5
# What was not answered is asked again after this.
_AGAIN_SECONDS = 2.0

Kind = Literal["away", "failed"]


class Trouble(Struct, frozen=True):
    """Why an answer is missing or old: the server is ``away`` or too slow, or the question ``failed``."""

    kind: Kind
    since: dt.datetime


class Known(Struct, Generic[_T], frozen=True):
    """The last answer, None before the first; ``trouble`` while there is no newer one to be had."""

    value: _T | None = None
    at: dt.datetime | None = None
    trouble: Trouble | None = None


class Probe(Struct, frozen=True):
    """One question; ``read`` gets the connection and raises the errors of ``contracts``."""

    name: str
    read: Callable[[Any], Any]
    every_seconds: float


class Watch:
    """Asks the probes of one server in turn. A probe that fails leaves the others alone."""

    def __init__(
        self, name: str, *, connect: Callable[[], Any], close: Callable[[Any], None], probes: Sequence[Probe]
    ) -> None:
        self._name = name
        self._connect = connect
        self._close = close
        self._probes = probes
        self._connection: Any = None
        self._known: dict[str, Known[Any]] = {it.name: Known() for it in probes}
        self._due = dict.fromkeys(self._known, 0.0)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked = 0.0
        self._first = threading.Event()

    def known(self) -> dict[str, Known[Any]]:
        """The answers by the probes' names."""
        return dict(self._known)

    def ask(self) -> None:
        """Keep the answers current for a while from now on."""
        with self._lock:
            self._asked = time.monotonic()
            if self._thread is None:
                self._due = dict.fromkeys(self._known, 0.0)
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def wait_for_first(self, seconds: float) -> None:
        """Until every probe has been asked once, at most so long."""
        self._first.wait(seconds)

    def _run(self) -> None:
        while True:
            self.look()
            with self._lock:
                if time.monotonic() - self._asked > _IDLE_SECONDS:
                    self._thread = None
                    self._drop()
                    return
            time.sleep(_LOOK_EVERY_SECONDS)

    def look(self) -> None:
        """Ask whatever is due."""
        for probe in self._probes:
            if time.monotonic() < self._due[probe.name]:
                continue
            if not self._is_connected():
                break
            answered = self._ask(probe)
            self._due[probe.name] = time.monotonic() + (probe.every_seconds if answered else _AGAIN_SECONDS)
        self._first.set()

    def _is_connected(self) -> bool:
        """Each question would wait as long for a server that is not there: one attempt stands for all."""
        if self._connection is not None:
            return True
        try:
            self._connection = self._connect()
        except VitrineError as error:
            for name in self._known:
                self._note(name, error, str(error), "away" if isinstance(error, TransientError) else "failed")
                self._due[name] = time.monotonic() + _AGAIN_SECONDS
            return False
        return True

    def _ask(self, probe: Probe) -> bool:
        """Whether there was an answer."""
        try:
            value = probe.read(self._connection)
        except VitrineError as error:
            self._note(probe.name, error, str(error), "away" if isinstance(error, TransientError) else "failed")
        except Exception as error:  # noqa: BLE001 - what nobody expected of a row must not end the page for good
            self._note(probe.name, error, repr(error), "failed")
        else:
            if self._known[probe.name].trouble is not None:
                log.get(__name__).info("health is read again", what=probe.name)
            self._known[probe.name] = Known(value, dt.datetime.now(dt.UTC))
            return True
        # Whatever state it is in: the next question begins with a connection of its own.
        self._drop()
        return False

    def _note(self, name: str, error: Exception, problem: str, kind: Kind) -> None:
        known = self._known[name]
        if known.trouble is None:
            bug = None if isinstance(error, VitrineError) else error
            log.get(__name__).warning("health cannot be read", what=name, problem=problem, exc_info=bug)
        since = known.trouble.since if known.trouble is not None else dt.datetime.now(dt.UTC)
        self._known[name] = structs.replace(known, trouble=Trouble(kind, since))

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._close(connection)
