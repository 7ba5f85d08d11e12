"""``python -m jobs.streaming run``, ``heal`` and ``rebuild``: read settings, wire, run."""

import os
from typing import Annotated

import typer

from contracts import log, settings
from contracts.footprint import leave_pandas_out

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _main() -> None:
    """From Pub/Sub to live panes in Redis."""
    leave_pandas_out()


@app.command()
def run() -> None:
    """Keep the live panes current until SIGTERM or Ctrl-C."""
    from jobs.streaming import run as running

    configuration = settings.load()
    log.configure("streaming", log_format=configuration.log_format, level=configuration.log_level)
    running.run(configuration)


_Reason = Annotated[str, typer.Option(hidden=True)]
# The stream comes first.
_NICENESS = 10


@app.command()
def rebuild(reason: _Reason = "pedido") -> None:
    """Restore every live pane from Postgres, also while the job runs."""
    _heal(reason, only_changed=False)


@app.command()
def heal(reason: _Reason = "pedido") -> None:
    """Put right the panes of which Postgres has come to know more since; the job does it every hour."""
    _heal(reason, only_changed=True)


def _heal(reason: str, *, only_changed: bool) -> None:
    from jobs.streaming import healing

    configuration = settings.load()
    log.configure("streaming-heal", log_format=configuration.log_format, level=configuration.log_level)
    os.nice(_NICENESS)
    healing.heal(configuration, reason=reason, only_changed=only_changed)


if __name__ == "__main__":
    log.configure("streaming")
    with log.exit_codes():
        app()
