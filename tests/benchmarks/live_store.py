"""A live store as of now, with the panes of two days, and the batches that a streaming job would write."""

import random
import time
from collections.abc import Callable, Iterator, Mapping

import msgspec
import redis
from datasketches import hll_sketch, tgt_hll_type

from contracts import dimensions, live, live_layout, panes
from contracts.dimensions import ProductVersion
from contracts.panes import HOUR, MINUTE, TEN_SECONDS, Dimension, Measures
from dashboard.data import states
from tests.dashboard import shop

PRODUCTS = [f"{it:032x}" for it in range(1_000)]
KEYS = {
    Dimension.TOTAL: [""],
    Dimension.PRODUCT: PRODUCTS,
    Dimension.CATEGORY: [f"Categoria {it}" for it in range(20)],
    Dimension.UF: sorted(states.names()),
    Dimension.PAYMENT: ["pix", "boleto", "cartao_credito"],
    Dimension.SEGMENT: ["novo", "fiel", "VIP"],
    Dimension.EVENT_TYPE: ["visualizacao_produto", "adicionar_carrinho", "checkout_iniciado", "checkout_concluido"],
}
_PEOPLE = {TEN_SECONDS: 300, MINUTE: 1_500, HOUR: 20_000}


def fill(client: redis.Redis, now: int) -> None:
    """Every pane that a running job would have kept, and the catalogue."""
    images = {seconds: _sketch(people) for seconds, people in _PEOPLE.items()}
    for seconds, start, dimension in _every_pane(now):
        _write(client, seconds, start, dimension)
        if dimension is Dimension.TOTAL:
            client.hset(live.sketch_key(seconds, start), mapping=dict.fromkeys(panes.SKETCHES, images[seconds]))
    catalogue = {
        it: dimensions.encode([ProductVersion(0, f"Produto de nome comprido {at}", "Casa", 10_00, at)])
        for at, it in enumerate(PRODUCTS)
    }
    client.hset(dimensions.PRODUCTS, mapping=catalogue)
    client.zadd(dimensions.STOCK, {it: at for at, it in enumerate(PRODUCTS)})
    batch(client, 1, now)


def batch(client: redis.Redis, number: int, now: float) -> None:
    """A batch: the panes of the last two minutes, in all dimensions; its number shows as *rejected*."""
    changed = set()
    for dimension in Dimension:
        for seconds in panes.lengths(dimension):
            start = int(now) // seconds * seconds
            _write(client, seconds, start, dimension)
            changed.add(f"{seconds}:{start}")
    client.zadd(live_layout.CHANGES, dict.fromkeys(changed, number))
    client.zremrangebyscore(live_layout.CHANGES, "-inf", number - live_layout.CHANGES_KEPT)
    client.set(live.VERSION, number)
    shop.write_status(client, newest_event=now, watermark=now - 600, rejected=number)


def write_until(client: redis.Redis, is_over: Callable[[], bool], every_seconds: float) -> dict[int, float]:
    """Batches at this pace; when each was in Redis, by its number."""
    number, written = 1, {}
    while not is_over():
        began = time.time()
        number += 1
        batch(client, number, began)
        written[number] = time.time()
        time.sleep(max(0.0, began + every_seconds - time.time()))
    return written


def _every_pane(now: int) -> Iterator[tuple[int, int, Dimension]]:
    for dimension in Dimension:
        for seconds in panes.lengths(dimension):
            oldest = now - panes.life(seconds, dimension)
            for start in range(oldest - oldest % seconds + seconds, now + 1, seconds):
                yield seconds, start, dimension


def _write(client: redis.Redis, seconds: int, start: int, dimension: Dimension) -> None:
    client.hset(live.pane_key(seconds, start, dimension), mapping=_values(KEYS[dimension], seconds))


def _values(keys: list[str], seconds: int) -> Mapping[str, bytes]:
    # A hundred sets of figures do: a pane of 1,000 random products would take longer than all the rest.
    some = [
        live.encode_measures(
            msgspec.structs.astuple(
                Measures(
                    bruta=random.randint(1, 50_000) * seconds,
                    pedidos=seconds // 3 + 1,
                    unidades=random.randint(1, seconds + 1),
                    canceladas=seconds * 10,
                    pedidos_cancelados=1,
                    pedidos_com_carrinho=seconds // 3 + 1,
                    eventos=2_000 * seconds,
                    carrinhos_criados=seconds + 1,
                )
            )
        )
        for _ in range(min(100, len(keys)))
    ]
    return {key: some[at % len(some)] for at, key in enumerate(keys)}


def _sketch(people: int) -> bytes:
    sketch = hll_sketch(panes.SKETCH_LG_K, tgt_hll_type.HLL_8)
    for it in range(people):
        sketch.update(it)
    return bytes(sketch.serialize_compact())
