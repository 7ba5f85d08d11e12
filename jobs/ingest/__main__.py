"""``python -m jobs.ingest run``: read settings, wire, run."""

import typer

from contracts import log, settings
from jobs.ingest import run as running

app = typer.Typer(no_args_is_help=True, add_completion=False, help="From Pub/Sub to Postgres.")


@app.callback()
def _main() -> None:
    """From Pub/Sub to Postgres."""


@app.command()
def run() -> None:
    """Persist every event until SIGTERM or Ctrl-C."""
    configuration = settings.load()
    log.configure("ingest", log_format=configuration.log_format, level=configuration.log_level)
    running.run(configuration)


if __name__ == "__main__":
    log.configure("ingest")
    with log.exit_codes():
        app()
