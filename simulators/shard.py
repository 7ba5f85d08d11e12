"""One of the shop's 64 shards: an endless stream of messages that depends on nothing but seed and time.

A shard is asked for one message at a time and is told the time it happens at. Due entries of its
agenda go first, though never twice in a row, so that a long absence does not crowd out the present;
the rest is what its visitors do.
"""

from bisect import bisect_left
from typing import NamedTuple

import numpy as np

from contracts import events
from contracts.events import Cliente, SegmentoCliente, StatusPedido
from contracts.topology import Source
from simulators import faults, identity, orders
from simulators.agenda import (
    SOURCES,
    Agenda,
    Counts,
    CustomerVersion,
    Entry,
    Garbage,
    Held,
    Journal,
    Outgoing,
    PageEvent,
    Plan,
    ProductVersion,
)
from simulators.behaviour import PROMOTION_DELAY
from simulators.clientele import Clientele
from simulators.customers import SHARDS
from simulators.faults import Faults
from simulators.moments import MINUTE, SECOND, to_text
from simulators.orders import Purchase, StatusChange
from simulators.pace import Pace
from simulators.sessions import WEB_TYPES, Step
from simulators.stream import BLOCK_SECONDS, RESTOCK, Stream
from simulators.till import Till
from simulators.visits import WEB_TAIL, Registration, second_visit
from simulators.world import World

_TRANSACTIONS, _WEB, _CATALOGUE, _CUSTOMERS = (
    SOURCES.index(it) for it in (Source.TRANSACTIONS, Source.WEB_EVENTS, Source.CATALOGUE, Source.CUSTOMERS)
)
# What the ledger counts for each step that is a web event.
_WEB_COUNTS = [[f"eventos:{it}"] for it in WEB_TYPES]
_WEB_COUNTS[Step.CREATE_CART].append("carrinhos")
_WEB_COUNTS[Step.BOT_VIEW].append("eventos_de_robos")
_NO_STEPS = np.empty(0, np.int64)
_DELAYED_COUNTS = {faults.LATE: "atrasados", faults.OUT_OF_ORDER: "fora_de_ordem"}


class ShardSettings(NamedTuple):
    """What makes a shard's stream: the run's ``epoch`` (so that no two runs share an id), and the faults.

    ``speed`` is that of the shop's clock.
    """

    epoch: int
    faults: Faults
    speed: float = 1.0


def customers_message(customer: Cliente, time: int) -> Outgoing:
    """The message that tells of a customer at ``time``."""
    return Outgoing(_CUSTOMERS, events.encode(customer), to_text(time))


class Shard:
    """The stream of shard ``number``; entries are numbered from ``next_entry``."""

    def __init__(
        self,
        world: World,
        number: int,
        clientele: Clientele,
        pace: Pace,
        settings: ShardSettings,
        *,
        next_entry: int = 0,
    ) -> None:
        self._world = world
        self._number = number
        self._clientele = clientele
        self._till = Till(world, clientele)
        self.agenda = Agenda()
        # Only entries due by then are kept in the agenda; later ones wait in the ledger.
        self.horizon = orders.NEVER
        self._next_entry = next_entry
        self._agenda_turn = True
        self._stream = Stream(
            world,
            clientele,
            number,
            (world.seed, settings.epoch, number),
            pace=pace,
            block=int(BLOCK_SECONDS * settings.speed * SECOND),
            injected=settings.faults,
        )
        self._out: list[Outgoing] = []
        products = range(number, world.catalogue.size, SHARDS)
        self._products = products or range(number % world.catalogue.size, world.catalogue.size, SHARDS)

    def advance(self, times: list[int], stamps: list[str], journal: Journal) -> list[Outgoing]:
        """One message for each of the ascending ``times``, whose texts are ``stamps``.

        Runs of plain web events are written together: they are nine in ten of all.
        """
        self._out = out = []
        slot, slots = 0, len(times)
        while slot < slots:
            time = times[slot]
            minute = time // MINUTE
            # Such a run ends where a plan falls due and where the ledger's minute does.
            stop = bisect_left(times, min(self.agenda.next_due, (minute + 1) * MINUTE), slot)
            rows, steps = self._stream.take_plain(stop - slot, time) if stop > slot else ([], _NO_STEPS)
            if rows:
                self._agenda_turn = True
                following = stamps[slot : slot + len(rows)]
                out += [
                    Outgoing(_WEB, f"{row}{stamp}{WEB_TAIL}".encode(), stamp)
                    for row, stamp in zip(rows, following, strict=True)
                ]
                for step, number in enumerate(np.bincount(steps).tolist()):
                    if number:
                        for key in _WEB_COUNTS[step]:
                            journal.count(minute, key, number)
                slot += len(rows)
            else:
                self._emit(time, stamps[slot], journal)
                slot += 1
        return out

    def _emit(self, time: int, stamp: str, journal: Journal) -> None:
        """Exactly one message that happens at ``time``."""
        entry = self.agenda.pop_due(time) if self._agenda_turn else None
        if entry is not None:
            self._agenda_turn = False
            journal.finish(entry)
            if self._keep(entry, time, stamp, journal):
                return
        self._agenda_turn = True
        while not self._step(time, stamp, journal):
            pass

    def schedule(self, due: int, plan: Plan, journal: Journal, *, durable: bool = True) -> None:
        """Put a plan on the agenda."""
        entry = Entry(due, self._number, self._next_entry, durable, plan)
        self._next_entry += 1
        if durable:
            journal.scheduled[self._number, entry.number] = entry
        if due <= self.horizon:
            self.agenda.push(entry)

    def _step(self, time: int, stamp: str, journal: Journal) -> bool:
        """Take the visitors' next step; False when it made no message of this moment."""
        row, step, befalls, chance = self._stream.take(time)
        if isinstance(row, str):
            message = Outgoing(_WEB, (row + stamp + WEB_TAIL).encode(), stamp)
            return self._publish(message, time, [(it, 1) for it in _WEB_COUNTS[step]], befalls, chance, journal)
        if isinstance(row, Purchase):
            sold = self._sell(row, time, stamp, journal)
            return sold is not None and self._publish(sold[0], time, sold[1], befalls, chance, journal)
        if isinstance(row, Registration):
            customer = self._world.customers.event(row.id_bytes, time, SegmentoCliente.NOVO)
            self._clientele.enrol(row.id_bytes, [time])
            self._tell(Outgoing(_CUSTOMERS, events.encode(customer), stamp))
            journal.count(time // MINUTE, "cadastros")
            return True
        self._plan_return(row.purchase, time + row.pause, journal)
        return False

    def _publish(
        self, message: Outgoing, time: int, counts: Counts, befalls: int, chance: float, journal: Journal
    ) -> bool:
        """Publish a message with what befalls it; False when it is held back."""
        minute = time // MINUTE
        if befalls in _DELAYED_COUNTS:
            journal.count(minute, _DELAYED_COUNTS[befalls])
            held = Held(message.source, message.payload, time, time, counts)
            self.schedule(time + faults.delay(befalls, chance), held, journal)
            return False
        self._tell(message)
        journal.count_all(minute, counts)
        if befalls == faults.DUPLICATE:
            copy = Held(message.source, message.payload, time, time, [("duplicados", 1)])
            self.schedule(time + faults.delay(befalls, chance), copy, journal, durable=False)
        elif befalls == faults.MALFORMED:
            word = identity.mix_one(int(chance * (1 << 53)))
            self.schedule(time, Garbage(word), journal, durable=False)
        elif befalls == RESTOCK:
            product = self._products[int(chance * len(self._products))]
            self.schedule(time, ProductVersion(product), journal, durable=False)
        return True

    def _sell(self, purchase: Purchase, time: int, stamp: str, journal: Journal) -> tuple[Outgoing, Counts] | None:
        """The first message of an order, and what follows it on the agenda; None where the payment fails."""
        if self._till.refuses(time):
            journal.count(time // MINUTE, "pagamentos_recusados")
            again = self._till.retry(purchase, time)
            if again is not None:
                self._plan_return(purchase, again, journal)
            return None
        placed = self._till.place(purchase, time, stamp)
        changes = [(status, time + after) for status, after in purchase.changes]
        self._plan_status(placed.base, placed.centavos, changes, journal)
        self.schedule(time + 2 * SECOND, PageEvent(purchase.thanks, Step.FINISH_CHECKOUT), journal)
        if placed.promotion is not None:
            self.schedule(time + PROMOTION_DELAY, placed.promotion, journal)
        payload = orders.message(placed.base, StatusPedido.PROCESSANDO, stamp)
        return Outgoing(_TRANSACTIONS, payload, stamp), placed.counts

    def _plan_status(self, base: str, centavos: int, changes: list[tuple[StatusPedido, int]], journal: Journal) -> None:
        if changes:
            self.schedule(changes[0][1], StatusChange(base, centavos, changes), journal)

    def _plan_return(self, purchase: Purchase, begin: int, journal: Journal) -> None:
        for due, plan in second_visit(begin, purchase):
            self.schedule(due, plan, journal)

    def _keep(self, entry: Entry, time: int, stamp: str, journal: Journal) -> bool:
        """Turn a due entry into its message; False where a payment failed and so there is none.

        A status is reached when it was planned, however late its message; shoppers act at ``time``.
        """
        plan, minute = entry.plan, time // MINUTE
        match plan:
            case StatusChange():
                self._change_status(plan, stamp, journal)
            case Purchase():
                sold = self._sell(plan, time, stamp, journal)
                return sold is not None and self._publish(sold[0], time, sold[1], faults.NONE, 0.0, journal)
            case PageEvent():
                self._tell(Outgoing(_WEB, (plan.head + stamp + WEB_TAIL).encode(), stamp))
                journal.count_all(minute, [(it, 1) for it in _WEB_COUNTS[plan.step]])
            case Held():
                self._tell(Outgoing(plan.source, plan.payload, to_text(plan.produced)))
                journal.count_all(plan.happened // MINUTE, plan.counts)
            case Garbage():
                source, payload = faults.malformed(plan.word, time)
                self._tell(Outgoing(SOURCES.index(source), payload, stamp))
                journal.count(minute, "malformados")
            case ProductVersion():
                self._tell(self.product_message(plan.product, entry.due))
                journal.count(minute, "produtos")
            case CustomerVersion():
                id_bytes = np.frombuffer(plan.customer, np.uint8).reshape(1, 16)
                customer = self._world.customers.event(id_bytes, plan.registered, plan.segment)
                self._tell(customers_message(customer, entry.due))
                journal.count(minute, "clientes_alterados")
        return True

    def _change_status(self, plan: StatusChange, stamp: str, journal: Journal) -> None:
        status, since = plan.changes[0]
        self._tell(Outgoing(_TRANSACTIONS, orders.message(plan.base, status, to_text(since)), stamp))
        if status == StatusPedido.CANCELADO:
            journal.count(since // MINUTE, "cancelamentos")
            journal.count(since // MINUTE, "receita_cancelada_centavos", plan.centavos)
        journal.count(since // MINUTE, f"status:{status}")
        self._plan_status(plan.base, plan.centavos, plan.changes[1:], journal)

    def _tell(self, message: Outgoing) -> None:
        self._out.append(message)

    def product_message(self, product: int, time: int) -> Outgoing:
        """The catalogue's message of one product as it is at ``time``."""
        return Outgoing(_CATALOGUE, events.encode(self._world.product(product, time)), to_text(time))
