"""``python -m local.compose``: the same stack in containers, by Docker Compose."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from contracts import log, settings
from contracts.errors import MissingProgram, TerminalError
from local.screen import Screen
from local.servers.secrets import password, write_private

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

FILE = Path(__file__).with_name("docker-compose.yml")
PASSWORDS = ("VITRINE_POSTGRES_PASSWORD", "VITRINE_REDIS_PASSWORD")
# The first start builds the images and loads the first history.
_WAIT_SECONDS = 1_200


def environment_file(folder: Path) -> Path:
    """The private file with the containers' passwords below ``folder``; made on first use, then kept."""
    path = folder / "compose.env"
    secrets = folder / "secrets"
    lines = [f"{name}={password(secrets / f'compose.{name.lower()}')}\n" for name in PASSWORDS]
    write_private(path, "".join(lines))
    return path


def command(arguments: Sequence[str], folder: Path) -> list[str]:
    """The command line of ``docker compose`` for our file. Raises ``MissingProgram`` without Docker."""
    docker = shutil.which("docker")
    if docker is None:
        raise MissingProgram(
            "docker is not on PATH: install Docker Engine with the Compose plugin, or run the stack without it "
            "(make local)"
        )
    return [docker, "compose", "--file", str(FILE), "--env-file", str(environment_file(folder)), *arguments]


def _run(*arguments: str) -> None:
    done = subprocess.run(command(arguments, settings.load().local_folder), check=False)  # noqa: S603 - docker, no shell
    if done.returncode:
        raise TerminalError(f"docker compose {arguments[0]} ended with {done.returncode}")


def health(listed: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each service of ``docker compose ps``: whether it is as it should be, and its state in words.

    A service that runs must be healthy; one that ran to its end must have ended well.
    """
    found = {}
    for it in listed:
        state, detail = it.get("State", ""), it.get("Health", "")
        ended_well = state == "exited" and it.get("ExitCode") == 0
        well = ended_well or (state == "running" and detail in ("healthy", ""))
        found[it["Service"]] = {"healthy": well, "detail": f"{state} {detail}".strip()}
    return found


@app.command()
def up(
    reset: Annotated[bool, typer.Option(help="Start afresh: remove all data of the containers first.")] = False,
) -> None:
    """Build the images, start everything and return when all is healthy."""
    if reset:
        _run("down", "--volumes")
    _run("up", "--build", "--detach", "--wait", "--wait-timeout", str(_WAIT_SECONDS))
    port = os.environ.get("VITRINE_DASHBOARD_PORT") or settings.load().dashboard_port
    Screen().headline(f"Vitrine: http://localhost:{port} (make local-stop LOCAL=compose stops it)")


@app.command()
def status() -> None:
    """Print the health of every container as JSON; exit 0 only when all is well."""
    asked = command(["ps", "--all", "--format", "json"], settings.load().local_folder)
    done = subprocess.run(asked, check=False, capture_output=True, text=True)  # noqa: S603 - docker, no shell
    if done.returncode:
        raise TerminalError(f"docker compose ps ended with {done.returncode}: {done.stderr.strip()}")
    # One JSON object a line; before Compose 2.21 one list.
    text = done.stdout.strip()
    listed = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    found = health(listed)
    well = bool(found) and all(it["healthy"] for it in found.values())
    typer.echo(json.dumps({"healthy": well, "parts": found}, indent=2))
    raise typer.Exit(0 if well else 1)


@app.command()
def stop() -> None:
    """Stop the containers in order; their data stays."""
    _run("stop")


if __name__ == "__main__":
    log.configure("compose")
    with log.exit_codes():
        app()
