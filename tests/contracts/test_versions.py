import re
from collections.abc import Iterator
from importlib import metadata

import pytest

from contracts import versions


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    versions.code.cache_clear()
    versions.mine.cache_clear()
    yield
    versions.code.cache_clear()
    versions.mine.cache_clear()


def test_a_checkout_says_its_version_and_commit() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(\+[0-9a-f]{7,})?", versions.code())
    assert versions.mine()["vitrine"] == versions.code()
    assert versions.mine()["pyspark"] == metadata.version("pyspark")


def test_code_that_is_not_installed_does_not_pass_for_another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert versions.code() == ""
    assert list(versions.mine()) == ["python"]
