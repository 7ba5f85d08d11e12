import socket

import pytest

from contracts.errors import SettingsError
from local.servers import ports


def test_an_occupied_port_is_one_line_with_the_port_the_part_and_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError) as error:
            ports.require_free(port, "postgres", "VITRINE_POSTGRES_PORT")
    assert str(error.value) == (
        f"port {port} for postgres is already in use on 127.0.0.1: stop what listens there, "
        "or set VITRINE_POSTGRES_PORT to another port (unset: any free one)"
    )
    assert error.value.exit_code == 2


def test_a_port_out_of_range_is_refused() -> None:
    with pytest.raises(SettingsError, match="VITRINE_REDIS_PORT=70000: the port of redis must be between 1 and 65535"):
        ports.require_free(70000, "redis", "VITRINE_REDIS_PORT")


def test_a_port_found_free_can_be_used() -> None:
    assert ports.require_free(port := ports.free_port(), "redis", "VITRINE_REDIS_PORT") == port
