"""``python -m tests.benchmarks.traced_job run``: the streaming job with the stopwatch of ``traced``."""

import json
import os
from pathlib import Path

from pyspark.sql.streaming.query import StreamingQuery

from contracts import log
from jobs.streaming import __main__ as streaming
from jobs.streaming import run
from tests.benchmarks import traced


def main() -> None:
    """Put the stopwatch into this process and the source's; leave Spark's own durations when told to stop."""
    traced.install_writing(run)
    run.PubSubSource = traced.TracedSource  # type: ignore[attr-defined]  # imported there: the one it registers
    stop = run._stop_between_batches

    def stop_and_tell(query: StreamingQuery) -> None:
        recent = [json.loads(it.json) for it in query.recentProgress]
        path = Path(os.environ[traced.TRACE_VARIABLE]) / "progress.json"
        path.write_text(json.dumps(recent), "utf-8")
        stop(query)

    run._stop_between_batches = stop_and_tell
    log.configure("streaming")
    with log.exit_codes():
        streaming.app()


if __name__ == "__main__":
    main()
