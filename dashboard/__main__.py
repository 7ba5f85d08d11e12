"""``python -m dashboard``: the live page and the history, on ``VITRINE_DASHBOARD_PORT``."""

import typer

from contracts import log, settings

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def main() -> None:
    """Serve the dashboard until stopped."""
    configuration = settings.load()
    log.configure("dashboard", log_format=configuration.log_format, level=configuration.log_level)
    # Streamlit takes a second to import: a wrong setting is said before that.
    from dashboard import server

    server.run(configuration)


if __name__ == "__main__":
    log.configure("dashboard")
    with log.exit_codes():
        app()
