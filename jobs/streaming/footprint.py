"""What the processes of the job need not hold."""

import sys


def leave_pandas_out() -> None:
    """Keep pyarrow from importing pandas with the first array that it makes.

    It does where pandas is installed: 40 MB in each of four processes, and half a second, for what nothing here
    uses. None instead of a module is Python's way to say that an import is to fail; pyarrow goes on without.
    """
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]  # typeshed knows modules only
