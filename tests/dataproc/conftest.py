"""Dataproc's stand-in, and a deployment that points to it."""

from collections.abc import Iterator

import pytest

from jobs.dataproc.deployment import Deployment, Job
from tests.dataproc.server import Server, serving

USERS = {
    it: f"vitrine-{it}@loja-1.iam" for it in ("batch", "dashboard", "ingest", "release", "simulators", "streaming")
}


@pytest.fixture
def server() -> Server:
    """A cluster that runs, and no jobs."""
    return Server()


def pointing_to(endpoint: str) -> Deployment:
    """What Terraform would say, with another address of Dataproc."""
    return Deployment(
        project="loja-1",
        region="us-central1",
        cluster="vitrine-streaming",
        template="vitrine-batch",
        job=Job(
            "gs://b/code/1/entry.py", "gs://b/code/1/vitrine.zip", ["--lock", "1"], {"spark.driver.memory": "512m"}
        ),
        users=USERS,
        endpoint=endpoint,
    )


@pytest.fixture
def deployment(server: Server) -> Iterator[Deployment]:
    """A deployment on the server."""
    with serving(server) as endpoint:
        yield pointing_to(endpoint)
