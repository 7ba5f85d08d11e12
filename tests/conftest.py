"""The order of all tests, and the Java that Spark runs on in them."""

from collections.abc import Iterator

import pytest

from tests import quick_java


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that of several processes none is left alone with it at the end."""
    items.sort(key=lambda it: "integration" not in it.path.parts)


@pytest.fixture(scope="session", autouse=True)
def with_quick_java() -> Iterator[None]:
    """Have every Spark that tests start compile and collect quickly, whatever its job asks of Java besides."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in quick_java.ENVIRONMENT.items():
            patch.setenv(name, value)
        yield
