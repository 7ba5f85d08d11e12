"""``python -m local``: the whole stack on this machine."""

from typing import Annotated

import msgspec
import typer

from contracts import log, settings
from local import commands, status
from local.screen import Screen
from local.stopping import StopRequest
from local.up import Options
from local.up import up as bring_up

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command()
def up(
    reset: Annotated[bool, typer.Option(help="Start afresh: remove all local data first.")] = False,
    verbose: Annotated[bool, typer.Option(help="Show every log line of every part.")] = False,
    emulator_port: Annotated[int | None, typer.Option(help="Port of the Pub/Sub emulator (else a free one).")] = None,
    emulator_heap: Annotated[str, typer.Option(help="Java heap of the emulator.")] = "2g",
    emulator_deliveries: Annotated[
        int, typer.Option(min=1_000, help="Deliveries after which the emulator's memory is emptied.")
    ] = 400_000,
) -> None:
    """Start everything and watch over it until Ctrl-C."""
    screen, stop_request = Screen(), StopRequest()
    stop_request.listen()
    if reset:
        commands.reset(settings.load().local_folder, screen)
    bring_up(Options(emulator_port, emulator_heap, emulator_deliveries, verbose), screen, stop_request)


@app.command("status")
def show_status() -> None:
    """Print the health of every part as JSON; exit 0 only when all is well."""
    found = status.report(settings.load().local_folder)
    typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    raise typer.Exit(0 if found.healthy else 1)


@app.command()
def stop() -> None:
    """Stop the stack that runs in another terminal, in order."""
    commands.stop(settings.load().local_folder, Screen())


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context, component: Annotated[str, typer.Argument(help=f"One of {', '.join(commands.COMPONENTS)}.")]
) -> None:
    """Run a component's command on the running stack: run simulators scenario black-friday --for 10m."""
    commands.run(settings.load().local_folder, component, context.args)


@app.command()
def reset() -> None:
    """Remove all local data (not while the stack runs)."""
    commands.reset(settings.load().local_folder, Screen())


if __name__ == "__main__":
    log.configure("local")
    with log.exit_codes():
        app()
