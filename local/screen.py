"""What the person at the terminal sees; plain lines when nobody watches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.text import Text


class Screen:
    """Writes to standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._download: Progress | None = None

    @property
    def is_watched(self) -> bool:
        """Whether a person sees it as it moves."""
        return self._console.is_terminal

    def say(self, text: str) -> None:
        """One line, with the time of day."""
        self._console.print(Text(time.strftime("%H:%M:%S "), style="dim").append(text, style="not dim"))

    def headline(self, text: str) -> None:
        """One line that must not be missed."""
        self._console.print(Text(text, style="bold green"))

    @contextmanager
    def step(self, doing: str, *, spinner: bool = True) -> Iterator[None]:
        """Say what begins and, when it ends well, how long it took.

        Without ``spinner`` what happens inside may draw bars of its own.
        """
        started = time.monotonic()
        if spinner and self.is_watched:
            with self._console.status(doing):
                yield
        else:
            self.say(f"{doing} …")
            yield
        self.say(f"{doing}: {time.monotonic() - started:.1f} s")

    def downloading(self, done: int, total: int | None) -> None:
        """Show how far a download is; every tenth of it where nobody watches."""
        if not self.is_watched:
            if total and done * 10 // total > (done - (1 << 18)) * 10 // total:
                self.say(f"downloading the Pub/Sub emulator: {100 * done // total} %")
            return
        if self._download is None:
            columns = (TextColumn("downloading the Pub/Sub emulator"), BarColumn(), DownloadColumn())
            self._download = Progress(*columns, TransferSpeedColumn(), console=self._console)
            self._download.add_task("", total=total)
            self._download.start()
        self._download.update(self._download.task_ids[0], completed=done)
        if done == total:
            self._download.stop()
