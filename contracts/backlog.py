"""How many messages wait in each subscription, by the heartbeats' counters: the emulator itself tells nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from contracts import database
from contracts.database import Connection
from contracts.heartbeat import Beat
from contracts.topology import Topology

PRODUCER = "simuladores"
CONSUMERS = ("ingest", "streaming")
# Whoever replaces the emulator says under this name which difference means "nothing waits" from then on.
KEEPER = "emulador"


def published(beats: Sequence[Beat]) -> Counter[str]:
    """Messages published by topic, by all processes that ever ran on this database."""
    total: Counter[str] = Counter()
    for beat in beats:
        if beat.part == PRODUCER:
            total.update(beat.data.get("publicados", {}))
    return total


def acknowledged(beats: Sequence[Beat]) -> Counter[str]:
    """Messages acknowledged by subscription, by all processes that ever ran on this database."""
    total: Counter[str] = Counter()
    for beat in beats:
        if beat.part in CONSUMERS:
            total.update(beat.data.get("recebidos", {}))
    return total


def differences(topology: Topology, beats: Sequence[Beat]) -> dict[str, int]:
    """Published minus acknowledged, for each subscription that a job consumes."""
    sent, taken = published(beats), acknowledged(beats)
    return {
        name: sent[it.topic] - taken[name] for name, it in topology.subscriptions.items() if it.consumer in CONSUMERS
    }


def backlog(topology: Topology, beats: Sequence[Beat], base: Mapping[str, int]) -> dict[str, int]:
    """Messages waiting in each subscription.

    Exact once a process has written its last word; a process that was killed takes up to a second of
    its counts with it, which the next baseline sets right. Deliveries that came twice can bring the
    sum below zero: that is zero.
    """
    return {name: max(0, difference - base.get(name, 0)) for name, difference in differences(topology, beats).items()}


def tell_base(connection: Connection, base: Mapping[str, int]) -> None:
    """Let everybody know which difference means "nothing waits". Commits."""
    with database.translated("writing the backlog's base"):
        connection.cursor().execute(
            "insert into operacao.batimentos (parte, instancia, estado, dados) values (%s, %s, 'ativo', %s::jsonb) "
            "on conflict (parte, instancia) do update set dados = excluded.dados, atualizado_em = clock_timestamp()",
            (KEEPER, KEEPER, msgspec.json.encode({"base": dict(base)}).decode()),
        )
        connection.commit()


def told_base(beats: Sequence[Beat]) -> dict[str, int]:
    """What was told last; nothing where nobody replaces the broker."""
    return next((dict(it.data.get("base", {})) for it in beats if it.part == KEEPER), {})
