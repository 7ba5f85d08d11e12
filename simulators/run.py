"""One simulator process: the shop, its ledger, the broker and the clock, wired and paced."""

import gc
import threading
from contextlib import closing
from typing import Any

import msgspec

from contracts import clock as shop_clock
from contracts import database, heartbeat
from contracts.broker import Publisher
from contracts.database import Connection
from contracts.errors import UsageError
from contracts.ledger import live_path
from contracts.settings import Settings
from simulators import adoption, ledger, scenario_log
from simulators.agenda import Journal
from simulators.behaviour import Behaviour
from simulators.catalogue import Catalogue
from simulators.customers import SHARDS, Customers
from simulators.faults import Faults
from simulators.ledger import ADOPTED, Ledger
from simulators.moments import to_microseconds
from simulators.publishing import Outbox
from simulators.seasons import Seasons
from simulators.session import Session
from simulators.shard import ShardSettings
from simulators.shop import Shop, shards_of
from simulators.watching import Watch
from simulators.world import World


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What one process is asked to do; ``rate`` is over all processes, ``duration`` in seconds, None for ever."""

    process: int
    processes: int
    rate: float
    seed: int
    duration: float | None

    def check(self) -> None:
        """Raise ``UsageError`` where it cannot be done."""
        if not 1 <= self.processes <= SHARDS:
            raise UsageError(f"--of={self.processes}: must be between 1 and {SHARDS}, the number of shards")
        if not 0 <= self.process < self.processes:
            raise UsageError(f"--process={self.process}: must be between 0 and {self.processes - 1} (--of minus 1)")
        if not 0 < self.rate <= 1_000_000:
            raise UsageError(f"--rate={self.rate:g}: must be above 0 and at most 1000000 messages a second")
        if self.duration is not None and self.duration <= 0:
            raise UsageError(f"--duration={self.duration:g}: must be above 0 seconds")


def world(settings: Settings, seed: int, *, live: bool = True) -> World:
    """The shop that these settings describe; one that is not live keeps as little browsing as the history does."""
    behaviour = Behaviour.of(settings, browsing=1.0 if live else settings.history_browsing_share)
    pieces = settings.history_orders_per_day * behaviour.pieces_per_order
    if live:
        pieces = settings.simulators_rate * 86_400 / behaviour.messages * behaviour.orders * behaviour.pieces_per_order
    return World(
        seed,
        Catalogue(seed, settings.simulators_products, pieces_per_day=pieces),
        Customers(seed, settings.simulators_customers),
        behaviour,
        seasons=Seasons(settings.zone) if settings.simulators_seasons else None,
    )


def run(settings: Settings, task: Task, stop: threading.Event, *, parent: int) -> None:
    """Publish the shop's events until ``stop`` is set, the task's time is over or process ``parent`` is gone.

    Raises ``DatabaseUnavailable`` when Postgres is away at the start; later that stops nothing.
    Raises ``BrokerRefused`` when the broker refuses for a minute.
    """
    task.check()
    with closing(Ledger(live_path(settings.simulators_folder, task.process))) as books:
        for path in ledger.left_behind(settings.simulators_folder, task.process, task.processes):
            books.absorb(path)
        with Outbox(lambda: Publisher(settings), capacity=settings.simulators_buffer_events) as outbox:
            with closing(database.connect(settings, application="simulators", timeout_seconds=None)) as connection:
                session = _prepare(settings, task, connection, books, outbox)
            # The shop's models live as long as the process: the collector need not look at them again.
            gc.freeze()
            with (
                heartbeat.Heartbeat(settings, "simuladores", lambda: _vitals(outbox, session)),
                Watch(settings, outbox.pause, session.hear),
            ):
                session.run(stop, duration=task.duration, parent=parent)


def _prepare(settings: Settings, task: Task, connection: Connection, books: Ledger, outbox: Outbox) -> Session:
    """The shop as it is now: who is known, what is in flight, what is to be told first."""
    with database.translated("agreeing on the shop's clock"):
        clock = shop_clock.agree(connection, speed=settings.shop_speed, start=settings.shop_start)
    shop_world = world(settings, task.seed, live=clock.speed == 1.0)
    shop_world.follow(scenario_log.read(connection))
    start = to_microseconds(clock.now())
    shards = shards_of(task.process, task.processes)
    known = adoption.known_customers(connection, shop_world.customers, shards, start)
    shop = Shop(
        shop_world,
        shards,
        rate=task.rate / clock.speed,
        start=start,
        settings=ShardSettings(ledger.fresh_epoch(books, start // 1000), Faults.of(settings), clock.speed),
        next_entries=books.next_entries(),
        clienteles=known.clienteles,
    )
    if books.state(ADOPTED) is None:
        adopted = Journal()
        planned = adoption.orders_in_flight(connection, shards, start, shop_world)
        planned += adoption.open_carts(connection, shards, start, shop_world)
        for shard, due, plan in planned:
            shop.schedule(shard, due, plan, adopted)
        books.append(adopted, published=0, remember={ADOPTED: start})
    return Session(shop, clock, books, outbox, first=[*shop.products(start), *shop.customers(known.untold, start)])


def _vitals(outbox: Outbox, session: Session) -> dict[str, Any]:
    """What the heartbeat says."""
    return {
        "publicados": outbox.published,
        "duplicados": session.injected("duplicados"),
        "atrasados": session.injected("atrasados"),
        "malformados": session.injected("malformados"),
        "cenario": session.scenario,
        "pausado": outbox.is_paused,
        "pendentes": outbox.waiting,
    }
