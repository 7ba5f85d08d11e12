"""The topics and subscriptions of ``topology.yaml``, typed and checked."""

from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from contracts.errors import UsageError


class Source(StrEnum):
    """The four sources. A source, its topic and its table have the same name."""

    TRANSACTIONS = "transacoes_vendas"
    WEB_EVENTS = "eventos_web"
    CATALOGUE = "catalogo_produtos"
    CUSTOMERS = "dados_clientes"


REJECTED_TOPIC = "rejeitados"

Consumer = Literal["ingest", "streaming", "people"]


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A topic; ``retention_seconds`` is how far back a replay can go."""

    retention_seconds: int


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a message goes after ``attempts`` deliveries without an acknowledgement."""

    topic: str
    attempts: int


class Subscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A subscription and who consumes it."""

    topic: str
    consumer: Consumer
    ack_deadline_seconds: int
    retention_seconds: int
    dead_letter: DeadLetter | None
    replay_snapshot: bool


class Topology(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that ``topology.yaml`` says, by name."""

    topics: dict[str, Topic]
    subscriptions: dict[str, Subscription]

    def consumed_by(self, consumer: Consumer) -> tuple[str, ...]:
        """Names of the subscriptions of one consumer, in the file's order."""
        return tuple(name for name, it in self.subscriptions.items() if it.consumer == consumer)

    def source_of(self, subscription: str) -> Source:
        """The source that a subscription carries.

        Raises ``UsageError`` for an unknown subscription or one that carries no source.
        """
        try:
            return Source(self.subscriptions[subscription].topic)
        except (KeyError, ValueError):
            carrying = ", ".join(n for n, it in self.subscriptions.items() if it.topic in set(Source))
            raise UsageError(f"{subscription!r} is not a subscription of a source; there are: {carrying}") from None


@cache
def load() -> Topology:
    """Read ``topology.yaml``. Raises ``UsageError`` when the file contradicts itself."""
    text = resources.files("contracts").joinpath("topology.yaml").read_bytes()
    try:
        topology = msgspec.yaml.decode(text, type=Topology)
    except msgspec.ValidationError as error:
        raise UsageError(f"contracts/topology.yaml: {error}") from error
    for name, subscription in topology.subscriptions.items():
        dead_letter = subscription.dead_letter.topic if subscription.dead_letter else subscription.topic
        for topic in (subscription.topic, dead_letter):
            if topic not in topology.topics:
                raise UsageError(f"contracts/topology.yaml: subscription {name} names the unknown topic {topic}")
    return topology


def require_topic(name: str) -> str:
    """``name`` if it is a topic of ours. Raises ``UsageError`` naming the topics there are."""
    if name not in load().topics:
        raise UsageError(f"{name!r} is not a topic; there are: {', '.join(load().topics)}")
    return name
