"""The topology names what there is, within the limits of Pub/Sub."""

import pytest

from contracts import topology
from contracts.errors import UsageError
from contracts.topology import REJECTED_TOPIC, Source

TOPOLOGY = topology.load()


def test_every_source_and_the_rejected_have_a_topic() -> None:
    assert set(TOPOLOGY.topics) == {*(it.value for it in Source), REJECTED_TOPIC, "mensagens_mortas"}


def test_every_topic_that_a_subscription_names_exists() -> None:
    for subscription in TOPOLOGY.subscriptions.values():
        assert subscription.topic in TOPOLOGY.topics
        assert subscription.dead_letter is None or subscription.dead_letter.topic in TOPOLOGY.topics


def test_ingest_takes_all_sources_and_streaming_those_that_move() -> None:
    assert TOPOLOGY.consumed_by("ingest") == (
        "transacoes_vendas-persistencia",
        "eventos_web-persistencia",
        "catalogo_produtos-persistencia",
        "dados_clientes-persistencia",
    )
    assert TOPOLOGY.consumed_by("streaming") == ("transacoes_vendas-tempo-real", "eventos_web-tempo-real")
    assert TOPOLOGY.consumed_by("people") == ("rejeitados-inspecao", "mensagens_mortas-inspecao")


def test_a_subscription_carries_the_source_that_its_name_begins_with() -> None:
    for name in (*TOPOLOGY.consumed_by("ingest"), *TOPOLOGY.consumed_by("streaming")):
        assert name.startswith(f"{TOPOLOGY.source_of(name)}-")


def test_everything_is_within_the_limits_of_pubsub() -> None:
    minutes, days = 60, 86_400
    for topic in TOPOLOGY.topics.values():
        assert 10 * minutes <= topic.retention_seconds <= 31 * days
    for subscription in TOPOLOGY.subscriptions.values():
        assert 10 <= subscription.ack_deadline_seconds <= 600
        # The service allows 31 days; the emulator, which gets the same, 7.
        assert 10 * minutes <= subscription.retention_seconds <= 7 * days
        assert subscription.dead_letter is None or 5 <= subscription.dead_letter.attempts <= 100


def test_no_name_is_one_that_pubsub_refuses() -> None:
    for name in (*TOPOLOGY.topics, *TOPOLOGY.subscriptions):
        assert 3 <= len(name) <= 255
        assert name[0].isalpha()
        assert not name.startswith("goog")


def test_consumers_have_a_dead_letter_and_can_be_replayed() -> None:
    for name in (*TOPOLOGY.consumed_by("ingest"), *TOPOLOGY.consumed_by("streaming")):
        subscription = TOPOLOGY.subscriptions[name]
        assert subscription.dead_letter is not None
        assert subscription.replay_snapshot


def test_an_unknown_topic_is_refused_with_the_names_that_there_are() -> None:
    assert topology.require_topic("eventos_web") == "eventos_web"
    with pytest.raises(
        UsageError, match=r"'vendas' is not a topic; there are: transacoes_vendas, eventos_web"
    ) as caught:
        topology.require_topic("vendas")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["vendas-persistencia", "rejeitados-inspecao", ""])
def test_a_subscription_without_a_source_is_refused_with_those_that_have_one(name: str) -> None:
    with pytest.raises(
        UsageError, match="is not a subscription of a source; there are: transacoes_vendas-persistencia"
    ):
        TOPOLOGY.source_of(name)
