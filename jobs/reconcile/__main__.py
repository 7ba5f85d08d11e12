"""``python -m jobs.reconcile``: the live panes against Postgres and against the simulators' ledger."""

import datetime as dt
from typing import Annotated

import typer

from contracts import log, settings
from contracts.progress import Progress
from jobs.reconcile import report
from jobs.reconcile import run as runs

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.callback()
def reconcile() -> None:
    """The live panes against Postgres and against the simulators' ledger."""


@app.command()
def run(
    hours: Annotated[int | None, typer.Option(min=1, help="So many hours, the newest. Default: all there are.")] = None,
    as_of: Annotated[dt.datetime | None, typer.Option(help="Hours that ended by then; UTC. Default: now.")] = None,
    ledger: Annotated[bool, typer.Option(help="Also the ledger in VITRINE_SIMULATORS_FOLDER, if there is one.")] = True,
) -> None:
    """Compare every closed hour, print and record the differences; exit code 1 where one is not explained."""
    configuration = settings.load()
    log.configure("reconcile", log_format=configuration.log_format, level=configuration.log_level)
    moment = as_of.replace(tzinfo=dt.UTC) if as_of else None
    result = runs.run(configuration, hours=hours, as_of=moment, with_ledger=ledger, progress=Progress("hours"))
    report.show(result)
    runs.alert(result)


if __name__ == "__main__":
    with log.exit_codes():
        log.configure("reconcile")
        app()
