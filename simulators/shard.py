"""One of the shop's 64 shards: an endless stream of messages that depends on nothing but seed and time.

A shard is asked for one message at a time and is told the time it happens at. Due entries of its
agenda go first, though never twice in a row, so that a long absence does not crowd out the present;
the rest is what its visitors do.
"""

from typing import NamedTuple

import numpy as np

from contracts import events
from contracts.events import Cliente, SegmentoCliente, StatusPedido
from contracts.topology import Source
from simulators import faults, identity, orders, visits
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
from simulators.behaviour import PAYMENTS, RECOVERY_SECONDS, STOCK_MESSAGES
from simulators.customers import STATE_CODES
from simulators.faults import Faults
from simulators.moments import MINUTE, SECOND, Stamps, to_text
from simulators.orders import Purchase, StatusChange
from simulators.sessions import WEB_TYPES
from simulators.visits import WEB_TAIL, Departure, Registration, Row, World

SHARDS = 64
MESSAGES_PER_VISIT = 3.6

_TRANSACTIONS, _WEB, _CATALOGUE, _CUSTOMERS = (
    SOURCES.index(it) for it in (Source.TRANSACTIONS, Source.WEB_EVENTS, Source.CATALOGUE, Source.CUSTOMERS)
)
_WEB_COUNTS = [f"eventos:{it}" for it in WEB_TYPES]
_BLOCK_SECONDS = 120.0
_FEWEST_VISITS, _MOST_VISITS = 64, 512
# A visit lasts about this long; in a block shorter than that shoppers hurry, so that the visits
# under way (and with them the memory) stay bounded at any rate.
_VISIT_SECONDS = 80.0
_STOCK = faults.MALFORMED + 1
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
        self._settings = settings
        self._names = (world.seed, settings.epoch, number)
        self.agenda = Agenda()
        # Only entries due by then are kept in the agenda; later ones wait in the ledger.
        self.horizon = orders.NEVER
        self._next_entry = next_entry
        self._agenda_turn = True
        self._stamps = Stamps()
        visit_rate = settings.message_rate / MESSAGES_PER_VISIT
        self._visits = int(min(max(visit_rate * _BLOCK_SECONDS, _FEWEST_VISITS), _MOST_VISITS))
        seconds = self._visits / visit_rate
        self._hurry = min(1.0 / seconds, 1.0 / _VISIT_SECONDS) / SECOND
        self._block = 0
        self._rows: list[Row] = []
        self._steps: list[int] = []
        self._extras: list[int] = []
        self._extra_chance: list[float] = []
        self._at = 0
        self._carried = visits.EMPTY
        products = range(number, world.catalogue.size, SHARDS)
        self._products = products or range(number % world.catalogue.size, world.catalogue.size, SHARDS)

    def emit(self, time: int, journal: Journal) -> None:
        """Write exactly one message that happens at ``time`` into the journal."""
        entry = self.agenda.pop_due(time) if self._agenda_turn else None
        if entry is not None:
            self._agenda_turn = False
            journal.finish(entry)
            self._keep(entry, time, journal)
            return
        self._agenda_turn = True
        while not self._step(time, journal):
            pass

    def schedule(self, due: int, plan: Plan, journal: Journal, *, durable: bool = True) -> None:
        """Put a plan on the agenda."""
        entry = Entry(due, self._number, self._next_entry, durable, plan)
        self._next_entry += 1
        if durable:
            journal.scheduled[self._number, entry.number] = entry
        if due <= self.horizon:
            self.agenda.push(entry)

    def _step(self, time: int, journal: Journal) -> bool:
        """Take the visitors' next step; False when it made no message of this moment."""
        if self._at == len(self._rows):
            self._refill()
        at = self._at
        self._at += 1
        row, step, extra = self._rows[at], self._steps[at], self._extras[at]
        if step < len(WEB_TYPES):
            assert isinstance(row, str)
            stamp = self._stamps.text(time)
            message = Outgoing(_WEB, (row + stamp + WEB_TAIL).encode(), stamp)
            if extra == faults.NONE:
                journal.messages.append(message)
                minute = time // MINUTE
                journal.count(minute, _WEB_COUNTS[step])
                return True
            return self._publish(message, time, [(_WEB_COUNTS[step], 1)], extra, self._extra_chance[at], journal)
        if isinstance(row, Purchase):
            message, counts = self._place(row, time, journal)
            return self._publish(message, time, counts, extra, self._extra_chance[at], journal)
        if isinstance(row, Registration):
            customer = self._world.customers.event(row.id_bytes, time, SegmentoCliente.NOVO)
            journal.messages.append(Outgoing(_CUSTOMERS, events.encode(customer), self._stamps.text(time)))
            journal.count(time // MINUTE, "cadastros")
            return True
        assert isinstance(row, Departure)
        self._plan_return(row, time, journal)
        return False

    def _publish(
        self, message: Outgoing, time: int, counts: Counts, extra: int, chance: float, journal: Journal
    ) -> bool:
        """Publish a message with what befalls it; False when it is held back."""
        minute = time // MINUTE
        if extra in _DELAYED_COUNTS:
            journal.count(minute, _DELAYED_COUNTS[extra])
            held = Held(message.source, message.payload, time, time, counts)
            self.schedule(time + faults.delay(extra, chance), held, journal)
            return False
        journal.messages.append(message)
        for key, amount in counts:
            journal.count(minute, key, amount)
        if extra == faults.DUPLICATE:
            copy = Held(message.source, message.payload, time, time, [("duplicados", 1)])
            self.schedule(time + faults.delay(extra, chance), copy, journal, durable=False)
        elif extra == faults.MALFORMED:
            word = identity.mix_one(int(chance * (1 << 53)))
            self.schedule(time, Garbage(word), journal, durable=False)
        elif extra == _STOCK:
            product = self._products[int(chance * len(self._products))]
            self.schedule(time, ProductVersion(product), journal, durable=False)
        return True

    def _place(self, purchase: Purchase, time: int, journal: Journal) -> tuple[Outgoing, Counts]:
        """The first message of an order, at the prices of ``time``; plans its next status."""
        catalogue = self._world.catalogue
        stamp = self._stamps.text(time)
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

    def _keep(self, entry: Entry, time: int, journal: Journal) -> None:
        """Turn a due entry into its message.

        A status is reached when it was planned, however late its message; shoppers act at ``time``.
        """
        plan, minute = entry.plan, time // MINUTE
        match plan:
            case StatusChange():
                status, since = plan.changes[0]
                stamp = to_text(since)
                payload = orders.message(plan.base, status, stamp)
                journal.messages.append(Outgoing(_TRANSACTIONS, payload, self._stamps.text(time)))
                if status == StatusPedido.CANCELADO:
                    journal.count(since // MINUTE, "cancelamentos")
                    journal.count(since // MINUTE, "receita_cancelada_centavos", plan.centavos)
                journal.count(since // MINUTE, f"status:{status}")
                self._plan_status(plan.base, plan.centavos, plan.changes[1:], journal)
            case Purchase():
                message, counts = self._place(plan, time, journal)
                self._publish(message, time, counts, faults.NONE, 0.0, journal)
            case PageEvent():
                stamp = self._stamps.text(time)
                journal.messages.append(Outgoing(_WEB, (plan.head + stamp + WEB_TAIL).encode(), stamp))
                journal.count(minute, _WEB_COUNTS[plan.step])
            case Held():
                journal.messages.append(Outgoing(plan.source, plan.payload, to_text(plan.produced)))
                for key, amount in plan.counts:
                    journal.count(plan.happened // MINUTE, key, amount)
            case Garbage():
                source, payload = faults.malformed(plan.word, time)
                journal.messages.append(Outgoing(SOURCES.index(source), payload, self._stamps.text(time)))
                journal.count(minute, "malformados")
            case ProductVersion():
                journal.messages.append(self.product_message(plan.product, entry.due))
                journal.count(minute, "produtos")
            case CustomerVersion():
                journal.messages.append(self.customer_message(plan.number, entry.due))
                journal.count(minute, "clientes_alterados")

    def product_message(self, product: int, time: int) -> Outgoing:
        """The catalogue's message of one product as it is at ``time``."""
        return Outgoing(_CATALOGUE, events.encode(self._world.catalogue.event(product, time)), to_text(time))

    def customer_message(self, number: int, time: int) -> Outgoing:
        """The message of one customer of the base as it is at ``time``."""
        customer = self._world.customers.events(np.array([number]), np.array([time]))[0]
        return customers_message(customer, time)

    def _refill(self) -> None:
        """Write the next block of visits; what reaches beyond the block's end is carried on."""
        names = (*self._names, self._block)
        if self._block == 0:
            self._carried = visits.under_way(self._write((*self._names, "abertura")))
        block = self._write(names)
        offsets = np.concatenate([self._carried.offsets, block.offsets])
        rows, steps = self._carried.rows + block.rows, self._carried.steps + block.steps
        order = np.argsort(offsets, kind="stable").tolist()
        now = int(np.searchsorted(offsets[order], 1.0))
        self._rows = [rows[it] for it in order[:now]]
        self._steps = [steps[it] for it in order[:now]]
        later = order[now:]
        # The carried ones are counted from the next block's begin.
        self._carried = visits.Block(
            [rows[it] for it in later], [steps[it] for it in later], np.array(later, np.int64), offsets[later] - 1.0
        )
        chance = identity.generator(*names, "acaso")
        befalls = faults.draw(self._settings.faults, chance.random(now))
        restocks = (befalls == faults.NONE) & (chance.random(now) < STOCK_MESSAGES)
        self._extras = np.where(restocks, _STOCK, befalls).tolist()
        self._extra_chance = chance.random(now).tolist()
        self._at = 0
        self._block += 1

    def _write(self, names: tuple[int | str, ...]) -> visits.Block:
        return visits.write(self._world, names, self._settings.known_customers, self._visits, self._hurry)
