"""What goes wrong before the server is up: one clear line, and the exit code for wrong usage."""

import os
import socket
import subprocess
import sys

import pytest


def start(**variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    return subprocess.run(
        [sys.executable, "-m", "dashboard"],
        env=environment | {"VITRINE_LOG_FORMAT": "console"} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_occupied_port_is_one_line_and_exit_code_2():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = start(VITRINE_DASHBOARD_PORT=str(port))
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "VITRINE_DASHBOARD_PORT" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VITRINE_DASHBOARD_PORT", "port"),
        ("VITRINE_DASHBOARD_REFRESH_SECONDS", "0"),
        ("VITRINE_DASHBOARD_ADDRESS", "no-such-address.invalid"),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_code_2(variable, value):
    ended = start(**{variable: value})
    assert ended.returncode == 2
    assert value in ended.stderr
    assert variable in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
