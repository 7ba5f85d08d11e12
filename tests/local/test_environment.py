from contracts import settings
from local import environment


def test_a_port_without_a_host_is_for_our_own_server() -> None:
    given = {"VITRINE_POSTGRES_PORT": "5433", "VITRINE_REDIS_PORT": "6400", "VITRINE_REDIS_HOST": "redis.test"}
    assert environment.given_ports(given) == {"postgres": 5433}


def test_a_host_is_a_server_that_somebody_else_runs() -> None:
    given = {"VITRINE_REDIS_HOST": "redis.test", "VITRINE_PUBSUB_EMULATOR_HOST": "pubsub.test:8085"}
    assert environment.given_addresses(given, settings.load(given)) == {
        "redis": "redis.test:6379",
        "emulator": "pubsub.test:8085",
    }


def test_nothing_given_means_all_our_own() -> None:
    assert environment.given_addresses({}, settings.load({})) == {}


def test_passwords_are_not_written_down() -> None:
    given = {"VITRINE_REDIS_PASSWORD": "s3cret", "VITRINE_REDIS_PORT": "1"}
    assert environment.without_secrets(given) == {"VITRINE_REDIS_PORT": "1"}
