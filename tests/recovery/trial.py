"""One trial: a fresh shop whose streaming job dies again and again, and must count as if it had not."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts import closing, heartbeat, live
from contracts.broker import Message
from contracts.panes import HOUR, MINUTE, Dimension
from jobs.streaming.rows import rows_of
from jobs.streaming.spool import Counters, Footer, Spool
from jobs.streaming.stores import open_store
from tests.integration.conftest import Job, Shop
from tests.recovery import books, truth
from tests.recovery.armed import ORDER_VARIABLE, End, Order, Point, buried, grave
from tests.recovery.feed import Feed, Published
from tests.recovery.plan import INGEST, Death, Plan, Rebuild
from tests.recovery.played import CUSTOMERS, PlayedShop

ROOT = Path(__file__).resolve().parents[2]
_RUNS = "streaming runs"
_PLAYED_SECONDS, _CHUNK, _PAUSE_SECONDS = 60, 40, 0.3
_LAST_WORDS = 2_000
# Long enough for a machine that does much else.
_DEATH_SECONDS, _DRAIN_SECONDS = 300.0, 300.0


class NotRecovered(AssertionError):
    """What the trial must say of itself when it fails."""


class Trial:
    """Runs a plan in a shop. Raises ``NotRecovered``.

    First comes a past stretch of the simulated shop, faults and all, then a feed of the last minutes. The feed is
    never late: its panes must be right, to the sketch, by the stream alone. Of the stretch nothing may be counted
    twice or lost, and once panes were put right from Postgres every figure must be the ledger's.
    """

    def __init__(self, shop: Shop, plan: Plan) -> None:
        now = dt.datetime.now(dt.UTC)
        self.survived: Counter[str] = Counter()
        self.happened: list[str] = []
        # Seconds, by what they went into.
        self.took: Counter[str] = Counter()
        self._shop = shop
        self._plan = plan
        self._chance = plan.chance
        self._played = PlayedShop(plan.seed, shop.settings.simulators_folder, now)
        self._feed = Feed(plan.seed, now)
        self._order = shop.folder / "order.json"
        shop.environment |= {ORDER_VARIABLE: str(self._order), "PYTHONPATH": str(ROOT)}

    def run(self) -> None:
        """Death after death, then what the stream alone has counted; then a rebuild that dies, and all panes."""
        try:
            with self._timed("opening"):
                self._open()
            job = self._start()
            for number, death in enumerate(self._plan.deaths):
                with self._timed(death.end if number else "first life"):
                    job = self._die(job, death, with_ingest=number == self._plan.ingest_dies_in)
            while not self._played.is_over:
                self._publish(self._some())
            self._publish(self._feed.draw(_CHUNK))
            with self._timed("draining"):
                self._drained(job)
            with self._timed("rebuild"):
                self._rebuild_dies(job)
        except AssertionError as problem:
            raise NotRecovered(
                f"seed {self._plan.seed}, after {', then '.join(self.happened) or 'no death'}: {problem}"
            ) from problem

    def close(self) -> None:
        """Close the books; the processes are the shop's."""
        self._played.close()

    def _open(self) -> None:
        self._ingest = self._shop.start("jobs.ingest", "run")
        _seal_nothing(self._shop.settings.streaming_folder, self._played.begins)
        self._publish(self._played.opening())
        self._publish([("catalogo_produtos", it) for it in self._feed.catalogue()])
        self._publish([("dados_clientes", it) for it in self._feed.customers()])
        self._eventually_rows("catalogo_produtos", 40 + 12)
        self._eventually_rows("dados_clientes", CUSTOMERS + 60)

    def _die(self, job: Job, death: Death, *, with_ingest: bool) -> Job:
        """Keep the job busy until it has died in this way; the job that goes on."""
        began, after = time.monotonic(), self._chance.uniform(0.0, 6.0)
        if death.point is not None:
            self._arm(death.point, self._chance.randint(0, self._plan.most_skipped), death.end)
        ingest_dies_at = began + self._chance.uniform(0.0, 3.0) if with_ingest else None

        def has_died() -> bool:
            nonlocal ingest_dies_at
            now = time.monotonic()
            if ingest_dies_at is not None and now > ingest_dies_at:
                self._kill_ingest()
                ingest_dies_at = None
            if death.point is None and now - began > after:
                job.kill()
            if death.end is End.ABORT and buried(self._order).exists():
                return True
            if job.process.poll() is not None:
                return True
            if _RUNS in job.output:
                self._publish(self._some())
            return False

        self._until(has_died, lambda: f"no {death.name}:\n{_end_of(job)}", _DEATH_SECONDS)
        if ingest_dies_at is not None:
            self._kill_ingest()
        self._has_survived(job, death)
        return job if death.end is End.ABORT else self._start()

    def _kill_ingest(self) -> None:
        self._ingest.kill()
        self.happened.append(INGEST)
        self.survived[INGEST] += 1
        self._ingest = self._shop.start("jobs.ingest", "run")

    def _rebuild_dies(self, job: Job) -> None:
        """A recomputation dies in the middle; afterwards every pane must hold what was published."""
        shop, plan = self._shop, self._plan
        self._everything_is_persisted()
        death = Death(plan.rebuild_point, End.KILL)
        # The job may be at work on a recomputation of its own.
        spared = None if plan.rebuild is Rebuild.OF_THE_JOB else job.process.pid
        self._arm(plan.rebuild_point, self._chance.randint(0, plan.most_skipped_in_rebuild), End.KILL, spared)
        if plan.rebuild is Rebuild.OF_THE_JOB:
            dying = job
            shop.redis.flushall()
            self._publish(self._feed.draw(_CHUNK))
        else:
            command = "heal" if plan.rebuild is Rebuild.HEAL else "rebuild"
            if plan.rebuild is Rebuild.BY_HAND:
                self._lose_totals()
            dying = shop.start("tests.recovery.job", command)
        self._until(
            lambda: dying.process.poll() is not None, lambda: f"no {death.name}:\n{_end_of(dying)}", _DEATH_SECONDS
        )
        self._has_survived(dying, death)
        if plan.rebuild is Rebuild.OF_THE_JOB:
            # Nobody asks for a rebuild now but the job itself.
            job = self._start()
        else:
            again = shop.run("jobs.streaming", command)
            assert again.process.returncode == 0, _end_of(again)
        self._until(lambda: not self._wrong(), lambda: "; ".join(map(str, self._wrong()[:3])), _DRAIN_SECONDS)
        # Panes may be right before a job that was started again listens to signals.
        self._until(lambda: _RUNS in job.output, lambda: f"the job does not run:\n{_end_of(job)}", _DRAIN_SECONDS)
        assert job.stop() == 0, _end_of(job)

    def _lose_totals(self) -> None:
        """Take the stretch's totals from Redis.

        Else a rebuild that comes after the job's own may find nothing to write, and so no place to die between two
        writes. One takes thirty panes.
        """
        lost = [
            live.pane_key(seconds, start, Dimension.TOTAL)
            for seconds in (MINUTE, HOUR)
            for start in range(self._played.begins // seconds * seconds, self._played.ends, seconds)
        ]
        # Of a stretch that was late for the most part few are there: then a rebuild has them to write as it is.
        self._shop.redis.delete(*lost)

    def _everything_is_persisted(self) -> None:
        """Wait until ingest holds all that was published, and knows it: only then are panes replaced."""
        totals = self._played.totals()["totais"]
        orders = totals["pedidos"] + self._feed.orders
        events = sum(it for name, it in totals.items() if name.startswith("eventos:")) + self._feed.web_events
        self._eventually_rows("transacoes_vendas", orders)
        self._eventually_rows("eventos_web", events)

        def is_closed() -> bool:
            beats = heartbeat.read(self._shop.connection)
            self._shop.connection.rollback()
            return closing.judge(live.read_status(self._shop.redis), beats, self._shop.settings).is_closed(
                self._played.ends
            )

        self._until(is_closed, "the played stretch's panes are not closed", _DRAIN_SECONDS)

    def _drained(self, job: Job) -> None:
        """Everything was sealed and written once: nothing is missing but what was late, nothing counted twice."""

        def problem() -> str | None:
            assert job.process.poll() is None, f"the job ended:\n{_end_of(job)}"
            status = live.read_status(self._shop.redis)
            panes = truth.read(self._shop.redis)
            ledger = books.expected(self._played.totals()["minutos"])
            counted = books.of_panes(panes.sums, self._played.begins, self._played.ends)
            wrong = [*self._feed_differences(panes), *books.counted_too_often(ledger, counted)]
            if wrong:
                return f"{len(wrong)} numbers differ, the first: {wrong[0]}"
            if status is None:
                return "there is no status"
            # A pane that the stream had left when it was put right from Postgres also holds what came late.
            in_panes = books.rows(counted) + self._feed.truth.rows
            if not status.rows <= in_panes <= status.rows + status.late or status.waiting:
                return f"{status.rows} rows sealed, {status.late} late, {status.waiting} wait; {in_panes} in panes"
            missing = books.rows(ledger) - books.rows(counted)
            if missing > status.late + status.late_versions:
                return (
                    f"{missing} of the ledger's rows are in no pane, {status.late} + {status.late_versions} were late"
                )
            return None

        self._until(lambda: problem() is None, lambda: str(problem()), _DRAIN_SECONDS)

    def _wrong(self) -> list[truth.Difference]:
        """Every number that is not what was published."""
        panes = truth.read(self._shop.redis)
        counted = books.of_panes(panes.sums, self._played.begins, self._played.ends)
        ledger = books.expected(self._played.totals()["minutos"])
        return [*books.differing(ledger, counted), *self._feed_differences(panes)]

    def _feed_differences(self, panes: truth.Panes) -> list[truth.Difference]:
        return truth.differences(panes, self._feed.truth, since=self._played.ends, now=time.time())

    def _some(self) -> list[Published]:
        """What the shop does next: the stretch of the past, then the feed of now."""
        return self._feed.draw(_CHUNK) if self._played.is_over else self._played.play(_PLAYED_SECONDS)

    def _eventually_rows(self, table: str, count: int) -> None:
        def found() -> int:
            return int(self._shop.rows(f"select count(*) from {table}")[0][0])

        self._until(
            lambda: found() == count,
            lambda: f"{table} has {found()} rows instead of {count}:\n{_end_of(self._ingest)}",
            _DRAIN_SECONDS,
        )

    def _arm(self, point: Point, skip: int, end: End, spared: int | None = None) -> None:
        for left in (grave(self._order), buried(self._order)):
            left.unlink(missing_ok=True)
        Order(point, skip, end, spared).give(self._order)

    def _start(self) -> Job:
        return self._shop.start("tests.recovery.job", "run")

    def _has_survived(self, dead: Job, death: Death) -> None:
        """It died where it should, and not of something else."""
        if death.end is End.KILL:
            dead.kill()
        if death.point is not None:
            left = buried(self._order) if death.end is End.ABORT else grave(self._order)
            assert left.exists(), f"ended by itself instead of by {death.name}:\n{_end_of(dead)}"
            assert left.read_text("utf-8") == death.point.value
        self.happened.append(death.name)
        self.survived[death.name] += 1

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.took[what] += time.monotonic() - began  # type: ignore[assignment]  # a counter of seconds

    def _publish(self, events: Iterable[Published]) -> None:
        together: dict[str, list[Message]] = {}
        for topic, it in events:
            together.setdefault(topic, []).append(it)
        # Products and customers first: what is sold next may refer to them.
        for topic in sorted(together):
            self._shop.publisher.publish(topic, together[topic])

    def _until(self, holds: Callable[[], bool], otherwise: str | Callable[[], str], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise())
            time.sleep(_PAUSE_SECONDS)


def _end_of(job: Job) -> str:
    """The last it said."""
    return job.output[-_LAST_WORDS:]


def _seal_nothing(folder: str, since: int) -> None:
    """Leave the spool of a stream that is up to ``since``: an empty one begins at now, and the past would be late."""
    spool = Spool(open_store(f"{folder}/spool"))
    footer = Footer(spool=spool.identity, number=1, rows=0, newest=since * 1_000_000, counters=Counters(), sample=())
    spool.seal(rows_of([]), footer)
