"""The peer of ``bench_replay``: one plain Python process with msgspec, dictionaries and ``datasketches``.

``python -m tests.benchmarks.replay_peer PARTS WARM``: reads the parts, drops what came before, looks up
dimensions, adds up the same panes and writes those that changed to Redis, every so many messages. It keeps
nothing on disk: after a crash its result would be wrong, and it cannot say by how much. The last line is JSON.
"""

import datetime as dt
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import typer
from datasketches import hll_sketch, tgt_hll_type

from contracts import dimensions, live_layout, live_store, panes, settings
from contracts.allocation import allocate, item_weights
from contracts.dimensions import CustomerVersion, ProductVersion
from contracts.events import MetodoPagamento, StatusPedido, TipoEvento
from contracts.panes import MEASURES, UNKNOWN, Dimension
from tests.benchmarks.replay_messages import SALES, read_part

_DELAY, _HORIZON = 600, 720
# As many as a batch of the stream takes.
_WRITE_EVERY = 200_000
_BRUTA, _PEDIDOS, _UNIDADES, _CANCELADAS, _PEDIDOS_CANCELADOS, _COM_CARRINHO, _EVENTOS, _CRIADOS = range(len(MEASURES))
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_PANES = [(seconds, it) for it in Dimension for seconds in panes.lengths(it)]
_TOTALS = panes.lengths(Dimension.TOTAL)
_OTHERS = panes.lengths(Dimension.UF)


class Sale(msgspec.Struct):
    """What is needed of a sale, by its types."""

    id_transacao: UUID
    id_pedido: UUID
    id_usuario: UUID
    id_produto: list[UUID]
    quantidade_produto: list[int]
    valor_total_compra: float
    data_compra: dt.datetime
    metodo_pagamento: MetodoPagamento
    status_pedido: StatusPedido
    id_carrinho: UUID | None = None
    data_status: dt.datetime | None = None


class Visit(msgspec.Struct):
    """What is needed of a web event, by its types."""

    id_evento: UUID
    id_sessao: UUID
    tipo_evento: TipoEvento
    timestamp_evento: dt.datetime
    id_usuario: UUID | None = None
    id_carrinho: UUID | None = None
    id_produto: UUID | None = None


class Consumer:
    """Everything in dictionaries."""

    def __init__(self) -> None:
        configuration = settings.load()
        self._client = live_store.connect(configuration, timeout_seconds=60)
        self._latest = dt.datetime.now(dt.UTC) + configuration.future_skew
        self._products: dict[UUID, list[ProductVersion]] = {
            UUID(key.decode()): dimensions.decode_products(value)
            for key, value in self._client.hgetall(dimensions.PRODUCTS).items()  # type: ignore[union-attr]  # not async
        }
        self._customers: dict[UUID, list[CustomerVersion]] = {
            UUID(key.decode()): dimensions.decode_customers(value)
            for key, value in self._client.hgetall(dimensions.CUSTOMERS).items()  # type: ignore[union-attr]  # not async
        }
        self._sales, self._visits = msgspec.json.Decoder(Sale), msgspec.json.Decoder(Visit)
        self._seen: dict[tuple[int, int], int] = {}
        self._by_minute: dict[int, list[tuple[int, int]]] = {}
        self._sums: dict[tuple[int, int, Dimension], dict[str, list[int]]] = {}
        self._sketches: dict[tuple[int, int, str], Any] = {}
        self._changed: set[tuple[int, int, Dimension, str]] = set()
        self._newest = 0.0
        self.rows = 0

    def consume(self, parts: list[Path]) -> int:
        """Count all of these parts and write the panes; how many messages they were."""
        count = unwritten = 0
        for part in parts:
            for pull in read_part(part):
                if pull.subscription == SALES:
                    for payload in pull.payloads:
                        self._sale(self._sales.decode(payload))
                else:
                    for payload in pull.payloads:
                        self._visit(self._visits.decode(payload))
                count += len(pull.payloads)
                unwritten += len(pull.payloads)
                if unwritten >= _WRITE_EVERY:
                    self._write()
                    unwritten = 0
        self._write()
        return count

    def _is_new(self, kind: int, identity: UUID, moment: dt.datetime) -> bool:
        """Whether it was not seen before and is not late."""
        if moment > self._latest:
            return False
        key = (kind, identity.int)
        if key in self._seen:
            return False
        instant = moment.timestamp()
        if instant < self._newest - _DELAY:
            return False
        minute = int(instant) // 60
        self._seen[key] = minute
        self._by_minute.setdefault(minute, []).append(key)
        if instant > self._newest:
            if int(instant) // 60 != int(self._newest) // 60:
                for old in [it for it in self._by_minute if (it + 1) * 60 <= instant - _HORIZON]:
                    for forgotten in self._by_minute.pop(old):
                        del self._seen[forgotten]
            self._newest = instant
        self.rows += 1
        return True

    def _values(self, seconds: int, start: int, dimension: Dimension, key: str) -> list[int]:
        pane = self._sums.get((seconds, start, dimension))
        if pane is None:
            pane = self._sums[seconds, start, dimension] = {}
        values = pane.get(key)
        if values is None:
            values = pane[key] = [0] * len(MEASURES)
        self._changed.add((seconds, start, dimension, key))
        return values

    def _count(self, seconds: int, start: int, name: str, identity: UUID) -> None:
        sketch = self._sketches.get((seconds, start, name))
        if sketch is None:
            sketch = self._sketches[seconds, start, name] = hll_sketch(panes.SKETCH_LG_K, tgt_hll_type.HLL_8)
        sketch.update(identity.hex)

    def _visit(self, it: Visit) -> None:
        if not self._is_new(2, it.id_evento, it.timestamp_evento):
            return
        epoch = int(it.timestamp_evento.timestamp())
        for seconds in _TOTALS:
            start = epoch - epoch % seconds
            values = self._values(seconds, start, Dimension.TOTAL, "")
            values[_EVENTOS] += 1
            if it.tipo_evento is TipoEvento.CARRINHO_CRIADO:
                values[_CRIADOS] += 1
            self._count(seconds, start, "visitantes", it.id_sessao)
        for seconds in _OTHERS:
            self._values(seconds, epoch - epoch % seconds, Dimension.EVENT_TYPE, it.tipo_evento.value)[_EVENTOS] += 1

    def _sale(self, it: Sale) -> None:
        versions = self._customers.get(it.id_usuario)
        customer = (
            dimensions.at(versions, (it.data_compra - _EPOCH) // dt.timedelta(microseconds=1)) if versions else None
        )
        of_customer = (
            (Dimension.UF, customer.uf if customer else UNKNOWN),
            (Dimension.SEGMENT, customer.segment if customer else UNKNOWN),
            (Dimension.PAYMENT, it.metodo_pagamento.value),
        )
        total = round(it.valor_total_compra * 100)
        if self._is_new(0, it.id_transacao, it.data_compra):
            self._sold(it, total, of_customer)
        if it.status_pedido is StatusPedido.CANCELADO:
            cancelled = it.data_status or it.data_compra
            if self._is_new(1, it.id_transacao, cancelled):
                self._cancelled(int(cancelled.timestamp()), total, of_customer)

    def _sold(self, it: Sale, total: int, of_customer: tuple[tuple[Dimension, str], ...]) -> None:
        epoch = int(it.data_compra.timestamp())
        instant = (it.data_compra - _EPOCH) // dt.timedelta(microseconds=1)
        products = [self._product(product, instant) for product in it.id_produto]
        weights = item_weights([product.price if product else None for product in products], it.quantidade_produto)
        shares = allocate(total, weights)
        for seconds in _TOTALS:
            start = epoch - epoch % seconds
            values = self._values(seconds, start, Dimension.TOTAL, "")
            values[_BRUTA] += total
            values[_PEDIDOS] += 1
            values[_UNIDADES] += sum(it.quantidade_produto)
            if it.id_carrinho is not None:
                values[_COM_CARRINHO] += 1
            self._count(seconds, start, "compradores", it.id_usuario)
        for seconds in _OTHERS:
            start = epoch - epoch % seconds
            for dimension, key in of_customer:
                values = self._values(seconds, start, dimension, key)
                values[_BRUTA] += total
                values[_PEDIDOS] += 1
            for identity, product, share, quantity in zip(
                it.id_produto, products, shares, it.quantidade_produto, strict=True
            ):
                category = product.category if product else UNKNOWN
                for dimension, key in ((Dimension.PRODUCT, identity.hex), (Dimension.CATEGORY, category)):
                    values = self._values(seconds, start, dimension, key)
                    values[_BRUTA] += share
                    values[_UNIDADES] += quantity

    def _product(self, identity: UUID, instant: int) -> ProductVersion | None:
        versions = self._products.get(identity)
        return dimensions.at(versions, instant) if versions else None

    def _cancelled(self, epoch: int, total: int, of_customer: tuple[tuple[Dimension, str], ...]) -> None:
        keys = [(seconds, Dimension.TOTAL, "") for seconds in _TOTALS]
        keys += [(seconds, dimension, key) for seconds in _OTHERS for dimension, key in of_customer]
        for seconds, dimension, key in keys:
            values = self._values(seconds, epoch - epoch % seconds, dimension, key)
            values[_CANCELADAS] += total
            values[_PEDIDOS_CANCELADOS] += 1

    def _write(self) -> None:
        pipeline = self._client.pipeline(transaction=True)
        fields: dict[tuple[int, int, Dimension], dict[str, bytes]] = {}
        for seconds, start, dimension, key in self._changed:
            values = self._sums[seconds, start, dimension][key]
            fields.setdefault((seconds, start, dimension), {})[key] = live_layout.encode_measures(values)
        for (seconds, start, dimension), mapping in fields.items():
            name = live_layout.pane_key(seconds, start, dimension)
            pipeline.hset(name, mapping=mapping)  # type: ignore[arg-type]  # text and bytes are fields to it
            pipeline.expireat(name, start + panes.life(seconds, dimension))
            if dimension is Dimension.TOTAL:
                for sketch in panes.SKETCHES:
                    if (seconds, start, sketch) in self._sketches:
                        image = self._sketches[seconds, start, sketch].serialize_compact()
                        pipeline.hset(live_layout.sketch_key(seconds, start), sketch, image)
        pipeline.execute()
        self._changed.clear()


def main() -> None:
    """Consume the first parts to warm up, then the others against the clock."""
    folder, warm = Path(sys.argv[1]), int(sys.argv[2])
    parts = sorted(folder.glob("part-*"))
    consumer = Consumer()
    consumer.consume(parts[:warm])
    began = time.monotonic()
    count = consumer.consume(parts[warm:])
    seconds = time.monotonic() - began
    typer.echo(msgspec.json.encode({"messages": count, "seconds": seconds, "rows": consumer.rows}).decode())


if __name__ == "__main__":
    main()
