"""What no consumer takes ends in the dead letter, and the emulator is given what the plan is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import msgspec
import pytest
from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1.services.subscriber import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from contracts import broker, topology
from contracts import settings as settings_of
from contracts.broker import Message
from contracts.settings import Settings
from contracts.topology import Subscription
from local.servers import start_all
from tests.integration.conftest import eventually

pytestmark = pytest.mark.timeout(300)

REFUSED = "transacoes_vendas-persistencia"
# The least that Pub/Sub allows; the topology's own number is the most.
ATTEMPTS = 5


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Those of an emulator with the topology."""
    with start_all(tmp_path_factory.mktemp("emulator"), only={"emulator"}) as servers:
        made = settings_of.load(servers.environment)
        broker.Administrator(made).create(topology.load())
        yield made


@contextmanager
def client(settings: Settings) -> Iterator[SubscriberClient]:
    """Google's own client: ours waits for as long as the broker does."""
    assert settings.pubsub_emulator_host
    with grpc.insecure_channel(settings.pubsub_emulator_host) as channel:
        yield SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))


def found(settings: Settings, name: str) -> Subscription:
    """A subscription as the emulator describes it."""
    project = f"projects/{settings.project_id}"
    with client(settings) as asking:
        it = asking.get_subscription(request={"subscription": f"{project}/subscriptions/{name}"})
    letter = it.dead_letter_policy
    ours = topology.load().subscriptions[name]
    return msgspec.structs.replace(
        ours,
        topic=it.topic.removeprefix(f"{project}/topics/"),
        ack_deadline_seconds=it.ack_deadline_seconds,
        retention_seconds=int(it.message_retention_duration.total_seconds()),
        dead_letter=topology.DeadLetter(
            topic=letter.dead_letter_topic.removeprefix(f"{project}/topics/"), attempts=letter.max_delivery_attempts
        )
        if letter.dead_letter_topic
        else None,
    )


def test_the_emulator_has_the_topology_of_the_contracts(settings: Settings) -> None:
    ours = topology.load()
    assert broker.Administrator(settings).existing() == (set(ours.topics), set(ours.subscriptions))
    assert {name: found(settings, name) for name in ours.subscriptions} == ours.subscriptions


def test_a_message_that_is_given_back_again_and_again_is_kept_in_the_dead_letter(settings: Settings) -> None:
    ours = topology.load()
    impatient = msgspec.structs.replace(
        ours.subscriptions[REFUSED], dead_letter=topology.DeadLetter(topic="mensagens_mortas", attempts=ATTEMPTS)
    )
    administrator = broker.Administrator(settings)
    administrator.delete_subscription(REFUSED)
    administrator.create(msgspec.structs.replace(ours, subscriptions={**ours.subscriptions, REFUSED: impatient}))
    with broker.Publisher(settings) as publisher:
        publisher.publish("transacoes_vendas", [Message(b"{}", {"produced_at": "2026-11-24T12:00:00Z"})])
    with client(settings) as asking:

        def pull(name: str) -> list[Any]:
            """What is there at once."""
            path = f"projects/{settings.project_id}/subscriptions/{name}"
            try:
                answer = asking.pull(request={"subscription": path, "max_messages": 10}, timeout=2)
            except DeadlineExceeded:
                return []
            for it in answer.received_messages:
                asking.modify_ack_deadline(
                    request={"subscription": path, "ack_ids": [it.ack_id], "ack_deadline_seconds": 0}
                )
            return list(answer.received_messages)

        attempts: list[int] = []

        def letters() -> list[Any]:
            # The emulator moves it when it is asked for it once too often.
            attempts.extend(it.delivery_attempt for it in pull(REFUSED))
            return pull("mensagens_mortas-inspecao") if len(attempts) == ATTEMPTS else []

        (letter,) = eventually(letters, bool)
    assert attempts == [1, 2, 3, 4, 5]
    assert letter.message.data == b"{}"
    attributes = letter.message.attributes
    assert attributes["produced_at"] == "2026-11-24T12:00:00Z"
    assert attributes["CloudPubSubDeadLetterSourceSubscription"] == REFUSED
    assert attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == str(ATTEMPTS)
