"""``python -m tests.integration.warm_batch``: the batch's command in a process that stays, so that Java starts once.

Each line of standard input holds a command's arguments; the answer is a line with its exit code.
"""

import sys

import typer

from contracts import log
from jobs.batch.__main__ import app


def main() -> None:
    """Run command after command, up to the end of the input."""
    for line in sys.stdin:
        typer.echo(_exit_code(line.split()))


def _exit_code(arguments: list[str]) -> int:
    try:
        with log.exit_codes():
            app(arguments, standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    log.configure("batch")
    main()
