"""Writes what it receives to a file, then acknowledges: ``consumer PART FILE [slow]``."""

import sys
import threading
from pathlib import Path

from contracts import log, settings, topology
from contracts.heartbeat import Heartbeat
from contracts.pulling import Pulling


def main(part: str, path: Path, *, takes: bool) -> None:
    chosen = settings.load()
    stop = threading.Event()
    log.on_stop_signals(stop.set)
    subscriptions = topology.load().consumed_by("ingest" if part == "ingest" else "streaming")
    with Pulling(chosen, subscriptions) as pulling, Heartbeat(chosen, part, pulling.counters), path.open("a") as file:
        while not stop.is_set():
            pulled = pulling.take(0.1) if takes else stop.wait(0.1) or None
            if pulled is None:
                continue
            file.writelines(f"{it.payload.decode()}\n" for it in pulled.deliveries)
            file.flush()
            pulling.acknowledge(pulled.subscription, [it.ack_id for it in pulled.deliveries])


if __name__ == "__main__":
    log.configure("fake")
    with log.exit_codes():
        main(sys.argv[1], Path(sys.argv[2]), takes="stuck" not in sys.argv)
