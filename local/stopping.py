"""How a stop is asked for: Ctrl-C, SIGTERM, SIGHUP (the terminal closed), or ``python -m local stop``."""

import signal
import threading


class StopRequest:
    """Set by the first signal; the second one says that it is urgent."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.is_urgent = False

    @property
    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for it at most ``seconds``."""
        return self._event.wait(seconds)

    def ask(self) -> None:
        """Ask for a stop; again to hurry it."""
        self.is_urgent = self.is_set
        self._event.set()

    def listen(self) -> None:
        """Take the signals of this process."""
        # Under nohup a hangup is ignored, and stays so.
        hangup = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
        for number in (signal.SIGINT, signal.SIGTERM, *hangup):
            signal.signal(number, lambda _number, _frame: self.ask())
