"""Loading the shop's past into Postgres: by COPY, in one transaction, at most once."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np

from contracts import clock, log
from contracts.database import Connection, translated
from contracts.events import SegmentoCliente, StatusPedido
from contracts.ledger import past_path
from contracts.settings import Settings
from simulators import bulk, identity, past, past_books
from simulators.behaviour import PAYMENTS, PROMOTION_DELAY
from simulators.bulk import Ids, text_row
from simulators.customers import SEGMENTS, segment_after
from simulators.moments import to_datetime, to_microseconds, to_text
from simulators.past import Day, Integers, Orders, Past
from simulators.past_books import PastBooks
from simulators.standing import standing
from simulators.world import World

# Any number, the same for everybody: two loads at once wait for each other.
_LOCK = 0x76697468
# Web events and transactions are copied in turns of so many days: few commands, little memory.
_DAYS_AT_ONCE = 8
_TRANSACTION_COLUMNS = (
    "id_transacao, id_pedido, id_usuario, id_produto, quantidade_produto, valor_total_compra, data_compra, "
    "metodo_pagamento, status_pedido, data_status, id_carrinho"
)
_STATUSES = tuple(StatusPedido)
_FIELDS = msgspec.structs.astuple

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done, and how many there are."""


class Loaded(msgspec.Struct, frozen=True):
    """What a load did: rows by table; none where the shop had events already."""

    rows: dict[str, int]
    seconds: float

    @property
    def total(self) -> int:
        """All rows together."""
        return sum(self.rows.values())


def load(connection: Connection, settings: Settings, world: World, *, days: int, progress: Progress) -> Loaded | None:
    """Write ``days`` days up to the shop's now; None, and nothing done, where the shop has events already.

    All of it becomes visible in one transaction: a load that is killed leaves nothing behind. Raises
    ``DatabaseUnavailable`` or ``DatabaseRefused``.
    """
    began = time.monotonic()
    with translated("loading the history"):
        now = to_microseconds(clock.agree(connection, speed=settings.shop_speed, start=settings.shop_start).now())
        cursor = connection.cursor()
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        cursor.execute("select exists (select from transacoes_vendas) or exists (select from eventos_web)")
        if cursor.fetchone()[0]:
            connection.rollback()
            return None
        story = Past(until=now, days=days, orders_per_day=settings.history_orders_per_day, zone=settings.zone)
        rows = {"catalogo_produtos": 0, "dados_clientes": 0, "eventos_web": 0, "transacoes_vendas": 0}
        books = PastBooks(past_path(settings.simulators_folder))
        try:
            progress("catálogo", 0, days + 1)
            _load_catalogue(connection, world, story, rows)
            told = _load_days(connection, world, story, books, rows, progress)
            _load_customers(connection, world, story, told, books, rows)
            # The books first: should the commit fail they are written again with the next load.
            books.keep()
            connection.commit()
        except BaseException:
            books.discard()
            raise
        # Without statistics the first queries over a table this new would be planned blindly.
        for table in rows:
            cursor.execute(f"analyze {table}")
        connection.commit()
    return Loaded(rows, time.monotonic() - began)


class _Told(NamedTuple):
    """What is remembered of the days: who registered when, and who ordered when for how much."""

    new_customers: list[Ids]
    registered: list[Integers]
    customer: list[Ids]
    bought: list[Integers]
    total: list[Integers]


def _load_days(
    connection: Connection, world: World, story: Past, books: PastBooks, rows: dict[str, int], progress: Progress
) -> _Told:
    cursor = connection.cursor()
    month = to_datetime(story.since)
    while to_microseconds(month) <= story.until:
        cursor.execute("select garantir_particao_eventos(%s)", (month.date(),))
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1, day=1, hour=0)
    cursor.execute("select garantir_particao_eventos(%s)", (to_datetime(story.until).date(),))
    told = _Told([], [], [], [], [])
    days = past.days(world, story)
    for first in range(0, story.days + 1, _DAYS_AT_ONCE):
        transactions: list[str] = []

        def web_events(first: int = first, transactions: list[str] = transactions) -> Iterator[bytes]:
            for day in range(first, min(first + _DAYS_AT_ONCE, story.days + 1)):
                it = next(days)
                yield from _encoded(it)
                transactions += _order_rows(world, it.orders)
                books.add(past_books.figures_of_day(world, it))
                told.new_customers.append(it.new_customers)
                told.registered.append(it.registered)
                told.customer.append(it.orders.customer)
                told.bought.append(it.orders.bought)
                told.total.append(it.orders.total)
                rows["eventos_web"] += len(it.web_events.step)
                progress("dias", day + 1, story.days + 1)

        _copy(
            connection,
            f"eventos_web ({bulk.WEB_EVENT_COLUMNS})",
            _framed(web_events()),
            binary=True,
        )
        _copy(connection, f"transacoes_vendas ({_TRANSACTION_COLUMNS})", [_text(transactions)])
        rows["transacoes_vendas"] += len(transactions)
    return told


def _order_rows(world: World, orders: Orders) -> list[str]:
    """Each order once, with the status it has at the end, as COPY's text."""
    status, since = orders.latest()
    begins = np.cumsum(orders.items) - orders.items
    columns = zip(
        identity.texts(orders.transaction),
        identity.texts(orders.order),
        identity.texts(orders.customer),
        identity.texts(orders.cart),
        begins.tolist(),
        orders.items.tolist(),
        orders.total.tolist(),
        orders.bought.tolist(),
        orders.payment.tolist(),
        status.tolist(),
        since.tolist(),
        strict=True,
    )
    pieces = orders.pieces.tolist()
    products = [world.catalogue.ids[it] for it in orders.product.tolist()]
    return [
        f"{transaction}\t{order}\t{user}\t{{{','.join(products[begin : begin + number])}}}\t"
        f"{{{','.join(map(str, pieces[begin : begin + number]))}}}\t{total // 100}.{total % 100:02d}\t"
        f"{to_text(moment)}\t{PAYMENTS[payment]}\t{_STATUSES[rank]}\t{to_text(reached)}\t{cart}\n"
        for transaction, order, user, cart, begin, number, total, moment, payment, rank, reached in columns
    ]


def _encoded(day: Day) -> Iterable[bytes]:
    it = day.web_events
    return bulk.web_events(
        it.event,
        it.user,
        it.session,
        it.cart,
        it.step,
        it.product,
        it.time,
        has_user=it.has_user,
        has_cart=it.has_cart,
        has_product=it.has_product,
    )


def _framed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield bulk.HEADER
    yield from chunks
    yield bulk.TRAILER


def _load_catalogue(connection: Connection, world: World, story: Past, rows: dict[str, int]) -> None:
    """Each product at the beginning and at every change of its price; the last version is its present."""
    catalogue = world.catalogue
    changed, changes = catalogue.price_changes(story.since, story.until)
    products = np.concatenate([np.arange(catalogue.size), changed])
    times = np.concatenate([np.full(catalogue.size, story.since), changes])
    latest = np.full(catalogue.size, story.since)
    latest[changed] = changes  # in order of time: the last one stays
    versions = zip(
        products.tolist(),
        times.tolist(),
        catalogue.prices(products, times).tolist(),
        catalogue.stocks(products, times).tolist(),
        strict=True,
    )
    lines, present = [], []
    for product, moment, price, stock in versions:
        name, category = catalogue.name(product), catalogue.category_name(product)
        since, reais = to_text(moment), f"{price // 100}.{price % 100:02d}"
        lines.append(text_row((catalogue.ids[product], since, name, category, reais, stock)))
        if latest[product] == moment:
            description = catalogue.description(product)
            present.append(text_row((catalogue.ids[product], name, description, category, reais, stock, since)))
    _copy(
        connection,
        "catalogo_produtos_versoes (id_produto, produzido_em, nome_produto, categoria, preco_unitario, "
        "estoque_disponivel)",
        [_text(lines)],
    )
    _copy(
        connection,
        "catalogo_produtos (id_produto, nome_produto, descricao_produto, categoria, preco_unitario, "
        "estoque_disponivel, produzido_em)",
        [_text(present)],
    )
    rows["catalogo_produtos"] = len(present) + len(lines)


def _load_customers(
    connection: Connection, world: World, story: Past, told: _Told, books: PastBooks, rows: dict[str, int]
) -> None:
    """Each customer since registering, and at every change of segment."""
    base = world.customers
    numbers = np.arange(base.size)
    ids = np.concatenate([base.id_bytes(numbers), *told.new_customers])
    registered = np.concatenate([base.registered_at(numbers, story.since), *told.registered])
    customer, bought = np.concatenate(told.customer), np.concatenate(told.bought)
    came_to = standing(base, customer, bought)
    books.add(past_books.figures_of_segments(came_to.segments, bought, np.concatenate(told.total)))

    first = [segment_after(it) for it in base.orders_before(numbers).tolist()]
    first += [SegmentoCliente.NOVO] * (len(ids) - len(first))
    described = base.describe(ids, registered.tolist(), first)
    # As in the live shop, a new segment is told right after the order that it follows from.
    moments = np.minimum(bought[came_to.promoted] + PROMOTION_DELAY, story.until).tolist()
    place = {it.bytes: number for number, it in enumerate(it.id_usuario for it in described)}
    latest = [(to_text(moment), segment) for moment, segment in zip(registered.tolist(), first, strict=True)]
    lines = [
        text_row((it.id_usuario, since, segment, it.cidade, it.estado))
        for it, (since, segment) in zip(described, latest, strict=True)
    ]
    for at, moment, reached in zip(came_to.promoted.tolist(), moments, came_to.reached.tolist(), strict=True):
        number = place[customer[at].tobytes()]
        it, latest[number] = described[number], (to_text(moment), SEGMENTS[reached])
        lines.append(text_row((it.id_usuario, *latest[number], it.cidade, it.estado)))
    _copy(
        connection,
        "dados_clientes_versoes (id_usuario, produzido_em, segmento_cliente, cidade, estado)",
        [_text(lines)],
    )
    _copy(
        connection,
        "dados_clientes (id_usuario, nome_usuario, email_usuario, data_cadastro, segmento_cliente, cidade, "
        "estado, pais, produzido_em)",
        [
            _text(
                [
                    text_row((*_FIELDS(msgspec.structs.replace(it, segmento_cliente=segment)), since))
                    for it, (since, segment) in zip(described, latest, strict=True)
                ]
            )
        ],
    )
    rows["dados_clientes"] = len(described) + len(lines)


def _copy(connection: Connection, target: str, chunks: Iterable[bytes], *, binary: bool = False) -> None:
    how = " with (format binary)" if binary else ""
    connection.cursor().execute(f"copy {target} from stdin{how}", stream=iter(chunks))


def _text(lines: list[str]) -> bytes:
    return "".join(lines).encode()


def report(loaded: Loaded) -> None:
    """Say what was loaded and how fast."""
    log.get(__name__).info(
        "the history is loaded",
        **loaded.rows,
        seconds=round(loaded.seconds, 1),
        rows_per_second=round(loaded.total / max(loaded.seconds, 1e-9)),
    )
