"""The order of all tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that of several processes none is left alone with it at the end."""
    items.sort(key=lambda it: "integration" not in it.path.parts)
