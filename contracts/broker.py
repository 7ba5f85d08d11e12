"""Pub/Sub for every component: publish, pull and acknowledge in batches, on raw protobuf messages.

The generated client is called below its proto-plus layer, whose attribute access costs more than
all the rest (89,000 against 386,000 messages per CPU-second).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import grpc
import msgspec
from google.api_core import exceptions as api
from google.pubsub_v1 import types
from google.pubsub_v1.services.publisher import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from contracts.errors import BrokerRefused, BrokerUnavailable
from contracts.settings import Settings
from contracts.topology import Topology

# Pub/Sub takes 1,000 messages and 10 MB in one request, the emulator 4 MB.
PUBLISH_MESSAGES = 1_000
PUBLISH_BYTES = 3_500_000
# An acknowledgement request holds 512 kB; an id may be some 200 bytes.
ACKNOWLEDGE_IDS = 2_000
PULL_MESSAGES = 1_000
# gRPC stops at 4 MB unless told otherwise; the service answers a pull with up to 10 MB.
_CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.max_send_message_length", 64 << 20),
    # Each client its own connection: they would share one and with it its ceiling.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_reconnect_backoff_ms", 2_000),
]
# Longer than the long poll of the service (90 s) and of the emulator (over 120 s): a shorter deadline
# would strand what was delivered into the void until its acknowledgement deadline.
_PULL_DEADLINE_SECONDS = 600.0
_TRANSIENT = (
    api.ServiceUnavailable,
    api.DeadlineExceeded,
    api.InternalServerError,
    api.Aborted,
    api.TooManyRequests,
    api.Cancelled,
    api.Unknown,
    api.RetryError,
    grpc.RpcError,
)


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message to publish.

    Texts and bytes only, so never part of a cycle: the garbage collector need not look for one, which
    was nearly a third of what publishing costs.
    """

    payload: bytes
    attributes: Mapping[str, str]


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """A message as it was delivered. ``message_id`` identifies it only with topic and publish time.

    Never part of a cycle, as ``Message``: going through a backlog's deliveries took a third of sealing them.
    """

    ack_id: str
    message_id: str
    publish_time: dt.datetime
    payload: bytes
    attributes: Mapping[str, str]


class Publisher:
    """Publishes to the topics of one project. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._project = settings.project_id
        self._channel = _channel(settings)
        transport = PublisherGrpcTransport(channel=self._channel) if self._channel else None
        self._client = PublisherClient(transport=transport)

    def publish(self, topic: str, messages: Sequence[Message], *, timeout_seconds: float = 60) -> None:
        """Publish all, in as few requests as the limits allow; returns when every one is accepted.

        On ``BrokerUnavailable`` some may have been accepted: publish all again, consumers deduplicate.
        Raises ``BrokerUnavailable`` or ``BrokerRefused``.
        """
        name = f"projects/{self._project}/topics/{topic}"
        with translated(f"publishing to {topic}"):
            for chunk in _chunks(messages):
                self._client.publish(request=_publish_request(name, chunk), retry=None, timeout=timeout_seconds)

    def close(self) -> None:
        """Close the connection."""
        self._client.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Subscriber:
    """Pulls from and acknowledges on the subscriptions of one project."""

    def __init__(self, settings: Settings) -> None:
        self._project = settings.project_id
        self._channel = _channel(settings)
        transport = SubscriberGrpcTransport(channel=self._channel) if self._channel else None
        self._client = SubscriberClient(transport=transport)

    def pull(self, subscription: str, *, most: int = PULL_MESSAGES) -> list[Delivery]:
        """Wait for messages (up to the server's long poll) and return 0 to ``most`` of them.

        Raises ``BrokerUnavailable`` or ``BrokerRefused``.
        """
        request = types.PullRequest(subscription=self._path(subscription), max_messages=most)
        with translated(f"pulling from {subscription}"):
            try:
                response = self._client.pull(request=request, retry=None, timeout=_PULL_DEADLINE_SECONDS)
            except api.DeadlineExceeded:
                return []
        return [
            Delivery(
                received.ack_id,
                received.message.message_id,
                _to_datetime(received.message.publish_time),
                received.message.data,
                received.message.attributes,
            )
            for received in types.PullResponse.pb(response).received_messages
        ]

    def acknowledge(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """Tell the broker that these deliveries are safe with us. Raises as ``pull`` does."""
        path = self._path(subscription)
        with translated(f"acknowledging on {subscription}"):
            for start in range(0, len(ack_ids), ACKNOWLEDGE_IDS):
                request = types.AcknowledgeRequest(
                    subscription=path, ack_ids=list(ack_ids[start : start + ACKNOWLEDGE_IDS])
                )
                self._client.acknowledge(request=request, retry=None, timeout=30)

    def release(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """Give deliveries back for immediate redelivery. Raises as ``pull`` does."""
        path = self._path(subscription)
        with translated(f"releasing on {subscription}"):
            for start in range(0, len(ack_ids), ACKNOWLEDGE_IDS):
                request = types.ModifyAckDeadlineRequest(
                    subscription=path, ack_ids=list(ack_ids[start : start + ACKNOWLEDGE_IDS]), ack_deadline_seconds=0
                )
                self._client.modify_ack_deadline(request=request, retry=None, timeout=30)

    def close(self) -> None:
        """Close the connection; a pull under way ends with ``BrokerUnavailable``."""
        self._client.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _path(self, subscription: str) -> str:
        return f"projects/{self._project}/subscriptions/{subscription}"


class Administrator:
    """Creates and removes topics and subscriptions: in the emulator only, Terraform does it on the cloud."""

    def __init__(self, settings: Settings) -> None:
        self._project = settings.project_id
        channel = _channel(settings)
        if channel is None:
            raise BrokerRefused("topics are created in the emulator only: set VITRINE_PUBSUB_EMULATOR_HOST")
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self._subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))

    def create(self, topology: Topology) -> None:
        """Create what is missing; leave alone what is there."""
        for topic in topology.topics:
            self._ignoring(api.AlreadyExists, self._publisher.create_topic, {"name": self._topic(topic)})
        for name in topology.subscriptions:
            self.create_subscription(topology, name)

    def create_subscription(self, topology: Topology, name: str) -> None:
        """Create one subscription as the topology describes it, unless it is there."""
        it = topology.subscriptions[name]
        request: dict[str, Any] = {
            "name": f"projects/{self._project}/subscriptions/{name}",
            "topic": self._topic(it.topic),
            "ack_deadline_seconds": it.ack_deadline_seconds,
            "message_retention_duration": {"seconds": it.retention_seconds},
        }
        if it.dead_letter:
            request["dead_letter_policy"] = {
                "dead_letter_topic": self._topic(it.dead_letter.topic),
                "max_delivery_attempts": it.dead_letter.attempts,
            }
        self._ignoring(api.AlreadyExists, self._subscriber.create_subscription, request)

    def delete_subscription(self, name: str) -> None:
        """Delete one subscription with all its messages; no error where it is not there."""
        request = {"subscription": f"projects/{self._project}/subscriptions/{name}"}
        self._ignoring(api.NotFound, self._subscriber.delete_subscription, request)

    def existing(self) -> tuple[set[str], set[str]]:
        """Names of the topics and of the subscriptions there are."""
        with translated("listing topics and subscriptions"):
            project = f"projects/{self._project}"
            topics = self._publisher.list_topics(request={"project": project}, timeout=30)
            subscriptions = self._subscriber.list_subscriptions(request={"project": project}, timeout=30)
            return {it.name.rsplit("/", 1)[1] for it in topics}, {it.name.rsplit("/", 1)[1] for it in subscriptions}

    def _topic(self, name: str) -> str:
        return f"projects/{self._project}/topics/{name}"

    @staticmethod
    def _ignoring(expected: type[Exception], call: Any, request: dict[str, Any]) -> None:
        with translated(f"asking the emulator for {request}"):
            try:
                call(request=request, retry=None, timeout=30)
            except expected:
                return


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the client's errors into ``BrokerUnavailable`` (try again) or ``BrokerRefused`` (stop)."""
    try:
        yield
    except _TRANSIENT as error:
        raise BrokerUnavailable(f"{doing}: {error}") from error
    except api.GoogleAPICallError as error:
        raise BrokerRefused(f"{doing}: {error.message}") from error
    except ValueError as error:
        # gRPC's answer to a call on a channel that another thread has closed.
        if "closed" not in str(error):
            raise
        raise BrokerUnavailable(f"{doing}: the connection was closed") from error


def _channel(settings: Settings) -> grpc.Channel | None:
    """A plain channel to the emulator; None leaves channel and credentials to the client."""
    if not settings.pubsub_emulator_host:
        return None
    return grpc.insecure_channel(settings.pubsub_emulator_host, options=_CHANNEL_OPTIONS)


def _publish_request(topic: str, messages: Sequence[Message]) -> types.PublishRequest:
    request = types.PublishRequest.pb()(topic=topic)
    add = request.messages.add
    for message in messages:
        # Item by item: given as a whole, protobuf's map takes them by a Python loop and costs 1.6 µs
        # a message instead of 0.7.
        attributes = add(data=message.payload).attributes
        for key, value in message.attributes.items():
            attributes[key] = value
    return types.PublishRequest.wrap(request)


def _chunks(messages: Sequence[Message]) -> Iterator[list[Message]]:
    chunk: list[Message] = []
    size = 0
    for message in messages:
        # A character is at most four bytes; the rest is names and framing.
        length = len(message.payload) + 200
        for value in message.attributes.values():
            length += 4 * len(value)
        if chunk and (len(chunk) == PUBLISH_MESSAGES or size + length > PUBLISH_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(message)
        size += length
    if chunk:
        yield chunk


def _to_datetime(timestamp: Any) -> dt.datetime:
    return dt.datetime.fromtimestamp(timestamp.seconds, dt.UTC) + dt.timedelta(microseconds=timestamp.nanos // 1000)
