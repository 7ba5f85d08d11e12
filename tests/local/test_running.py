from local.parts import Part, Speaks, Stage
from local.running import Backoff, RunningPart, State

PART = Part("ingest", ("jobs.ingest", "run"), Speaks("ingest"), Stage.CONSUMERS, needs=("database",), ready_seconds=30)


class FakeChild:
    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self.stopped_with: float | None = None

    def exit_code(self) -> int | None:
        return self.code

    def stop(self, timeout: float) -> int:
        self.stopped_with = timeout
        return self.code or 0


class Scene:
    def __init__(self) -> None:
        self.children: list[FakeChild] = []
        self.working_pids: set[int] = set()
        self.said: list[str] = []
        self.part = RunningPart(
            PART, start=self._start, works=lambda _part, pid: pid in self.working_pids, say=self.said.append
        )

    def _start(self, _part: Part) -> FakeChild:
        self.children.append(FakeChild(100 + len(self.children)))
        return self.children[-1]


def test_it_waits_for_what_it_needs() -> None:
    scene = Scene()
    scene.part.tick(0, set())
    assert (scene.part.state, scene.children) == (State.WAITING, [])
    scene.part.tick(1, {"database"})
    assert (scene.part.state, scene.part.pid) == (State.STARTING, 100)


def test_it_works_once_its_probe_says_so_and_says_it_once() -> None:
    scene = Scene()
    scene.part.tick(0, {"database"})
    scene.part.tick(1, {"database"})
    assert scene.part.state is State.STARTING
    scene.working_pids.add(100)
    scene.part.tick(2, {"database"})
    scene.part.tick(3, {"database"})
    assert (scene.part.state, scene.said) == (State.WORKING, ["ingest works"])


def test_it_is_overdue_when_it_does_not_work_in_its_time() -> None:
    scene = Scene()
    scene.part.tick(0, {"database"})
    assert not scene.part.overdue(30)
    assert scene.part.overdue(30.1)


def test_when_it_dies_it_is_started_again_after_a_pause_also_without_its_needs() -> None:
    scene = Scene()
    scene.part.tick(0, {"database"})
    scene.children[0].code = 1
    scene.part.tick(10, set())
    assert (scene.part.state, scene.part.pid) == (State.PAUSING, None)
    scene.part.tick(10.9, set())
    assert len(scene.children) == 1
    scene.part.tick(11, set())
    assert (scene.part.state, scene.part.pid, scene.part.restarts) == (State.STARTING, 101, 1)
    scene.working_pids.add(101)
    scene.part.tick(12, set())
    assert scene.said == ["ingest ended with 1 and is started again in 1 s", "ingest works again (restart 1)"]


def test_one_that_ends_with_two_is_not_started_again() -> None:
    scene = Scene()
    scene.part.tick(0, {"database"})
    scene.children[0].code = 2
    scene.part.tick(1, set())
    scene.part.tick(1000, {"database"})
    assert scene.part.usage_error
    assert len(scene.children) == 1


def test_stopped_is_for_good() -> None:
    scene = Scene()
    scene.part.tick(0, {"database"})
    scene.part.stop()
    scene.part.tick(1000, {"database"})
    assert (scene.part.state, len(scene.children)) == (State.STOPPED, 1)
    assert scene.children[0].stopped_with == 20


def test_pauses_double_up_to_a_minute_and_begin_anew_after_a_steady_time() -> None:
    backoff = Backoff()
    assert [backoff.pause_after(1) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.pause_after(60) == 1
    assert backoff.pause_after(59) == 2
