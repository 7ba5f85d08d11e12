"""Exactly one live streaming job of the newest revision, by the real client library against Dataproc's messages."""

import datetime as dt
import threading

import grpc
import msgspec
import pytest

from jobs.dataproc.deployment import Deployment
from jobs.dataproc.ensuring import Ensurer, Outcome, next_id, plan
from jobs.dataproc.errors import DataprocRefused, DataprocUnavailable
from jobs.dataproc.service import Dataproc, JobStatus
from tests.dataproc.server import Cluster, Refusal, Server, State


class Clock:
    """Time that passes only by being slept through."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def ensurer(deployment: Deployment, clock: Clock | None = None) -> Ensurer:
    clock = clock or Clock()
    return Ensurer(deployment, Dataproc(deployment), sleep=clock.sleep, now=lambda: clock.now)


@pytest.fixture
def revision(deployment: Deployment) -> str:
    return deployment.job.revision


def status(job: str, revision: str, state: str, minute: int) -> JobStatus:
    return JobStatus(job, revision, state, "", dt.datetime(2026, 11, 24, 12, minute, tzinfo=dt.UTC), "")


def test_with_no_job_one_is_submitted(server: Server, deployment: Deployment, revision: str) -> None:
    assert ensurer(deployment).ensure() is Outcome.STARTED
    (job,) = server.submitted
    assert job.reference.job_id == f"vitrine-streaming-{revision}-1"
    assert job.placement.cluster_name == "vitrine-streaming"
    assert dict(job.labels) == {"vitrine-part": "streaming", "vitrine-revision": revision}
    assert job.pyspark_job.main_python_file_uri == "gs://b/code/1/entry.py"
    assert list(job.pyspark_job.python_file_uris) == ["gs://b/code/1/vitrine.zip"]
    assert list(job.pyspark_job.args) == ["--lock", "1"]
    assert dict(job.pyspark_job.properties) == {"spark.driver.memory": "512m"}


def test_a_job_of_this_revision_is_left_alone(server: Server, deployment: Deployment, revision: str) -> None:
    server.add("a", revision, State.RUNNING)
    assert ensurer(deployment).ensure() is Outcome.RUNNING
    assert (server.submitted, server.cancelled) == ([], [])


def test_a_job_that_only_begins_is_left_alone_too(server: Server, deployment: Deployment, revision: str) -> None:
    server.add("a", revision, State.PENDING)
    assert ensurer(deployment).ensure() is Outcome.RUNNING


@pytest.mark.parametrize("end", [State.ERROR, State.DONE, State.CANCELLED])
def test_a_job_that_died_is_followed_by_the_next_number(
    end: State, server: Server, deployment: Deployment, revision: str
) -> None:
    server.add(f"vitrine-streaming-{revision}-1", revision, State.ERROR)
    server.add(f"vitrine-streaming-{revision}-2", revision, end)
    assert ensurer(deployment).ensure() is Outcome.STARTED
    assert server.live() == [f"vitrine-streaming-{revision}-3"]


def test_a_job_of_an_old_revision_ends_before_its_successor_begins(
    server: Server, deployment: Deployment, revision: str
) -> None:
    server.add("old", "0123456789ab", State.RUNNING)
    seen: list[list[str]] = []
    server.before_submit = lambda: seen.append(server.live())
    assert ensurer(deployment).ensure() is Outcome.REPLACED
    assert server.cancelled == ["old"]
    # A spool has one sealer: nobody lives when the new one comes.
    assert seen == [[]]
    assert server.live() == [f"vitrine-streaming-{revision}-1"]


def test_of_two_live_jobs_the_elder_stays(server: Server, deployment: Deployment, revision: str) -> None:
    server.add("first", revision, State.RUNNING)
    server.add("second", revision, State.RUNNING)
    assert ensurer(deployment).ensure() is Outcome.RUNNING
    assert server.live() == ["first"]


def test_a_job_that_is_being_cancelled_does_not_count(server: Server, deployment: Deployment, revision: str) -> None:
    server.add("a", revision, State.CANCEL_STARTED)
    assert ensurer(deployment).ensure() is Outcome.REPLACED
    assert server.live() == [f"vitrine-streaming-{revision}-1"]


def test_other_parts_jobs_are_nobody_s_business(server: Server, deployment: Deployment) -> None:
    server.add("lote", "", State.RUNNING, part="batch")
    assert ensurer(deployment).ensure() is Outcome.STARTED
    assert server.cancelled == []


def test_another_setting_is_another_revision(deployment: Deployment, revision: str) -> None:
    other = msgspec.structs.replace(deployment.job, arguments=["--lock", "2"])
    assert other.revision != revision


def test_two_at_once_leave_one_job(server: Server, deployment: Deployment) -> None:
    """Without the lease: both have seen no job before either submits."""
    both = threading.Barrier(2, timeout=20)
    server.before_submit = both.wait
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(ensurer(deployment).ensure())) for _ in range(2)]
    for it in threads:
        it.start()
    for it in threads:
        it.join(30)
    assert outcomes == [Outcome.STARTED, Outcome.STARTED]
    assert len(server.submitted) == 1
    assert len(server.live()) == 1


def test_a_job_that_ends_at_once_is_told_with_its_reason(server: Server, deployment: Deployment) -> None:
    server.life = [State.PENDING, State.ERROR]
    server.details = "Job failed with message [the cluster's packages are from the lock none]"
    with pytest.raises(DataprocRefused, match=r"ended at once, as ERROR: .*the lock none"):
        ensurer(deployment).ensure()


def test_a_job_that_does_not_end_is_told_after_its_deadline(server: Server, deployment: Deployment) -> None:
    server.add("stuck", "0123456789ab", State.RUNNING)
    server.death = [State.CANCEL_STARTED]
    clock = Clock()
    with pytest.raises(DataprocUnavailable, match="stuck has not ended after 180 s: it is CANCEL_STARTED"):
        ensurer(deployment, clock).ensure()
    assert clock.now == 180
    assert server.submitted == []


def test_a_job_that_ended_before_it_could_be_cancelled_is_no_trouble(
    server: Server, deployment: Deployment, revision: str
) -> None:
    server.add("old", "0123456789ab", State.RUNNING)
    server.refused["CancelJob"] = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "Job old is not active")
    server._scripts["old"] = [State.DONE]
    assert ensurer(deployment).ensure() is Outcome.REPLACED
    assert server.live() == [f"vitrine-streaming-{revision}-1"]


@pytest.mark.parametrize(
    ("method", "code", "message", "expected", "said"),
    [
        ("GetCluster", grpc.StatusCode.NOT_FOUND, "no cluster", DataprocRefused, "is the stack paused"),
        (
            "SubmitJob",
            grpc.StatusCode.PERMISSION_DENIED,
            "dataproc.jobs.create",
            DataprocRefused,
            "terraform apply grants",
        ),
        ("SubmitJob", grpc.StatusCode.RESOURCE_EXHAUSTED, "CPUS exceeded", DataprocRefused, "a quota is used up"),
        ("ListJobs", grpc.StatusCode.UNAUTHENTICATED, "no token", DataprocRefused, "gcloud auth"),
        ("SubmitJob", grpc.StatusCode.UNAVAILABLE, "try later", DataprocUnavailable, "submitting the job"),
        ("SubmitJob", grpc.StatusCode.INTERNAL, "oops", DataprocUnavailable, "submitting the job"),
    ],
)
def test_a_refusal_is_told_in_one_line_with_advice(
    method: str,
    code: grpc.StatusCode,
    message: str,
    expected: type[Exception],
    said: str,
    server: Server,
    deployment: Deployment,
) -> None:
    server.refused[method] = Refusal(code, message)
    with pytest.raises(expected, match=said) as raised:
        ensurer(deployment).ensure()
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("state", "expected", "said"),
    [
        (Cluster.CREATING, DataprocUnavailable, "it will be up in some minutes"),
        (Cluster.ERROR, DataprocRefused, "make replace-cluster"),
        (Cluster.STOPPED, DataprocRefused, "make replace-cluster"),
    ],
)
def test_a_cluster_that_is_not_up_is_told(
    state: Cluster, expected: type[Exception], said: str, server: Server, deployment: Deployment
) -> None:
    server.cluster = state
    with pytest.raises(expected, match=said):
        ensurer(deployment).ensure()
    assert server.submitted == []


def test_a_paused_stack_has_no_cluster_to_ask_for(deployment: Deployment) -> None:
    with pytest.raises(DataprocRefused, match="the stack is paused"):
        ensurer(msgspec.structs.replace(deployment, cluster="")).ensure()


def test_drain_ends_every_live_job_and_waits(server: Server, deployment: Deployment, revision: str) -> None:
    server.add("a", revision, State.RUNNING)
    server.add("b", "0123456789ab", State.PENDING)
    assert sorted(ensurer(deployment).drain()) == ["a", "b"]
    assert server.live() == []
    assert server.submitted == []


def test_a_plan_keeps_the_elder_of_the_revision_and_ends_all_others() -> None:
    live = [
        status("old", "r1", "RUNNING", 1),
        status("elder", "r2", "RUNNING", 2),
        status("younger", "r2", "PENDING", 3),
        status("dying", "r2", "CANCEL_PENDING", 0),
    ]
    todo = plan(live, "r2")
    assert (todo.keep, todo.cancel, todo.submit) == ("elder", ("old", "younger", "dying"), False)


def test_ids_count_on_whatever_jobs_are_called() -> None:
    known = [status("vitrine-streaming-r-9", "r", "DONE", 1), status("by-hand", "r", "DONE", 2)]
    assert next_id("r", known) == "vitrine-streaming-r-10"
    assert next_id("r", []) == "vitrine-streaming-r-1"


def test_a_batch_is_started_for_a_day_and_waited_for(server: Server, deployment: Deployment) -> None:
    assert Dataproc(deployment).start_batch("2026-10-31", wait_seconds=30).endswith("/operations/lote-1")
    (request,) = server.instantiated
    assert request.name == "projects/loja-1/regions/us-central1/workflowTemplates/vitrine-batch"
    assert dict(request.parameters) == {"AS_OF": "2026-10-31"}


def test_a_batch_that_failed_is_refused_with_its_reason(server: Server, deployment: Deployment) -> None:
    server.workflow_error = "Step 'batch' failed"
    with pytest.raises(DataprocRefused, match=r"waiting for the workflow vitrine-batch: .*Step 'batch' failed"):
        Dataproc(deployment).start_batch("now", wait_seconds=30)
