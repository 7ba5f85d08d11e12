"""What a run shows while it works: a bar when a person watches, a line per step otherwise."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from contracts import log


class Progress:
    """Steps of a run; several may be under way at once, from different threads."""

    def __init__(self, name: str, *, watched: bool | None = None) -> None:
        """``watched`` None: find out whether standard error is a terminal."""
        self._watched = sys.stderr.isatty() if watched is None else watched
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=not self._watched,
        )
        self._task = self._bars.add_task(name, total=None)

    @contextmanager
    def steps(self, total: int) -> Iterator[None]:
        """Show the bar while the steps are done."""
        self._bars.update(self._task, total=total)
        with self._bars:
            yield

    def skip(self) -> None:
        """One step that needs nothing done."""
        self._bars.advance(self._task)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step, by its name."""
        self._bars.update(self._task, description=name)
        start = time.monotonic()
        yield
        self._bars.advance(self._task)
        if not self._watched:
            log.get(__name__).info("step done", step=name, seconds=round(time.monotonic() - start, 2))
