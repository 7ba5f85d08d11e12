"""The historical metrics once more, in plain SQL over the shop's own tables: a statement a metric.

Written against the definitions, not against the batch. The forecast itself is no matter of SQL; its
error is compared for the forecast that repeats the last week.
"""

from datetime import datetime
from pathlib import Path

_FOLDER = Path(__file__).parent
_COMMON = (_FOLDER / "common.sql").read_text("utf-8")
METRICS = tuple(sorted(it.stem for it in _FOLDER.glob("*.sql") if it.stem != "common"))


def statement(metric: str, *, instant: datetime, zone: str = "America/Sao_Paulo", idle_minutes: int = 30) -> str:
    """The statement of a metric; it yields the columns of its table after ``execucao``."""
    # A statement that starts with a comma has parts of its own.
    text = _COMMON.rstrip() + "\n" + (_FOLDER / f"{metric}.sql").read_text("utf-8")
    for name, value in {"instant": instant.isoformat(), "zone": zone, "idle": str(idle_minutes)}.items():
        text = text.replace(f":{name}::", f"'{value}'::")
    return text
