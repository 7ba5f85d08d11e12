"""Terraform with the stand-in for its provider; a skip where Terraform is missing, a failure there in CI."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.stand_in.provider import serving
from tests.infra.workspace import Workspace, types_used


@pytest.fixture(scope="session")
def stand_in() -> Iterator[dict[str, str]]:
    """The environment that makes Terraform use the stand-in."""
    if shutil.which("terraform") is None:
        reason = "terraform is not on PATH: install Terraform 1.11 or later to test infra/"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # A socket's address has at most some hundred characters: not below pytest's own folder.
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder, serving(types_used(), Path(folder)) as environment:
        yield environment


@pytest.fixture(scope="session")
def workspace(stand_in: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of the checkout in which nothing is applied."""
    return Workspace(tmp_path_factory.mktemp("infra"), stand_in)


@pytest.fixture(scope="session")
def dev(workspace: Workspace) -> dict[str, Any]:
    """What the defaults plan."""
    return workspace.plan("-var-file=environments/dev.tfvars")


@pytest.fixture(scope="session")
def prod(workspace: Workspace) -> dict[str, Any]:
    """What prod plans with everything on that is off by default."""
    return workspace.plan(
        "-var-file=environments/prod.tfvars",
        dashboard_access="iap",
        dashboard_viewers=["group:loja@example.com"],
        billing_account="012345-6789AB-CDEF01",
        alert_emails=["plantao@example.com"],
        kms_key="projects/k/locations/us-central1/keyRings/r/cryptoKeys/vitrine",
        spark={"streaming_workers": 2},
        network={"nat": True},
    )
