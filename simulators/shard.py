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
from simulators.behaviour import PAYMENTS, RECOVERY_SECONDS
from simulators.customers import STATE_CODES
from simulators.faults import Faults
from simulators.moments import MINUTE, SECOND, to_text
from simulators.orders import Purchase, StatusChange
from simulators.sessions import WEB_TYPES
from simulators.stream import RESTOCK, Stream
from simulators.visits import WEB_TAIL, Departure, Registration, World

SHARDS = 64

_TRANSACTIONS, _WEB, _CATALOGUE, _CUSTOMERS = (
    SOURCES.index(it) for it in (Source.TRANSACTIONS, Source.WEB_EVENTS, Source.CATALOGUE, Source.CUSTOMERS)
)
_WEB_COUNTS = [f"eventos:{it}" for it in WEB_TYPES]
_NO_STEPS = np.empty(0, np.int64)
_DELAYED_COUNTS = {faults.LATE: "atrasados", faults.OUT_OF_ORDER: "fora_de_ordem"}


class ShardSettings(NamedTuple):
    """What makes a shard's stream: run ``epoch`` (so that no two runs share an id) and rates a second."""

    epoch: int
    message_rate: float
    known_customers: int
    faults: Faults


def customers_message(customer: Cliente, time: int) -> Outgoing:
    """The message that tells of a customer at ``time``."""
    return Outgoing(_CUSTOMERS, events.encode(customer), to_text(time))


class Shard:
    """The stream of shard ``number``; entries are numbered from ``next_entry``."""

    def __init__(self, world: World, number: int, settings: ShardSettings, *, next_entry: int = 0) -> None:
        self._world = world
        self._number = number
        self.agenda = Agenda()
        # Only entries due by then are kept in the agenda; later ones wait in the ledger.
        self.horizon = orders.NEVER
        self._next_entry = next_entry
        self._agenda_turn = True
        self._stream = Stream(
            world,
            (world.seed, settings.epoch, number),
            rate=settings.message_rate,
            known_customers=settings.known_customers,
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
            rows, steps = self._stream.take_plain(stop - slot) if stop > slot else ([], _NO_STEPS)
            if rows:
                self._agenda_turn = True
                following = stamps[slot : slot + len(rows)]
                out += [
                    Outgoing(_WEB, (row + stamp + WEB_TAIL).encode(), stamp)  # type: ignore[operator]  # plain: a text
                    for row, stamp in zip(rows, following, strict=True)
                ]
                for step, number in enumerate(np.bincount(steps).tolist()):
                    if number:
                        journal.count(minute, _WEB_COUNTS[step], number)
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
            self._keep(entry, time, stamp, journal)
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
        row, step, befalls, chance = self._stream.take()
        if isinstance(row, str):
            message = Outgoing(_WEB, (row + stamp + WEB_TAIL).encode(), stamp)
            return self._publish(message, time, [(_WEB_COUNTS[step], 1)], befalls, chance, journal)
        if isinstance(row, Purchase):
            message, counts = self._place(row, time, stamp, journal)
            return self._publish(message, time, counts, befalls, chance, journal)
        if isinstance(row, Registration):
            customer = self._world.customers.event(row.id_bytes, time, SegmentoCliente.NOVO)
            self._out.append(Outgoing(_CUSTOMERS, events.encode(customer), stamp))
            journal.count(time // MINUTE, "cadastros")
            return True
        self._plan_return(row, time, journal)
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
        self._out.append(message)
        for key, amount in counts:
            journal.count(minute, key, amount)
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

    def _place(self, purchase: Purchase, time: int, stamp: str, journal: Journal) -> tuple[Outgoing, Counts]:
        """The first message of an order, at the prices of ``time``; plans its next status."""
        catalogue = self._world.catalogue
        values = [
            catalogue.price(product, time) * pieces
            for product, pieces in zip(purchase.products, purchase.quantities, strict=True)
        ]
        total = sum(values)
        base = orders.message_base(
            transaction=purchase.transaction,
            order=purchase.order,
            customer=purchase.customer,
            cart=purchase.cart,
            products=[catalogue.ids[it] for it in purchase.products],
            quantities=purchase.quantities,
            centavos=total,
            payment=purchase.payment,
            purchased=stamp,
        )
        self._plan_status(base, total, [(status, time + after) for status, after in purchase.changes], journal)
        payment, state = PAYMENTS[purchase.payment], STATE_CODES[purchase.state]
        counts = [
            ("pedidos", 1),
            ("receita_centavos", total),
            (f"pedidos_por_pagamento:{payment}", 1),
            (f"receita_por_pagamento:{payment}", total),
            (f"pedidos_por_uf:{state}", 1),
            (f"receita_por_uf:{state}", total),
        ]
        counts += [
            (f"receita_por_categoria:{catalogue.category_name(product)}", value)
            for product, value in zip(purchase.products, values, strict=True)
        ]
        return Outgoing(_TRANSACTIONS, orders.message(base, StatusPedido.PROCESSANDO, stamp), stamp), counts

    def _plan_status(self, base: str, centavos: int, changes: list[tuple[StatusPedido, int]], journal: Journal) -> None:
        if changes:
            self.schedule(changes[0][1], StatusChange(base, centavos, changes), journal)

    def _plan_return(self, departure: Departure, time: int, journal: Journal) -> None:
        steps = np.linspace(0.0, 1.0, len(RECOVERY_SECONDS))
        back = time + int(np.interp(departure.chance, steps, RECOVERY_SECONDS) * SECOND)
        login, begin, finish = departure.events
        self.schedule(back, login, journal)
        self.schedule(back + 15 * SECOND, begin, journal)
        self.schedule(back + 40 * SECOND, departure.purchase, journal)
        self.schedule(back + 42 * SECOND, finish, journal)

    def _keep(self, entry: Entry, time: int, stamp: str, journal: Journal) -> None:
        """Turn a due entry into its message.

        A status is reached when it was planned, however late its message; shoppers act at ``time``.
        """
        plan, minute = entry.plan, time // MINUTE
        match plan:
            case StatusChange():
                status, since = plan.changes[0]
                payload = orders.message(plan.base, status, to_text(since))
                self._out.append(Outgoing(_TRANSACTIONS, payload, stamp))
                if status == StatusPedido.CANCELADO:
                    journal.count(since // MINUTE, "cancelamentos")
                    journal.count(since // MINUTE, "receita_cancelada_centavos", plan.centavos)
                journal.count(since // MINUTE, f"status:{status}")
                self._plan_status(plan.base, plan.centavos, plan.changes[1:], journal)
            case Purchase():
                message, counts = self._place(plan, time, stamp, journal)
                self._publish(message, time, counts, faults.NONE, 0.0, journal)
            case PageEvent():
                self._out.append(Outgoing(_WEB, (plan.head + stamp + WEB_TAIL).encode(), stamp))
                journal.count(minute, _WEB_COUNTS[plan.step])
            case Held():
                self._out.append(Outgoing(plan.source, plan.payload, to_text(plan.produced)))
                for key, amount in plan.counts:
                    journal.count(plan.happened // MINUTE, key, amount)
            case Garbage():
                source, payload = faults.malformed(plan.word, time)
                self._out.append(Outgoing(SOURCES.index(source), payload, stamp))
                journal.count(minute, "malformados")
            case ProductVersion():
                self._out.append(self.product_message(plan.product, entry.due))
                journal.count(minute, "produtos")
            case CustomerVersion():
                self._out.append(self.customer_message(plan.number, entry.due))
                journal.count(minute, "clientes_alterados")

    def product_message(self, product: int, time: int) -> Outgoing:
        """The catalogue's message of one product as it is at ``time``."""
        return Outgoing(_CATALOGUE, events.encode(self._world.catalogue.event(product, time)), to_text(time))

    def customer_message(self, number: int, time: int) -> Outgoing:
        """The message of one customer of the base as it is at ``time``."""
        customer = self._world.customers.events(np.array([number]), np.array([time]))[0]
        return customers_message(customer, time)
