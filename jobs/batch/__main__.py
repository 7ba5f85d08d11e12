"""``python -m jobs.batch``: all of history into every metric."""

import datetime as dt
from typing import Annotated

import typer

from contracts import log, settings
from contracts.progress import Progress
from jobs.batch.daily import follow
from jobs.batch.run import run as run_once

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.callback()
def batch() -> None:
    """All of history into every metric."""


@app.command()
def run(
    as_of: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Describe the end of this day instead of now.")
    ] = None,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Publish even where tables have lost rows since the run before.")
    ] = False,
    master: Annotated[str | None, typer.Option(help="Where Spark runs; default VITRINE_BATCH_MASTER.")] = None,
) -> None:
    """Compute every metric from one snapshot of Postgres and publish them at once."""
    configuration = settings.load()
    log.configure("batch", log_format=configuration.log_format, level=configuration.log_level)
    run_once(
        configuration,
        as_of=as_of.date() if as_of else None,
        master=master,
        progress=Progress("batch"),
        accept_loss=accept_loss,
    )


@app.command()
def daily() -> None:
    """Run at once if there was no run yet, then whenever the shop's day is over, in one process that stays.

    For a shop whose clock runs fast: at other times it would keep Java's memory from one day to the next.
    """
    configuration = settings.load()
    log.configure("batch", log_format=configuration.log_format, level=configuration.log_level)
    follow(configuration, lambda: run_once(configuration, progress=Progress("batch"), stays=True))


if __name__ == "__main__":
    with log.exit_codes():
        log.configure("batch")
        app()
