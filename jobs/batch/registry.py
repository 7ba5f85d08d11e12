"""The metrics of the batch: each a pure function of the shared frames, with its table, schema and keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.batch.frames import Frames

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Compute = Callable[[Frames], "DataFrame"]


@dataclass(frozen=True)
class BatchMetric:
    """One metric. ``schema`` is Spark's DDL of what ``compute`` returns; ``keys`` identify a row in a run.

    ``is_detailed``: it has so many rows that only the current and the newest run keep theirs.
    """

    id: str
    schema: str
    keys: tuple[str, ...]
    compute: Compute
    is_detailed: bool = False

    @property
    def table(self) -> str:
        """Its table in the schema ``metricas``, which has the run's number in front of these columns."""
        return f"{self.id}_por_execucao"


_METRICS: dict[str, BatchMetric] = {}
PERIOD = "periodo string, inicio date, completo boolean"
DAY = "inicio date"


def metric(
    identity: str,
    *,
    values: str,
    keys: tuple[str, ...] = ("periodo", "inicio"),
    period: str = PERIOD,
    is_detailed: bool = False,
) -> Callable[[Compute], Compute]:
    """Register a function as the metric ``identity`` of the catalogue.

    ``values`` are the columns after those of the ``period`` that every metric begins with: ``PERIOD``, or
    ``DAY`` for what is by days only.
    """

    def register(compute: Compute) -> Compute:
        if identity in _METRICS:
            raise ValueError(f"the metric {identity} is registered twice")
        _METRICS[identity] = BatchMetric(identity, f"{period}, {values}", keys, compute, is_detailed)
        return compute

    return register


def all_metrics() -> tuple[BatchMetric, ...]:
    """Every metric there is, in the order of the modules that define them."""
    from jobs.batch import metrics  # noqa: F401 - importing the package registers them

    return tuple(_METRICS.values())
