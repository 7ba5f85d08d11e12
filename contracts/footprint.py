"""What processes that work with Arrow need not hold."""

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
            raise ModuleNotFoundError("pandas is left out: see contracts.footprint", name=fullname)
        return None


def leave_pandas_out() -> None:
    """Keep pyarrow from importing pandas with the first array that it makes.

    It does where pandas is installed: 40 MB in each process, and half a second, for what nothing there uses. Where
    it finds none it goes on without.
    """
    if not any(isinstance(it, _Absent) for it in sys.meta_path):
        sys.meta_path.insert(0, _Absent())
