"""What no consumer takes ends in the dead letter, and the emulator is given what the plan is given."""

from collections.abc import Iterator
from contextlib import suppress

import grpc
import msgspec
import pytest
from google.pubsub_v1.services.subscriber import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from contracts import broker, topology
from contracts import settings as settings_of
from contracts.broker import Message
from contracts.errors import BrokerUnavailable
from contracts.settings import Settings
from contracts.topology import Subscription
from local.servers import start_all

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


def found(settings: Settings, name: str) -> Subscription:
    """A subscription as the emulator describes it."""
    assert settings.pubsub_emulator_host
    project = f"projects/{settings.project_id}"
    with grpc.insecure_channel(settings.pubsub_emulator_host) as channel:
        client = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        it = client.get_subscription(request={"subscription": f"{project}/subscriptions/{name}"})
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


def _ask(settings: Settings, subscription: str) -> None:
    # The emulator ends first, and the pull with it.
    with suppress(BrokerUnavailable), broker.Subscriber(settings) as subscriber:
        subscriber.pull(subscription)


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
    with broker.Subscriber(settings) as subscriber:
        for _ in range(ATTEMPTS):
            (delivery,) = subscriber.pull(REFUSED)
            assert delivery.payload == b"{}"
            subscriber.release(REFUSED, [delivery.ack_id])
        # What would be delivered once more is moved instead.
        assert subscriber.pull(REFUSED) == []
        (letter,) = subscriber.pull("mensagens_mortas-inspecao")
    assert letter.payload == b"{}"
    assert letter.attributes["produced_at"] == "2026-11-24T12:00:00Z"
    assert letter.attributes["CloudPubSubDeadLetterSourceSubscription"] == REFUSED
    assert letter.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == str(ATTEMPTS)
