import datetime as dt

import pytest

from simulators.behaviour import Behaviour
from simulators.catalogue import Catalogue
from simulators.customers import Customers
from simulators.visits import World


@pytest.fixture(scope="session")
def world() -> World:
    return World(42, Catalogue(42, 1_000), Customers(42, 20_000), Behaviour())


@pytest.fixture(scope="session")
def start() -> dt.datetime:
    return dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
