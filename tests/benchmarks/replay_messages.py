"""Raw messages of a busy shop, in parts on disk: what ``bench_replay`` replays, and its peer as well.

One in ten is a sale (several products, carts, later statuses, cancellations), the others are web events;
two in a hundred come twice. Times are spread evenly, arrivals a little out of order.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
import redis

from contracts import dimensions
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.events import MetodoPagamento, SegmentoCliente, StatusPedido, TipoEvento, Uf

SALES, WEB_EVENTS = "transacoes_vendas-tempo-real", "eventos_web-tempo-real"
PRODUCTS, CUSTOMERS, CATEGORIES = 1_000, 20_000, 20
SPAN_SECONDS = 50 * 60
# As many as the service puts into one answer.
_PULL_MESSAGES = 1_000
_PART_MESSAGES = 100_000
_BLOCK = 20_000
_LIVE_SESSIONS = 16_000
_SALES_SHARE, _DUPLICATES_SHARE, _FIRST_VERSIONS_SHARE = 0.10, 0.02, 0.6
# A later status comes well within the dedupe horizon: whether a repetition is recognised or late must not
# depend on how messages are cut into segments, or the two results could not be compared.
_LATER_SECONDS = (60.0, 480.0)
_KINDS = tuple(TipoEvento)
_KIND_SHARES = (0.60, 0.07, 0.01, 0.04, 0.03, 0.02, 0.19, 0.04)


class Pull(msgspec.Struct, frozen=True, array_like=True):
    """What one pull answers."""

    subscription: str
    payloads: list[bytes]


class Written(msgspec.Struct, frozen=True):
    """The parts in their order, with the number of messages in each, and how many rows come of all of them."""

    parts: list[Path]
    messages: list[int]
    rows: list[int]


def read_part(path: Path) -> list[Pull]:
    """The pulls of one part."""
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Pull])


def fill_dimensions(client: redis.Redis) -> None:
    """Products and customers as ingest keeps them beside the live store."""
    segments, states = list(SegmentoCliente), list(Uf)
    products = {
        dimensions.field(_product(it)): dimensions.encode(
            [ProductVersion(0, f"Produto {it}", f"Categoria {it % CATEGORIES}", 990 + 37 * it, 50)]
        )
        for it in range(PRODUCTS)
    }
    customers = {
        dimensions.field(_customer(it)): dimensions.encode(
            [CustomerVersion(0, segments[it % 3].value, states[it % 27].value, "Cidade")]
        )
        for it in range(CUSTOMERS)
    }
    client.hset(dimensions.PRODUCTS, mapping=products)
    client.hset(dimensions.CUSTOMERS, mapping=customers)


def write(folder: Path, count: int, start: dt.datetime, seed: int = 1) -> Written:
    """Write about ``count`` messages in parts; event times begin at ``start``."""
    chance = np.random.default_rng(seed)
    sales = _Sales(chance, int(count * (1 - _DUPLICATES_SHARE) * _SALES_SHARE), start)
    webs = _WebEvents(chance, int(count * (1 - _DUPLICATES_SHARE) * (1 - _SALES_SHARE)), start)
    # Numbers below len(sales) are sales, the others web events.
    times = np.concatenate([sales.times, webs.times])
    arrivals = times + chance.exponential(0.3, len(times))
    again = chance.choice(len(times), int(count * _DUPLICATES_SHARE), replace=False)
    numbers = np.concatenate([np.arange(len(times)), again])
    arrivals = np.concatenate([arrivals, arrivals[again] + chance.uniform(0.01, 5, len(again))])
    numbers = numbers[np.argsort(arrivals)]
    is_new = np.zeros(len(numbers), dtype=bool)
    is_new[np.unique(numbers, return_index=True)[1]] = True
    rows_of = np.concatenate([sales.rows, np.ones(len(webs.times), dtype=np.int64)])

    parts, messages, rows = [], [], []
    for begin in range(0, len(numbers), _PART_MESSAGES):
        of_part = numbers[begin : begin + _PART_MESSAGES]
        pulls = []
        for at in range(0, len(of_part), _PULL_MESSAGES):
            some = of_part[at : at + _PULL_MESSAGES].tolist()
            pulls.append(Pull(SALES, [sales.texts[it] for it in some if it < len(sales.texts)]))
            pulls.append(Pull(WEB_EVENTS, [webs.text(it - len(sales.texts)) for it in some if it >= len(sales.texts)]))
        path = folder / f"part-{len(parts):04d}"
        path.write_bytes(msgspec.msgpack.encode(pulls))
        parts.append(path)
        messages.append(len(of_part))
        rows.append(int(rows_of[of_part[is_new[begin : begin + _PART_MESSAGES]]].sum()))
    return Written(parts, messages, rows)


class _Sales:
    """All sale messages, in the order of their times; ``rows`` is how many rows each adds when it is new."""

    def __init__(self, chance: np.random.Generator, count: int, start: dt.datetime) -> None:
        orders = int(count * _FIRST_VERSIONS_SHARE)
        placed = np.sort(chance.uniform(0, SPAN_SECONDS, orders))
        later = chance.choice(orders, count - orders, replace=False)
        reached = np.minimum(placed[later] + chance.uniform(*_LATER_SECONDS, len(later)), SPAN_SECONDS)
        statuses = chance.choice(
            [StatusPedido.ENVIADO, StatusPedido.ENTREGUE, StatusPedido.CANCELADO], len(later), p=[0.6, 0.3, 0.1]
        )
        stamps = _stamps(placed, start)
        heads = _order_texts(chance, stamps)
        texts = [f'{head}"processando","data_status":"{stamp}"}}' for head, stamp in zip(heads, stamps, strict=True)]
        texts += [
            f'{heads[order]}"{status}","data_status":"{stamp}"}}'
            for order, status, stamp in zip(later.tolist(), statuses, _stamps(reached, start), strict=True)
        ]
        rows = np.concatenate([np.ones(orders), statuses == StatusPedido.CANCELADO]).astype(np.int64)
        times = np.concatenate([placed, reached])
        order = np.argsort(times)
        self.times = times[order]
        self.rows = rows[order]
        self.texts = [texts[it].encode() for it in order.tolist()]


class _WebEvents:
    """Web events by their number, made block by block; asked for in nearly ascending order."""

    def __init__(self, chance: np.random.Generator, count: int, start: dt.datetime) -> None:
        self._chance = chance
        self._start = start
        self.times = np.sort(chance.uniform(0, SPAN_SECONDS, count))
        self._texts: dict[int, list[bytes]] = {}
        self._sessions = _ids(chance, _LIVE_SESSIONS)

    def text(self, number: int) -> bytes:
        """The message with this number."""
        block, at = divmod(number, _BLOCK)
        if block not in self._texts:
            self._texts[block] = list(self._block(block))
            self._texts.pop(block - 10, None)
        return self._texts[block][at]

    def _block(self, block: int) -> Iterator[bytes]:
        chance = self._chance
        stamps = _stamps(self.times[block * _BLOCK : (block + 1) * _BLOCK], self._start)
        count = len(stamps)
        # Sessions of some fifteen events within four minutes.
        self._sessions = [*self._sessions, *_ids(chance, count // 15 + 1)][-_LIVE_SESSIONS:]
        sessions = chance.integers(0, len(self._sessions), count).tolist()
        kinds = chance.choice(len(_KINDS), count, p=_KIND_SHARES).tolist()
        people = chance.integers(0, CUSTOMERS * 3, count).tolist()
        products = _popular(chance, count).tolist()
        for identity, session, kind, person, product, stamp in zip(
            _ids(chance, count), sessions, kinds, people, products, stamps, strict=True
        ):
            shopper = self._sessions[session]
            user = f'"{_customer(person)}"' if person < CUSTOMERS else "null"
            name = _KINDS[kind]
            cart = f'"{shopper[:-4]}cafe"' if kind in {1, 2, 3, 4, 5} else "null"
            what = f'"{_product(product)}"' if kind in {0, 1, 2} else "null"
            yield (
                f'{{"id_evento":"{identity}","id_usuario":{user},"id_sessao":"{shopper}","id_carrinho":{cart},'
                f'"tipo_evento":"{name}","id_produto":{what},"timestamp_evento":"{stamp}"}}'
            ).encode()


def _order_texts(chance: np.random.Generator, stamps: list[str]) -> list[str]:
    count = len(stamps)
    ids = _ids(chance, 3 * count)
    buyers = chance.integers(0, CUSTOMERS, count).tolist()
    items = np.minimum(chance.geometric(0.45, count), 8)
    products = iter(_popular(chance, int(items.sum())).tolist())
    quantities = iter(np.minimum(chance.geometric(0.7, int(items.sum())), 9).tolist())
    totals = np.maximum(chance.lognormal(9.3, 0.78, count).astype(np.int64), 100).tolist()
    payments = chance.choice(list(MetodoPagamento), count, p=[0.46, 0.09, 0.45]).tolist()
    carts = (chance.random(count) < 0.8).tolist()
    texts = []
    for it in range(count):
        bought = ",".join(f'"{_product(next(products))}"' for _ in range(items[it]))
        pieces = ",".join(str(next(quantities)) for _ in range(items[it]))
        cart = f'"{ids[3 * it + 2]}"' if carts[it] else "null"
        texts.append(
            f'{{"id_transacao":"{ids[3 * it]}","id_pedido":"{ids[3 * it + 1]}","id_usuario":"{_customer(buyers[it])}",'
            f'"id_produto":[{bought}],"quantidade_produto":[{pieces}],'
            f'"valor_total_compra":{totals[it] // 100}.{totals[it] % 100:02d},"metodo_pagamento":"{payments[it]}",'
            f'"id_carrinho":{cart},"data_compra":"{stamps[it]}","status_pedido":'
        )
    return texts


def _stamps(seconds: np.ndarray, start: dt.datetime) -> list[str]:
    instants = np.datetime64(start.replace(tzinfo=None), "us") + (seconds * 1e6).astype("timedelta64[us]")
    return [f"{it}Z" for it in np.datetime_as_string(instants, unit="us")]


def _ids(chance: np.random.Generator, count: int) -> list[str]:
    text = chance.bytes(16 * count).hex()
    return [
        f"{text[at : at + 8]}-{text[at + 8 : at + 12]}-{text[at + 12 : at + 16]}-{text[at + 16 : at + 20]}-"
        f"{text[at + 20 : at + 32]}"
        for at in range(0, 32 * count, 32)
    ]


def _popular(chance: np.random.Generator, count: int) -> np.ndarray:
    """Numbers of products, Zipf with exponent 0.95."""
    shares = 1 / np.arange(1, PRODUCTS + 1) ** 0.95
    return chance.choice(PRODUCTS, count, p=shares / shares.sum())


_PRODUCT_IDS = [UUID(int=(it * 0x9E3779B97F4A7C15F39CC0605CEDC835) % (1 << 128)) for it in range(1, PRODUCTS + 1)]
_CUSTOMER_IDS = [UUID(int=(it * 0xD1B54A32D192ED03AC4C1B9E5D8A7F31) % (1 << 128)) for it in range(1, CUSTOMERS + 1)]


def _product(number: int) -> UUID:
    return _PRODUCT_IDS[number]


def _customer(number: int) -> UUID:
    return _CUSTOMER_IDS[number]
