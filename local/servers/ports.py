"""Ports on this machine: a given one must be free, otherwise any free one will do."""

import socket

from contracts.errors import SettingsError

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last owner has just gone is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def require_free(port: int, part: str, setting: str) -> int:
    """``port`` itself when it is free.

    Raises ``SettingsError`` with the port, the part that wants it and the way out.
    """
    if not 1 <= port <= 65535:
        raise SettingsError(f"{setting}={port}: the port of {part} must be between 1 and 65535")
    if not is_free(port):
        raise SettingsError(
            f"port {port} for {part} is already in use on {HOST}: "
            f"stop what listens there, or set {setting} to another port (unset: any free one)"
        )
    return port


def accepts(host: str, port: int, timeout: float = 1.0) -> bool:
    """Whether something accepts connections at ``host:port``."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False
