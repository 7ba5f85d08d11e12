import stat
from pathlib import Path

import pytest

from contracts.errors import UsageError
from local import state
from local.state import PartState, State


def example(tmp_path: Path) -> State:
    secret = tmp_path / "redis.password"
    secret.write_text("s3cret")
    return State(
        supervisor=1,
        phase="running",
        environment={"VITRINE_REDIS_PORT": "6390", "JAVA_HOME": "/opt/java"},
        secrets={"VITRINE_REDIS_PASSWORD": str(secret)},
        dashboard="http://localhost:8501",
        live=True,
        parts={"ingest": PartState(state="working", pid=7, restarts=1)},
        baseline={"eventos_web-persistencia": -3},
    )


def test_it_is_read_as_it_was_written_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    told = example(tmp_path)
    state.write(tmp_path, told)
    assert state.read(tmp_path) == told
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600
    assert "s3cret" not in (tmp_path / "state.json").read_text()


def test_settings_point_at_the_running_servers_whatever_the_terminal_has_set(tmp_path: Path) -> None:
    settings = state.settings_of(example(tmp_path), {"VITRINE_REDIS_PORT": "1", "VITRINE_LOG_LEVEL": "DEBUG"})
    assert (settings.redis_port, settings.redis_password.get_secret_value()) == (6390, "s3cret")
    assert settings.log_level == "DEBUG"


def test_no_stack_is_one_line_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"^there is no local stack in {tmp_path}: start one with make local$"):
        state.read(tmp_path)


def test_a_file_of_another_version_is_told(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"supervisor": "one"}')
    with pytest.raises(UsageError, match="is of another version"):
        state.read(tmp_path)
