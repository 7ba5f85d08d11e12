"""Processes that want to hold no pandas, and pyarrow does without."""

import subprocess
import sys

SCRIPT = """
import sys
from contracts.footprint import leave_pandas_out
leave_pandas_out()
leave_pandas_out()
import pyarrow as pa
# Both look for pandas: the first to know what it was given, the second to make rows of it.
print(pa.array([1, 2]).to_pylist(), pa.Table.from_pylist([{"a": 1}]).num_rows, "pandas" in sys.modules)
"""


def test_arrays_are_made_without_pandas() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert ended.stdout == "[1, 2] 1 False\n"
