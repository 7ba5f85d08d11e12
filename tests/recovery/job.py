"""``python -m tests.recovery.job run`` and ``rebuild``: those of ``jobs.streaming``, able to end at the points."""

import os
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import SparkSession

from contracts import log
from contracts.errors import VitrineError
from contracts.settings import Settings
from jobs.streaming import __main__ as streaming
from jobs.streaming import healer, run
from tests.recovery import armed

STARTS_AGAIN = "the query starts again"


def main() -> None:
    """Arm this process, and with it all that it starts."""
    os.environ.setdefault(armed.GROUP_VARIABLE, str(os.getpid()))
    armed.install()
    run.PubSubSource = armed.ArmedSource  # type: ignore[attr-defined]  # imported there: the one it registers
    run.run = again_after_each_abort(run.run)  # type: ignore[assignment]  # the same signature, another name
    healer.PROGRAM = "tests.recovery.job"
    log.configure("streaming")
    with log.exit_codes():
        streaming.app()


def again_after_each_abort(run_once: Callable[[Settings], None]) -> Callable[[Settings], None]:
    """Run the job, and once more each time that its query was aborted at a point; the JVM stays."""
    stop = SparkSession.stop
    grave = armed.grave(Path(os.environ[armed.ORDER_VARIABLE]))

    def run_again_and_again(settings: Settings) -> None:
        SparkSession.stop = lambda self: None  # type: ignore[method-assign]  # the session is taken up again
        try:
            while True:
                had_died = grave.exists()
                try:
                    run_once(settings)
                except VitrineError:
                    if had_died or not grave.exists():
                        raise
                    log.get(__name__).info(STARTS_AGAIN, aborted_at=grave.read_text("utf-8"))
                    grave.rename(armed.buried(grave))
                else:
                    return
        finally:
            SparkSession.stop = stop  # type: ignore[method-assign]  # as it was
            session = SparkSession.getActiveSession()
            if session is not None:
                session.stop()

    return run_again_and_again


if __name__ == "__main__":
    main()
