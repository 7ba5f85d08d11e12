"""What the processes of the job need not hold."""

import os
import sys


def leave_pandas_out() -> None:
    """Keep pyarrow from importing pandas with the first array that it makes.

    It does where pandas is installed: 40 MB in each of four processes, and half a second, for what nothing here
    uses. None instead of a module is Python's way to say that an import is to fail; pyarrow goes on without.
    """
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]  # typeshed knows modules only


def share_native_memory() -> None:
    """Have the processes started from here on take native memory from two places, not from eight a core.

    Each of Java's many threads, RocksDB's among them, would get its own place (glibc's arenas) and give little of
    it back: 250 MB after half an hour. Where somebody has set it, that holds.
    """
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
