"""Where to submit what: the document that Terraform puts into the environment as ``DEPLOYMENT``."""

import hashlib
import os
from collections.abc import Mapping

import msgspec

from contracts.errors import SettingsError

VARIABLE = "DEPLOYMENT"


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A PySpark job: entry point and archive (gs://), the entry point's arguments, Spark's properties."""

    main: str
    archive: str
    arguments: list[str]
    properties: dict[str, str]

    @property
    def revision(self) -> str:
        """Names this job: another code, setting or address makes another one. 12 hexadecimal digits."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()[:12]


class Deployment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One deployment of Vitrine on Google Cloud.

    ``cluster`` is empty while paused. ``users`` are the components' names in Postgres. ``endpoint`` is another
    address than Google's, as host:port, to which no credentials are sent.
    """

    project: str
    region: str
    cluster: str
    template: str
    job: Job
    users: dict[str, str]
    endpoint: str = ""


def load(environment: Mapping[str, str] | None = None) -> Deployment:
    """Read ``DEPLOYMENT`` from ``environment`` (default: the process's own).

    Raises ``SettingsError`` where it is missing or not what Terraform writes.
    """
    text = (os.environ if environment is None else environment).get(VARIABLE, "")
    if not text:
        raise SettingsError(
            f"{VARIABLE} is not set: this command runs in the Cloud Run jobs that Terraform makes, which set it. By "
            "hand: gcloud run jobs execute vitrine-watch"
        )
    try:
        return msgspec.json.decode(text, type=Deployment)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{VARIABLE}: {error}; it is what infra/terraform/components.tf makes") from None
