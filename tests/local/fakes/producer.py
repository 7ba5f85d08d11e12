"""Publishes numbered messages until stopped, and pauses when it is asked to."""

import sys
import threading
from pathlib import Path

from contracts import control, database, log, settings
from contracts.broker import Message, Publisher
from contracts.errors import BrokerUnavailable
from contracts.heartbeat import Heartbeat

TOPIC = "eventos_web"


def main(ledger: Path) -> None:
    chosen = settings.load()
    stop = threading.Event()
    log.on_stop_signals(stop.set)
    counters = {"publicados": {TOPIC: 0}, "pausado": False, "pendentes": 0}
    number = sum(1 for _ in ledger.open()) if ledger.exists() else 0
    connection = database.connect(chosen, application="fake")
    with Publisher(chosen) as publisher, Heartbeat(chosen, "simuladores", lambda: counters), ledger.open("a") as file:
        while not stop.wait(0.02):
            counters["pausado"] = control.PAUSE_SIMULATORS in control.current(connection)
            if counters["pausado"]:
                continue
            texts = [f"message-{number + i}" for i in range(5)]
            try:
                publisher.publish(TOPIC, [Message(text.encode(), {"produced_at": "now"}) for text in texts])
            except BrokerUnavailable:
                continue
            number += 5
            counters["publicados"][TOPIC] += 5
            file.writelines(f"{text}\n" for text in texts)
            file.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
