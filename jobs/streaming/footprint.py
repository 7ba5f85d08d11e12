"""What the processes of the job need not hold."""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from typing_extensions import override


class _Absent(MetaPathFinder):
    """Finds no pandas, whatever is installed."""

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "pandas":
            raise ModuleNotFoundError("streaming leaves pandas out: see jobs.streaming.footprint", name=fullname)
        return None


def leave_pandas_out() -> None:
    """Keep pyarrow from importing pandas with the first array that it makes.

    It does where pandas is installed: 40 MB in each of four processes, and half a second, for what nothing here
    uses. Where it finds none it goes on without.
    """
    if not any(isinstance(it, _Absent) for it in sys.meta_path):
        sys.meta_path.insert(0, _Absent())


def share_native_memory() -> None:
    """Have the processes started from here on take native memory from two places, not from eight a core.

    Each of Java's many threads, RocksDB's among them, would get its own place (glibc's arenas) and give little of
    it back: 250 MB after half an hour. Where somebody has set it, that holds.
    """
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
