"""Hypothesis for shared machines, and a Redis of these tests' own."""

from collections.abc import Iterator

import pytest
import redis
from hypothesis import settings as hypothesis_settings

from contracts import live_store, settings
from local.servers import start_all

# A slow example says nothing of the code where others share the processor.
hypothesis_settings.register_profile("without deadlines", deadline=None)
hypothesis_settings.load_profile("without deadlines")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    with start_all(tmp_path_factory.mktemp("redis"), only={"redis"}) as servers:
        yield live_store.connect(settings.load(servers.environment))


@pytest.fixture
def client(redis_server: redis.Redis) -> redis.Redis:
    """A client of an empty Redis."""
    redis_server.flushall()
    return redis_server
