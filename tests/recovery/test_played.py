import datetime as dt
from pathlib import Path

from contracts import events
from contracts.events import EventoWeb, Rejection, TransacaoVenda
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
