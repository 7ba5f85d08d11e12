"""What Spark's Python workers do besides their work."""

import gc
from functools import cache


@cache
def settle() -> None:
    """Spare the worker a look at all that it has imported, once in its life; call it after the imports.

    Spark's workers collect garbage after every task. What they have imported stays for as long as they
    live, yet going through it took the stream's workers 65 ms of a core a task.
    """
    gc.freeze()
