"""What ``up`` tells other terminals: a private file that names ports, processes and secrets' files."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from contracts.errors import UsageError
from contracts.settings import PREFIX, Settings, load
from local.servers.secrets import write_private

NAME = "state.json"


class PartState(msgspec.Struct, frozen=True, kw_only=True):
    """A part or a server: where it stands, its process if it is ours."""

    state: str
    pid: int | None = None
    restarts: int = 0
    address: str | None = None
    source: str | None = None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Everything another terminal needs. Passwords are not in it: ``secrets`` are files' names."""

    supervisor: int
    phase: str
    environment: dict[str, str]
    secrets: dict[str, str]
    dashboard: str
    live: bool
    parts: dict[str, PartState]
    baseline: dict[str, int]


def write(folder: Path, state: State) -> None:
    """Replace the file whole."""
    write_private(folder / NAME, msgspec.json.format(msgspec.json.encode(state)).decode())


def read(folder: Path) -> State:
    """The last state written. Raises ``UsageError`` when there is none."""
    path = folder / NAME
    if not path.exists():
        raise UsageError(f"there is no local stack in {folder.absolute()}: start one with make local")
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path} is of another version ({error}): stop that stack with its own code") from error


def remove(folder: Path) -> None:
    """Nothing runs any more."""
    (folder / NAME).unlink(missing_ok=True)


def settings_of(state: State, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings by which this process reaches the running servers."""
    return load(environment_of(state, environment))


def environment_of(state: State, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which a command works on the running stack: its settings, and its passwords."""
    given = dict(os.environ if environment is None else environment)
    secrets = {name: Path(path).read_text(encoding="utf-8") for name, path in state.secrets.items()}
    own = {name: value for name, value in state.environment.items() if name.startswith(PREFIX)}
    return {**given, **own, **secrets}
