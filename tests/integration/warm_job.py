"""``python -m tests.integration.warm_job MODULE``: a job's commands in a process that stays, so that Java starts once.

Each line of standard input is an ``Order`` as JSON; the answer is a line with the command's exit code. SIGTERM ends
the command under way as it ends the job. Java keeps the environment of the first command, and so do the processes that
it starts.
"""

import importlib
import os
import sys

import msgspec
import typer

from contracts import log


class Order(msgspec.Struct, frozen=True):
    """A command's arguments, and the environment that it finds."""

    arguments: list[str]
    environment: dict[str, str]


def main(module: str) -> None:
    """Run command after command, up to the end of the input."""
    log.configure(module.rpartition(".")[2])
    app = importlib.import_module(f"{module}.__main__").app
    for line in sys.stdin:
        typer.echo(_exit_code(app, msgspec.json.decode(line, type=Order)))


def _exit_code(app: typer.Typer, order: Order) -> int:
    os.environ |= order.environment
    try:
        with log.exit_codes():
            app(order.arguments, standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    main(sys.argv[1])
