"""Dataproc as the commands need it: jobs of one cluster, and the batch's workflow."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import grpc
import msgspec
from google.cloud import dataproc_v1 as dataproc
from google.cloud.dataproc_v1.services.cluster_controller.transports import ClusterControllerGrpcTransport
from google.cloud.dataproc_v1.services.job_controller.transports import JobControllerGrpcTransport
from google.cloud.dataproc_v1.services.workflow_template_service.transports import WorkflowTemplateServiceGrpcTransport

from jobs.dataproc.deployment import Deployment
from jobs.dataproc.errors import DataprocUnavailable, translated

# Every job of ours carries both. Terraform puts the first on the batch's.
PART = "vitrine-part"
REVISION = "vitrine-revision"

_TIMEOUT_SECONDS = 60
# Dataproc's words for a job that will never run again.
_ENDED = frozenset({"CANCELLED", "DONE", "ERROR"})


class JobStatus(msgspec.Struct, frozen=True):
    """A job as Dataproc shows it. ``state`` is Dataproc's word, ``details`` why it is so; times are UTC."""

    id: str
    revision: str
    state: str
    details: str
    since: dt.datetime
    driver_output: str

    @property
    def has_ended(self) -> bool:
        """Whether it will never run again."""
        return self.state in _ENDED

    @property
    def is_running(self) -> bool:
        """Whether its driver runs."""
        return self.state == "RUNNING"


class Dataproc:
    """One deployment's jobs. Raises ``DataprocUnavailable`` and ``DataprocRefused``."""

    def __init__(self, deployment: Deployment) -> None:
        self._at = deployment
        self._where = {"project_id": deployment.project, "region": deployment.region}
        if deployment.endpoint:
            channel = grpc.insecure_channel(deployment.endpoint)
            self._jobs = dataproc.JobControllerClient(transport=JobControllerGrpcTransport(channel=channel))
            self._clusters = dataproc.ClusterControllerClient(transport=ClusterControllerGrpcTransport(channel=channel))
            self._workflows = dataproc.WorkflowTemplateServiceClient(
                transport=WorkflowTemplateServiceGrpcTransport(channel=channel)
            )
        else:
            # The global address knows no regional cluster.
            options: Any = {"api_endpoint": f"{deployment.region}-dataproc.googleapis.com:443"}
            self._jobs = dataproc.JobControllerClient(client_options=options)
            self._clusters = dataproc.ClusterControllerClient(client_options=options)
            self._workflows = dataproc.WorkflowTemplateServiceClient(client_options=options)

    def cluster_state(self) -> str:
        """Dataproc's word for the cluster: RUNNING, CREATING, ERROR and so on."""
        with translated(f"looking at the cluster {self._at.cluster}"):
            cluster = self._clusters.get_cluster(
                request=self._where | {"cluster_name": self._at.cluster}, timeout=_TIMEOUT_SECONDS
            )
            return str(cluster.status.state.name)

    def list(self, part: str, *, active: bool = False, revision: str | None = None) -> list[JobStatus]:
        """The jobs of a part, newest first; those of one revision, or those that have not ended."""
        terms = [f"labels.{PART} = {part}"]
        if active:
            terms.append("status.state = ACTIVE")
        if revision is not None:
            terms.append(f"labels.{REVISION} = {revision}")
        with translated(f"listing the jobs of {part}"):
            found = self._jobs.list_jobs(
                request=self._where | {"filter": " AND ".join(terms)}, timeout=_TIMEOUT_SECONDS
            )
            return sorted((_status(it) for it in found), key=lambda it: it.since, reverse=True)

    def get(self, job: str) -> JobStatus:
        """One job."""
        with translated(f"looking at the job {job}"):
            return _status(self._jobs.get_job(request=self._where | {"job_id": job}, timeout=_TIMEOUT_SECONDS))

    def cancel(self, job: str) -> None:
        """Ask for a job's end; it comes later."""
        with translated(f"cancelling the job {job}"):
            self._jobs.cancel_job(request=self._where | {"job_id": job}, timeout=_TIMEOUT_SECONDS)

    def submit(self, part: str, job_id: str) -> JobStatus:
        """Submit the deployment's job to its cluster. Raises ``AlreadySubmitted`` where the id is taken."""
        it = self._at.job
        job = dataproc.Job(
            reference=dataproc.JobReference(project_id=self._at.project, job_id=job_id),
            placement=dataproc.JobPlacement(cluster_name=self._at.cluster),
            labels={PART: part, REVISION: it.revision},
            pyspark_job=dataproc.PySparkJob(
                main_python_file_uri=it.main,
                python_file_uris=[it.archive],
                args=it.arguments,
                properties=it.properties,
            ),
        )
        with translated(f"submitting the job {job_id}"):
            # Never repeated by the library: an answer that got lost must not become a second job.
            return _status(
                self._jobs.submit_job(request=self._where | {"job": job}, retry=None, timeout=_TIMEOUT_SECONDS)
            )

    def start_batch(self, as_of: str, *, wait_seconds: float = 0) -> str:
        """Start the batch's workflow and wait for its end at most so long; gives the operation's name.

        ``as_of`` is a day as YYYY-MM-DD, or "now". A workflow that failed is refused, one that is not done in time is
        ``DataprocUnavailable``.
        """
        name = f"projects/{self._at.project}/regions/{self._at.region}/workflowTemplates/{self._at.template}"
        with translated(f"starting the workflow {self._at.template}"):
            operation = self._workflows.instantiate_workflow_template(
                request={"name": name, "parameters": {"AS_OF": as_of}}, retry=None, timeout=_TIMEOUT_SECONDS
            )
        if wait_seconds:
            with translated(f"waiting for the workflow {self._at.template}"):
                try:
                    operation.result(timeout=wait_seconds)
                except TimeoutError as error:
                    raise DataprocUnavailable(
                        f"the workflow {self._at.template} is not done after {wait_seconds:g} s"
                    ) from error
        return str(operation.operation.name)


def _status(job: Any) -> JobStatus:
    status = job.status
    return JobStatus(
        id=job.reference.job_id,
        revision=job.labels.get(REVISION, ""),
        state=status.state.name,
        details=status.details,
        since=_moment(job),
        driver_output=job.driver_output_resource_uri,
    )


def _moment(job: Any) -> dt.datetime:
    """When the job was submitted: the first of its states, or the one it is in."""
    first: Iterator[Any] = iter(job.status_history)
    status = next(first, job.status)
    moment = status.state_start_time
    # The library's own kind of datetime is none that everybody can write.
    return dt.datetime.fromtimestamp(moment.timestamp() if moment else 0, dt.UTC)
