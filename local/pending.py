"""Messages carried over a stop of the emulator, which keeps everything in memory only."""

import base64
import http.client
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.broker import Message, Publisher
from contracts.errors import BrokerUnavailable
from contracts.settings import Settings
from contracts.topology import Topology

# What waits for people (rejected events) is in Postgres as well: an endless pile is not carried on.
MOST_FOR_PEOPLE = 10_000
_PULL_MESSAGES = 1_000
# The emulator answers some pulls empty while it still has messages.
_EMPTY_ANSWERS = 3
_LONG_AGO = "2000-01-01T00:00:00Z"
# What a seek brings back goes to waiting pulls first, and their callers need a moment to acknowledge.
_SETTLE_SECONDS = 0.3


def collect(settings: Settings, topology: Topology, folder: Path, *, dead_pulls: int) -> Counter[str]:
    """Write what every subscription still holds to ``folder/<subscription>.jsonl``; count by subscription.

    Added to what is already there, and on disk when this returns. The emulator hands messages also to
    pulls whose caller is gone, and keeps them from everybody else until their acknowledgement
    deadline. Seeking to the past brings back at once all that nobody acknowledged (and nothing else),
    but first to such a dead pull, each of which takes one delivery: ``dead_pulls`` of a subscription
    at most are survived. Raises ``BrokerUnavailable``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    for _round in range(dead_pulls + 1):
        for name in topology.subscriptions:
            _call(settings, name, "seek", {"time": _LONG_AGO})
        time.sleep(_SETTLE_SECONDS)
        for name, subscription in topology.subscriptions.items():
            most = MOST_FOR_PEOPLE if subscription.consumer == "people" else None
            counts[name] += _collect_one(settings, name, folder / f"{name}.jsonl", most)
    return counts


def _collect_one(settings: Settings, subscription: str, path: Path, most: int | None) -> int:
    count = 0
    for batch in _pull_all(settings, subscription):
        with path.open("a", encoding="utf-8") as file:
            for received in batch:
                message = received["message"]
                line = {"data": message.get("data", ""), "attributes": message.get("attributes", {})}
                file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # On disk: now it may be forgotten over there, and does not come back in the next round.
        _call(settings, subscription, "acknowledge", {"ackIds": [received["ackId"] for received in batch]})
        count += len(batch)
        if most is not None and count >= most:
            break
    return count


def _pull_all(settings: Settings, subscription: str) -> Iterator[list[dict[str, Any]]]:
    """Everything that can be had at once, in batches."""
    empty = 0
    while empty < _EMPTY_ANSWERS:
        answer = _call(settings, subscription, "pull", {"maxMessages": _PULL_MESSAGES, "returnImmediately": True})
        received = answer.get("receivedMessages", [])
        empty = 0 if received else empty + 1
        if received:
            yield received


def _call(settings: Settings, subscription: str, method: str, body: dict[str, Any]) -> dict[str, Any]:
    """One REST call: by REST the emulator answers at once when it has nothing.

    Of a subscription that is not there nothing is left. Raises ``BrokerUnavailable``.
    """
    path = f"/v1/projects/{settings.project_id}/subscriptions/{subscription}:{method}"
    connection = http.client.HTTPConnection(settings.pubsub_emulator_host or "", timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise BrokerUnavailable(f"{method} of what is left in {subscription}: {error}") from error
    finally:
        connection.close()
    if response.status not in (200, 404):
        raise BrokerUnavailable(f"{method} of what is left in {subscription}: HTTP {response.status}")
    answer: dict[str, Any] = json.loads(text) if response.status == 200 else {}
    return answer


def republish(publisher: Publisher, topology: Topology, folder: Path) -> Counter[str]:
    """Publish what ``collect`` wrote and delete it; count by topic.

    A message that waited in one subscription only comes back in all of its topic's: consumers
    deduplicate by the event's id. A crash between publishing and deleting publishes twice, with the
    same harmless result. Raises ``BrokerUnavailable``, ``BrokerRefused``.
    """
    counts: Counter[str] = Counter()
    for name, subscription in topology.subscriptions.items():
        path = folder / f"{name}.jsonl"
        if not path.exists():
            continue
        messages = list(_read(path))
        publisher.publish(subscription.topic, messages)
        counts[subscription.topic] += len(messages)
        path.unlink()
    return counts


def _read(path: Path) -> Iterator[Message]:
    for line in path.read_text(encoding="utf-8").splitlines():
        # A crash while it was written can leave half a line: that message was not acknowledged by
        # us either, and its emulator is gone.
        if line.endswith("}"):
            told = json.loads(line)
            yield Message(base64.b64decode(told["data"]), told["attributes"])
