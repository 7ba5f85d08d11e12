"""``python -m simulators``: the shop, live and past."""

from contracts import log
from simulators.commands import app

if __name__ == "__main__":
    with log.exit_codes():
        log.configure("simulators")
        app()
