import datetime as dt
from collections import Counter
from pathlib import Path
from uuid import UUID

from contracts import events
from contracts.allocation import allocate, item_weights
from contracts.events import EventoWeb, Produto, Rejection, TransacaoVenda
from contracts.topology import Source
from tests.recovery.played import PlayedShop

NOW = dt.datetime(2026, 11, 24, 20, 9, 20, tzinfo=dt.UTC)


def test_the_ledger_of_a_played_stretch_counts_what_its_messages_say_each_event_once(tmp_path: Path) -> None:
    """With this seed an order is cancelled while its first message is still held back."""
    played = PlayedShop(1_003, tmp_path, NOW)
    sales: dict[object, int] = {}
    visits = set()
    rejected = messages = 0
    while not played.is_over:
        for topic, it in played.play(60):
            messages += 1
            try:
                event = events.decode(Source(topic), it.payload, now=NOW, future_skew=dt.timedelta())
            except Rejection:
                rejected += 1
                continue
            if isinstance(event, TransacaoVenda):
                sales[event.id_transacao] = event.total_centavos
            elif isinstance(event, EventoWeb):
                visits.add(event.id_evento)
    totals = played.totals()["totais"]
    played.close()
    assert (totals["pedidos"], totals["receita_centavos"]) == (len(sales), sum(sales.values()))
    assert sum(it for name, it in totals.items() if name.startswith("eventos:")) == len(visits)
    assert rejected == totals["malformados"] > 0
    assert messages > len(visits) + len(sales)


def test_the_ledger_shares_each_total_by_the_prices_that_were_told(tmp_path: Path) -> None:
    """With this seed a product of a shard that is not played has another price from the eleventh minute on."""
    now = dt.datetime(2026, 11, 29, 11, 38, 30, tzinfo=dt.UTC)
    played = PlayedShop(8_070, tmp_path, now)
    published = played.opening()
    while not played.is_over:
        published += played.play(60)
    versions: dict[UUID, list[tuple[dt.datetime, Produto]]] = {}
    sales: dict[object, TransacaoVenda] = {}
    for topic, it in published:
        try:
            event = events.decode(Source(topic), it.payload, now=now, future_skew=dt.timedelta())
        except Rejection:
            continue
        if isinstance(event, Produto):
            told = dt.datetime.fromisoformat(it.attributes["produced_at"])
            versions.setdefault(event.id_produto, []).append((told, event))
        elif isinstance(event, TransacaoVenda):
            sales[event.id_transacao] = event
    by_category: Counter[str] = Counter()
    for sale in sales.values():
        known = [
            max((it for it in versions[product] if it[0] <= sale.data_compra), key=lambda it: it[0])[1]
            for product in sale.id_produto
        ]
        weights = item_weights([it.preco_centavos for it in known], sale.quantidade_produto)
        for product, share in zip(known, allocate(sale.total_centavos, weights), strict=True):
            by_category[f"receita_por_categoria:{product.categoria}"] += share
    totals = played.totals()["totais"]
    played.close()
    assert by_category == {it: totals[it] for it in totals if it.startswith("receita_por_categoria:")}
