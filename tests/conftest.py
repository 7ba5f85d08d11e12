"""The order of all tests, and the Java that Spark runs on in them."""

from collections.abc import Iterator

import pytest

# A test's Java lives for half a minute: less than what its optimising compiler makes of code takes to pay, and so
# small a heap that collecting it beside the work only costs. The code's place as large as with both compilers: see
# jobs.batch.session.
QUICK = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that of several processes none is left alone with it at the end."""
    items.sort(key=lambda it: "integration" not in it.path.parts)


@pytest.fixture(scope="session", autouse=True)
def quick_java() -> Iterator[None]:
    """Have every Spark that tests start compile and collect quickly, whatever its job asks of Java besides.

    Not by a file of Spark's defaults: its folder would be on Java's class path, and another path than the archive of
    classes was made with is one that Java does not use it for.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"--conf 'spark.driver.defaultJavaOptions={QUICK}' pyspark-shell")
        # The Java that says how Spark's is to be started.
        patch.setenv("SPARK_LAUNCHER_OPTS", QUICK)
        yield
