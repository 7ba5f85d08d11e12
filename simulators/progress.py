"""Progress of long work: a bar where a person watches, plain lines otherwise."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from contracts import log

_LINES = 5


@contextmanager
def showing(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A function to be called with what is being done, how many are done, how many there are."""
    if not sys.stderr.isatty():
        yield _lines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(title, total=None)

        def show(what: str, done: int, total: int) -> None:
            bars.update(task, description=f"{title}: {what}", completed=done, total=total)

        yield show


def _lines(title: str) -> Callable[[str, int, int], None]:
    """A line at the beginning and then at each fifth of the work."""
    told = -1

    def show(what: str, done: int, total: int) -> None:
        nonlocal told
        part = done * _LINES // max(total, 1)
        if part > told:
            told = part
            log.get(__name__).info(title, doing=what, done=done, of=total)

    return show
