"""How many messages go in one request, and what the broker's errors mean."""

import datetime as dt
import itertools
import queue
from collections.abc import Iterable

import pytest
from google.api_core import exceptions as api
from hypothesis import given
from hypothesis import strategies as st

from contracts import broker, settings
from contracts.broker import Delivery, Message
from contracts.errors import BrokerRefused, BrokerUnavailable
from contracts.pulling import Pulled, Pulling

SETTINGS = settings.load({"VITRINE_PUBSUB_EMULATOR_HOST": "127.0.0.1:1", "VITRINE_PROJECT_ID": "vitrine-test"})


def chunks(messages: Iterable[Message]) -> list[list[Message]]:
    return list(broker._chunks(list(messages)))


def wire_bytes(chunk: list[Message]) -> int:
    """The size of the request as protobuf writes it."""
    request = broker._publish_request("projects/vitrine-local/topics/transacoes_vendas", chunk)
    return len(broker.types.PublishRequest.serialize(request))


class TestPublishRequests:
    def test_nothing_needs_no_request(self) -> None:
        assert chunks([]) == []

    def test_hold_a_thousand_messages(self) -> None:
        messages = [Message(b"%d" % i, {}) for i in range(2_001)]
        assert [len(it) for it in chunks(messages)] == [1_000, 1_000, 1]

    def test_keep_the_order(self) -> None:
        messages = [Message(b"%d" % i, {}) for i in range(2_500)]
        assert list(itertools.chain.from_iterable(chunks(messages))) == messages

    def test_hold_less_than_the_emulators_four_megabytes(self) -> None:
        messages = [Message(b"x" * 1_000_000, {}) for _ in range(7)]
        assert [len(it) for it in chunks(messages)] == [3, 3, 1]

    def test_a_message_larger_than_all_goes_alone(self) -> None:
        small, large = Message(b"x", {}), Message(b"x" * 9_000_000, {})
        assert chunks([small, large, small]) == [[small], [large], [small]]

    def test_count_the_attributes_too(self) -> None:
        # As rejected events have them: a kilobyte of reason beside a small payload.
        messages = [Message(b"x" * 3_000, {"motivo": "é" * 512, "codigo": "x" * 200}) for _ in range(1_000)]
        assert all(wire_bytes(it) < 4_000_000 for it in chunks(messages))

    @given(
        st.lists(
            st.builds(
                Message,
                st.integers(0, 2_000_000).map(lambda size: b"x" * size),
                st.dictionaries(st.text(max_size=20), st.text(max_size=300), max_size=4),
            ),
            max_size=12,
        )
    )
    def test_never_exceed_the_limits_unless_one_message_does(self, messages: list[Message]) -> None:
        made = chunks(messages)
        assert list(itertools.chain.from_iterable(made)) == messages
        for chunk in made:
            assert len(chunk) == 1 or (len(chunk) <= 1_000 and wire_bytes(chunk) < 4_000_000)

    @given(
        st.lists(
            st.builds(Message, st.binary(max_size=300), st.dictionaries(st.text(max_size=20), st.text(max_size=300))),
            max_size=5,
        )
    )
    def test_say_on_the_wire_what_was_meant(self, messages: list[Message]) -> None:
        request = broker._publish_request("projects/p/topics/eventos_web", messages)
        read = broker.types.PublishRequest.deserialize(broker.types.PublishRequest.serialize(request))
        assert read.topic == "projects/p/topics/eventos_web"
        assert [Message(it.data, dict(it.attributes)) for it in read.messages] == messages


class TestErrors:
    @pytest.mark.parametrize(
        "error",
        [
            api.ServiceUnavailable("away"),
            api.DeadlineExceeded("late"),
            api.TooManyRequests("quota"),
            api.InternalServerError("oops"),
            api.Aborted("again"),
            api.Cancelled("closed"),
            ValueError("Cannot invoke RPC on closed channel!"),
        ],
    )
    def test_that_may_pass_mean_try_again(self, error: Exception) -> None:
        with pytest.raises(BrokerUnavailable, match=r"^publishing to x: "), broker.translated("publishing to x"):
            raise error

    @pytest.mark.parametrize(
        "error",
        [
            api.NotFound("Topic not found"),
            api.PermissionDenied("no"),
            api.Unauthenticated("who"),
            api.InvalidArgument("too large"),
        ],
    )
    def test_that_will_not_pass_mean_stop(self, error: Exception) -> None:
        with pytest.raises(BrokerRefused, match=r"^publishing to x: "), broker.translated("publishing to x"):
            raise error

    def test_of_ours_are_not_disguised(self) -> None:
        with pytest.raises(ValueError, match="a bug"), broker.translated("publishing to x"):
            raise ValueError("a bug")

    def test_topics_are_created_in_the_emulator_only(self) -> None:
        with pytest.raises(BrokerRefused, match="VITRINE_PUBSUB_EMULATOR_HOST"):
            broker.Administrator(settings.load({}))


def delivery(number: int) -> Delivery:
    moment = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    return Delivery(f"ack-{number}", str(number), moment, b"", {})


class TestPulling:
    def pulling(self, **limits: int) -> Pulling:
        return Pulling(SETTINGS, ["eventos_web-tempo-real"], **limits)

    def test_gives_none_when_nothing_comes_in_time(self) -> None:
        assert self.pulling().take(timeout_seconds=0) is None
        assert self.pulling().take(timeout_seconds=0.01) is None

    def test_hands_on_what_came_in_order_and_counts_what_is_not_acknowledged(self) -> None:
        pulling = self.pulling()
        first, second = (Pulled("eventos_web-tempo-real", [delivery(i), delivery(i + 1)], 0.0) for i in (1, 3))
        pulling._hand_on(first)
        pulling._hand_on(second)
        assert pulling.unacknowledged == 4
        assert [pulling.take(0), pulling.take(0), pulling.take(0)] == [first, second, None]

    def test_counts_as_received_what_was_acknowledged_even_if_the_broker_is_away(self) -> None:
        pulling = self.pulling()
        pulling._hand_on(Pulled("eventos_web-tempo-real", [delivery(1), delivery(2)], 0.0))
        # Nobody listens at port 1: the acknowledgement fails, and the messages will come again.
        pulling.acknowledge("eventos_web-tempo-real", ["ack-1", "ack-2"])
        assert pulling.counters()["recebidos"] == {"eventos_web-tempo-real": 2}
        assert pulling.counters()["pendentes"] == 0

    def test_stops_handing_on_when_nobody_reads(self) -> None:
        pulling = self.pulling(most_waiting=1)
        pulling._hand_on(Pulled("eventos_web-tempo-real", [delivery(1)], 0.0))
        with pytest.raises(queue.Full):
            pulling._queue.put_nowait(Pulled("eventos_web-tempo-real", [delivery(2)], 0.0))

    def test_waits_for_a_broker_that_is_away(self) -> None:
        with self.pulling() as pulling:
            assert pulling.take(timeout_seconds=1) is None
            assert pulling.unacknowledged == 0
