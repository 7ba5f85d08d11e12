"""``python -m tests.recovery.job run`` and ``rebuild``: those of ``jobs.streaming``, able to die at the points."""

import os

from contracts import log
from jobs.streaming import __main__ as streaming
from jobs.streaming import healer, run
from tests.recovery import armed


def main() -> None:
    """Arm this process, and with it all that it starts."""
    os.environ[armed.GROUP_VARIABLE] = str(os.getpgrp())
    armed.install()
    run.PubSubSource = armed.ArmedSource  # type: ignore[attr-defined]  # imported there: the one it registers
    healer.PROGRAM = "tests.recovery.job"
    log.configure("streaming")
    with log.exit_codes():
        streaming.app()


if __name__ == "__main__":
    main()
