"""The streaming job as another release would be: ``python -m tests.integration.other_release CHANGE run``."""

import sys
from collections.abc import Callable, Mapping

import pyarrow as pa

from contracts import live_rows, log, panes


def _one_partition_more() -> None:
    from jobs.streaming import session

    ours = session.spark_options

    def more(*arguments: object) -> Mapping[str, str]:
        return {**ours(*arguments), "spark.sql.shuffle.partitions": "3"}  # type: ignore[arg-type]  # as it was called

    session.spark_options = more  # type: ignore[assignment]  # that is the point


def _finer_sketches() -> None:
    panes.SKETCH_LG_K = 13


def _panes_of_a_minute_for_all() -> None:
    del panes._LIVES[panes.TEN_SECONDS, True]


def _a_column_more() -> None:
    live_rows.COLUMNS = live_rows.COLUMNS.append(pa.field("cupom", pa.string()))


CHANGES: dict[str, Callable[[], None]] = {
    "shuffle partitions (": _one_partition_more,
    "sketches (": _finer_sketches,
    "pane lengths": _panes_of_a_minute_for_all,
    "no cupom: string": _a_column_more,
}

if __name__ == "__main__":
    # Before the job's modules take what they need.
    CHANGES[sys.argv.pop(1)]()
    from jobs.streaming.__main__ import app

    log.configure("streaming")
    with log.exit_codes():
        app()
