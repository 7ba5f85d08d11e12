"""One trial: a fresh shop whose streaming job dies again and again, and must count as if it had not."""

import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from contracts import live
from contracts.broker import Message
from tests.integration.conftest import Job, Shop, eventually
from tests.recovery.armed import ORDER_VARIABLE, REBUILD_POINTS, STREAM_POINTS, Order, Point, grave
from tests.recovery.feed import Feed, Published
from tests.recovery.truth import Truth, differences

ROOT = Path(__file__).resolve().parents[2]
# Killed from outside, at whatever moment.
ANYWHERE = "SIGKILL at a random moment"
_RUNS = "streaming runs"
_CHUNK, _CHUNK_PAUSE_SECONDS = 40, 0.3
_DEATH_SECONDS, _DRAIN_SECONDS = 120.0, 150.0


class NotRecovered(AssertionError):
    """What the trial must say of itself when it fails."""


class Plan:
    """What a trial does, all of it from its seed: where the stream dies, in which order, and a rebuild after it."""

    def __init__(self, seed: int, crashes: Sequence[Point | None] | int, *, by_hand: bool | None = None) -> None:
        """``crashes`` come in a drawn order, or that many are drawn; None is death at a random moment.

        ``by_hand``: whether the rebuild that dies is one asked for by hand, or else the job's own, which takes
        the whole job along. Drawn if not given.
        """
        self.seed = seed
        self.chance = random.Random(seed)
        if isinstance(crashes, int):
            self.crashes = self.chance.choices([*STREAM_POINTS, None], k=crashes)
            self.most_skipped = 2
        else:
            self.crashes = self.chance.sample(crashes, len(crashes))
            # In less time: a batch skipped is a batch waited for.
            self.most_skipped = 1
        self.rebuild = self.chance.choice(REBUILD_POINTS)
        self.by_hand = self.chance.random() < 0.3 if by_hand is None else by_hand


class Trial:
    """Runs a plan in a shop. Raises ``NotRecovered``."""

    def __init__(self, shop: Shop, plan: Plan) -> None:
        self.survived: Counter[str] = Counter()
        self._shop = shop
        self._plan = plan
        self._chance = plan.chance
        self._feed = Feed(plan.seed, dt.datetime.now(dt.UTC))
        self._order = shop.folder / "order.json"
        self.happened: list[str] = []
        shop.environment |= {ORDER_VARIABLE: str(self._order), "PYTHONPATH": str(ROOT)}

    def run(self) -> None:
        """Crash after crash, then what the stream alone has counted; then a rebuild that dies, and all panes."""
        try:
            self._open()
            for point in self._plan.crashes:
                self._crash(point)
            job = self._start()
            self._publish(self._feed.draw(_CHUNK))
            self._drained(job)
            self._must_equal([self._feed.on_time])
            self._rebuild_dies(job)
        except AssertionError as problem:
            raise NotRecovered(
                f"seed {self._plan.seed}, after {', then '.join(self.happened) or 'no crash'}: {problem}"
            ) from problem

    def close(self) -> None:
        """End every process that is left."""
        self._shop.close()

    def _open(self) -> None:
        self._shop.start("jobs.ingest", "run")
        self._shop.publisher.publish("catalogo_produtos", self._feed.catalogue())
        self._shop.publisher.publish("dados_clientes", self._feed.customers())
        for table, count in (("catalogo_produtos", 12), ("dados_clientes", 60)):
            self._eventually_rows(table, count)

    def _crash(self, point: Point | None) -> None:
        """Start the job, keep it busy until it has died."""
        after = 0.0
        if point is not None:
            self._arm(point, self._chance.randint(0, self._plan.most_skipped))
        else:
            # Half of the time while it still starts.
            after = self._chance.uniform(0.0, 20.0)
        job = self._start()
        began = time.monotonic()
        self._publish(self._feed.draw(_CHUNK))

        def has_died() -> bool:
            if point is None and time.monotonic() - began > after:
                job.kill()
            if job.process.poll() is None and _RUNS in job.output:
                self._publish(self._feed.draw(_CHUNK))
            return job.process.poll() is not None

        self._until(has_died, f"the job did not come to {point}", _DEATH_SECONDS)
        self._has_survived(job, point)

    def _rebuild_dies(self, job: Job) -> None:
        """Late events and, when the job's own rebuild is to die, a Redis that has lost everything."""
        shop, feed = self._shop, self._feed
        self._publish(feed.draw(_CHUNK, late=True))
        # What is rebuilt is what Postgres holds.
        self._eventually_rows("transacoes_vendas", feed.orders)
        self._eventually_rows("eventos_web", feed.web_events)
        self._arm(self._plan.rebuild, self._chance.randint(0, self._plan.most_skipped))
        if self._plan.by_hand:
            dying = shop.start("tests.recovery.job", "rebuild")
        else:
            dying = job
            shop.redis.flushall()
            self._publish(feed.draw(_CHUNK))
        self._until(lambda: dying.process.poll() is not None, f"no death at {self._plan.rebuild}", _DEATH_SECONDS)
        self._has_survived(dying, self._plan.rebuild)
        if self._plan.by_hand:
            again = shop.run("jobs.streaming", "rebuild")
            assert again.process.returncode == 0, again.output
        else:
            # Nobody asks for a rebuild now but the job itself.
            job = self._start()
        self._drained(job)
        truths = [feed.on_time, feed.late]
        self._until(lambda: not self._differences(truths), lambda: self._first(truths), _DRAIN_SECONDS)
        assert job.stop() == 0, job.output

    def _arm(self, point: Point, skip: int) -> None:
        grave(self._order).unlink(missing_ok=True)
        Order(point, skip).give(self._order)

    def _start(self) -> Job:
        return self._shop.start("tests.recovery.job", "run")

    def _has_survived(self, dead: Job, point: Point | None) -> None:
        """It died where it should, and not of something else."""
        dead.kill()
        name = ANYWHERE if point is None else point.value
        if point is not None:
            left = grave(self._order)
            assert left.exists(), f"ended by itself instead of at {name}:\n{dead.output}"
            assert left.read_text("utf-8") == name
            self._order.unlink()
        self.happened.append(name)
        self.survived[name] += 1

    def _publish(self, events: Iterable[Published]) -> None:
        together: dict[str, list[Message]] = {}
        for topic, it in events:
            together.setdefault(topic, []).append(it)
        for topic, messages in together.items():
            self._shop.publisher.publish(topic, messages)

    def _drained(self, job: Job) -> None:
        """Everything on time was sealed, and written: the status comes after the panes."""

        def rows() -> int:
            assert job.process.poll() is None, f"the job ended:\n{job.output}"
            status = live.read_status(self._shop.redis)
            return status.rows if status else 0

        self._until(
            lambda: rows() == self._feed.on_time.rows,
            lambda: f"{rows()} rows counted of {self._feed.on_time.rows}; {self._first([self._feed.on_time])}",
            _DRAIN_SECONDS,
        )

    def _eventually_rows(self, table: str, count: int) -> None:
        eventually(lambda: self._shop.rows(f"select count(*) from {table}"), lambda it: it == [(count,)], seconds=90)

    def _must_equal(self, truths: Sequence[Truth]) -> None:
        assert not self._differences(truths), self._first(truths)

    def _differences(self, truths: Sequence[Truth]) -> list[str]:
        return [str(it) for it in differences(self._shop.redis, truths, time.time())]

    def _first(self, truths: Sequence[Truth]) -> str:
        found = self._differences(truths)
        return f"{len(found)} numbers differ, the first: {found[0]}" if found else "all panes are as they must be"

    def _until(self, holds: Callable[[], bool], otherwise: str | Callable[[], str], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise())
            time.sleep(_CHUNK_PAUSE_SECONDS)
