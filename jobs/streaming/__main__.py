"""``python -m jobs.streaming run``: read settings, wire, run."""

import typer

from contracts import log, settings

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _main() -> None:
    """From Pub/Sub to live panes in Redis."""


@app.command()
def run() -> None:
    """Keep the live panes current until SIGTERM or Ctrl-C."""
    from jobs.streaming import run as running

    configuration = settings.load()
    log.configure("streaming", log_format=configuration.log_format, level=configuration.log_level)
    running.run(configuration)


if __name__ == "__main__":
    log.configure("streaming")
    with log.exit_codes():
        app()
