"""A server that speaks Dataproc's own messages over gRPC, with jobs that live as their script says."""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from threading import Lock
from typing import Any

import grpc
from google.cloud import dataproc_v1 as dataproc
from google.longrunning import operations_pb2
from google.protobuf import any_pb2, empty_pb2
from google.rpc import status_pb2

State = dataproc.JobStatus.State
Cluster = dataproc.ClusterStatus.State
_LIVE = {
    State.PENDING,
    State.SETUP_DONE,
    State.RUNNING,
    State.CANCEL_PENDING,
    State.CANCEL_STARTED,
    State.ATTEMPT_FAILURE,
}
_START = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


class Refusal(Exception):  # what the server answers, not an error of ours
    """What a request is answered with instead."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Server:
    """Holds jobs and a cluster. Each look at a job lets it go one step of its script further."""

    def __init__(self) -> None:
        self.cluster: dataproc.ClusterStatus.State | None = Cluster.RUNNING
        # What a submitted job goes through, one state at each look; it stays in the last.
        self.life = [State.PENDING, State.SETUP_DONE, State.RUNNING]
        # What a job goes through once it was asked to end.
        self.death = [State.CANCEL_PENDING, State.CANCEL_STARTED, State.CANCELLED]
        self.details = ""
        # Requests that are refused, by method.
        self.refused: dict[str, Refusal] = {}
        self.jobs: dict[str, Any] = {}
        self.submitted: list[Any] = []
        self.cancelled: list[str] = []
        self.instantiated: list[Any] = []
        self.workflow_error = ""
        # Called before a submission is taken: another one may come first.
        self.before_submit: Callable[[], None] = lambda: None
        self._scripts: dict[str, list[Any]] = {}
        self._lock = Lock()
        self._clock = _START

    def add(self, job_id: str, revision: str, state: Any, *, part: str = "streaming", output: str = "") -> None:
        """A job that is there already."""
        self._clock += dt.timedelta(seconds=1)
        self.jobs[job_id] = dataproc.Job(
            reference={"project_id": "loja-1", "job_id": job_id},
            placement={"cluster_name": "vitrine-streaming"},
            status={"state": state, "state_start_time": self._clock, "details": self.details},
            labels={"vitrine-part": part, "vitrine-revision": revision},
            driver_output_resource_uri=output,
        )
        self._scripts[job_id] = []

    def live(self) -> list[str]:
        """Ids of the jobs that have not ended."""
        return [name for name, it in self.jobs.items() if it.status.state in _LIVE]

    def methods(self) -> dict[str, dict[str, tuple[Any, Callable[[Any], Any]]]]:
        """Request's type and answer, by service and method."""
        return {
            "google.cloud.dataproc.v1.JobController": {
                "SubmitJob": (dataproc.SubmitJobRequest, self._submit),
                "GetJob": (dataproc.GetJobRequest, self._get),
                "ListJobs": (dataproc.ListJobsRequest, self._list),
                "CancelJob": (dataproc.CancelJobRequest, self._cancel),
            },
            "google.cloud.dataproc.v1.ClusterController": {"GetCluster": (dataproc.GetClusterRequest, self._cluster)},
            "google.cloud.dataproc.v1.WorkflowTemplateService": {
                "InstantiateWorkflowTemplate": (dataproc.InstantiateWorkflowTemplateRequest, self._instantiate)
            },
            "google.longrunning.Operations": {"GetOperation": (operations_pb2.GetOperationRequest, self._operation)},
        }

    def _submit(self, request: Any) -> Any:
        self.before_submit()
        with self._lock:
            job_id = request.job.reference.job_id
            if job_id in self.jobs:
                raise Refusal(grpc.StatusCode.ALREADY_EXISTS, f"Already exists: Job {job_id}")
            self.submitted.append(request.job)
            self.add(job_id, request.job.labels["vitrine-revision"], self.life[0])
            self._scripts[job_id] = list(self.life[1:])
            return self.jobs[job_id]

    def _get(self, request: Any) -> Any:
        with self._lock:
            job = self.jobs[request.job_id]
            if self._scripts[request.job_id]:
                job.status.state = self._scripts[request.job_id].pop(0)
            job.status.details = self.details
            return job

    def _list(self, request: Any) -> Any:
        terms = dict(it.split(" = ") for it in request.filter.split(" AND "))
        active = terms.pop("status.state", None)
        assert active in {None, "ACTIVE"}
        wanted = {name.removeprefix("labels."): value for name, value in terms.items()}
        found = [it for it in self.jobs.values() if wanted.items() <= dict(it.labels).items()]
        if active:
            found = [it for it in found if it.status.state in _LIVE]
        return dataproc.ListJobsResponse(jobs=found)

    def _cancel(self, request: Any) -> Any:
        self.cancelled.append(request.job_id)
        job = self.jobs[request.job_id]
        if job.status.state not in _LIVE:
            raise Refusal(grpc.StatusCode.FAILED_PRECONDITION, f"Job {request.job_id} is not active")
        self._scripts[request.job_id] = list(self.death)
        return job

    def _cluster(self, request: Any) -> Any:
        if self.cluster is None:
            raise Refusal(grpc.StatusCode.NOT_FOUND, f"Not found: Cluster {request.cluster_name}")
        return dataproc.Cluster(cluster_name=request.cluster_name, status={"state": self.cluster})

    def _instantiate(self, request: Any) -> Any:
        self.instantiated.append(request)
        metadata = any_pb2.Any()
        metadata.Pack(dataproc.WorkflowMetadata.pb()(template=request.name))
        return operations_pb2.Operation(name="projects/loja-1/regions/us-central1/operations/lote-1", metadata=metadata)

    def _operation(self, request: Any) -> Any:
        operation = operations_pb2.Operation(name=request.name, done=True)
        if self.workflow_error:
            operation.error.CopyFrom(status_pb2.Status(code=9, message=self.workflow_error))
        else:
            operation.response.Pack(empty_pb2.Empty())
        return operation


def _to_bytes(message: Any) -> bytes:
    kind = type(message)
    raw: bytes = kind.serialize(message) if hasattr(kind, "serialize") else message.SerializeToString()
    return raw


@contextmanager
def serving(server: Server) -> Iterator[str]:
    """Serve on a port of this machine; gives host:port."""
    running = grpc.server(futures.ThreadPoolExecutor(8))
    for service, methods in server.methods().items():
        handlers = {}
        for name, (asked, answer) in methods.items():

            def handle(request: Any, context: Any, answer: Any = answer, name: str = name) -> Any:
                try:
                    if name in server.refused:
                        raise server.refused[name]
                    return answer(request)
                except Refusal as refusal:
                    context.abort(refusal.code, str(refusal))

            parse = asked.deserialize if hasattr(asked, "deserialize") else asked.FromString
            handlers[name] = grpc.unary_unary_rpc_method_handler(
                handle, request_deserializer=parse, response_serializer=_to_bytes
            )
        running.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    port = running.add_insecure_port("127.0.0.1:0")
    running.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        running.stop(grace=None).wait()
