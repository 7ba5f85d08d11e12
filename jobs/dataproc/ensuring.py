"""Exactly one live streaming job, of the newest revision.

Three things keep it one: a lease in Postgres lets one ``ensure`` work at a time; a job's id is the next number of its
revision, so that of two that were submitted at once Dataproc takes one; and the job itself seals only as the holder
of its spool's lock.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec

from contracts import log
from jobs.dataproc.deployment import Deployment
from jobs.dataproc.errors import AlreadySubmitted, DataprocRefused, DataprocUnavailable
from jobs.dataproc.service import Dataproc, JobStatus

PART = "streaming"
# A driver ends within seconds of being asked; Dataproc tells after its next look.
END_SECONDS = 180.0
# From being submitted to running: the node is there already.
START_SECONDS = 240.0
_PAUSE_SECONDS = 2.0


class Outcome(StrEnum):
    """What an ``ensure`` found or did."""

    RUNNING = "running"
    STARTED = "started"
    REPLACED = "replaced"
    BUSY = "another one is at work"


class Plan(msgspec.Struct, frozen=True):
    """What is to be done: keep one job or none, cancel others, submit a new one or not."""

    keep: str | None
    cancel: tuple[str, ...]

    @property
    def submit(self) -> bool:
        """Whether a new job is needed."""
        return self.keep is None


def plan(live: Sequence[JobStatus], revision: str) -> Plan:
    """Keep the oldest live job of ``revision`` that is not being cancelled; end all others.

    The oldest, since it holds the spool: a second one waits for it.
    """
    current = [it for it in live if it.revision == revision and not it.state.startswith("CANCEL")]
    keep = min(current, key=lambda it: it.since).id if current else None
    return Plan(keep, tuple(it.id for it in live if it.id != keep))


def next_id(revision: str, known: Iterable[JobStatus]) -> str:
    """The id of a revision's next job: the same for everybody who sees the same jobs."""
    numbers = [int(tail) for it in known if (tail := it.id.rsplit("-", 1)[-1]).isdigit()]
    return f"vitrine-{PART}-{revision}-{max(numbers, default=0) + 1}"


class Ensurer:
    """Brings the cluster to the plan. ``sleep`` and ``now`` are the clock, in seconds."""

    def __init__(
        self,
        deployment: Deployment,
        dataproc: Dataproc,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at = deployment
        self._dataproc = dataproc
        self._sleep = sleep
        self._now = now

    def ensure(self) -> Outcome:
        """Leave exactly one live job of the deployment's revision.

        Raises ``DataprocUnavailable`` when the cluster is not up yet or a job does not end in time, ``DataprocRefused``
        when there is no cluster, no permission or no quota, or when the new job ends at once.
        """
        self._require_cluster()
        revision = self._at.job.revision
        live = self._dataproc.list(PART, active=True)
        todo = plan(live, revision)
        logger = log.get(__name__)
        for job in todo.cancel:
            logger.info("ending a job", job=job, revision=revision)
        self._end(todo.cancel)
        if not todo.submit:
            return Outcome.RUNNING
        job = next_id(revision, self._dataproc.list(PART, revision=revision))
        try:
            self._dataproc.submit(PART, job)
        except AlreadySubmitted:
            logger.info("somebody else has submitted it", job=job)
        self._await_running(job)
        logger.info("the streaming job runs", job=job, revision=revision)
        return Outcome.REPLACED if todo.cancel else Outcome.STARTED

    def drain(self) -> list[str]:
        """End every live job and wait for it; gives their ids. What was sealed stays in the spool."""
        live = [it.id for it in self._dataproc.list(PART, active=True)]
        self._end(live)
        return live

    def _require_cluster(self) -> None:
        if not self._at.cluster:
            raise DataprocRefused("there is no cluster: the stack is paused (make resume)")
        state = self._dataproc.cluster_state()
        if state in {"RUNNING", "UPDATING"}:
            return
        message = f"the cluster {self._at.cluster} is in the state {state}"
        if state in {"CREATING", "STARTING", "REPAIRING"}:
            raise DataprocUnavailable(f"{message}: it will be up in some minutes")
        raise DataprocRefused(f"{message}: make replace-cluster makes a new one, panes are rebuilt from Postgres")

    def _end(self, jobs: Sequence[str]) -> None:
        for job in jobs:
            try:
                self._dataproc.cancel(job)
            except DataprocRefused:
                # It may have ended in between; anything else is told by the wait.
                if not self._dataproc.get(job).has_ended:
                    raise
        for job in jobs:
            self._await(job, lambda it: it.has_ended, "has not ended", END_SECONDS)

    def _await_running(self, job: str) -> None:
        it = self._await(job, lambda seen: seen.is_running or seen.has_ended, "does not run", START_SECONDS)
        if it.has_ended:
            raise DataprocRefused(f"the job {job} ended at once, as {it.state}: {it.details or 'it says no reason'}")

    def _await(self, job: str, done: Callable[[JobStatus], bool], complaint: str, seconds: float) -> JobStatus:
        deadline = self._now() + seconds
        while True:
            try:
                seen = self._dataproc.get(job)
            except DataprocUnavailable:
                if self._now() >= deadline:
                    raise
            else:
                if done(seen):
                    return seen
                if self._now() >= deadline:
                    raise DataprocUnavailable(f"the job {job} {complaint} after {seconds:g} s: it is {seen.state}")
            self._sleep(_PAUSE_SECONDS)
