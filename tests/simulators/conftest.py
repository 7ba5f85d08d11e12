import datetime as dt

import pytest

from contracts import settings
from simulators.behaviour import Behaviour
from simulators.catalogue import Catalogue
from simulators.customers import Customers
from simulators.world import World


@pytest.fixture(scope="session")
def behaviour() -> Behaviour:
    return Behaviour.of(settings.load({}))


def open_world(behaviour: Behaviour) -> World:
    """A shop without seasons and scenarios."""
    return World(42, Catalogue(42, 1_000), Customers(42, 20_000), behaviour)


@pytest.fixture
def world(behaviour: Behaviour) -> World:
    return open_world(behaviour)


@pytest.fixture(scope="session")
def start() -> dt.datetime:
    return dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
