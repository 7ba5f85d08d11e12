"""Faults the shop injects on request: what a careless producer or a bad network does to events."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.settings import Settings
from contracts.topology import Source
from simulators import identity
from simulators.moments import DAY, SECOND, durations, to_text

# Seconds by which late events come late: quantiles from 15 s to 4 h, half within 4 minutes.
_LATE_SECONDS = (15.0, 40.0, 90.0, 150.0, 240.0, 480.0, 1_200.0, 4_000.0, 14_400.0)
# Events out of order change places with those of the next moments only.
_OUT_OF_ORDER_SECONDS = 4.0
_DUPLICATE_SECONDS = 20.0


class Faults(NamedTuple):
    """The share of events that each fault befalls; together at most 1."""

    duplicate: float = 0.0
    late: float = 0.0
    out_of_order: float = 0.0
    malformed: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> "Faults":
        """The rates of the settings."""
        return cls(
            settings.simulators_duplicate_rate,
            settings.simulators_late_rate,
            settings.simulators_out_of_order_rate,
            settings.simulators_malformed_rate,
        )


# What befalls an event: the index of the fault, 0 for none.
NONE, DUPLICATE, LATE, OUT_OF_ORDER, MALFORMED = range(5)


def draw(faults: Faults, chance: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each chance in [0, 1) what befalls the event."""
    bounds = np.cumsum([faults.duplicate, faults.late, faults.out_of_order, faults.malformed])
    found = np.searchsorted(bounds, chance, side="right") + 1
    return np.where(found > MALFORMED, NONE, found)


def delay(fault: int, chance: float) -> int:
    """Microseconds by which the event, or its second copy, is held back."""
    if fault == LATE:
        return int(durations(_LATE_SECONDS, chance))
    most = _OUT_OF_ORDER_SECONDS if fault == OUT_OF_ORDER else _DUPLICATE_SECONDS
    return int(chance * most * SECOND)


Document = dict[str, Any]


def _valid(source: Source, word: int, time: int) -> Document:
    """An event as it should be, with ids that belong to nothing."""
    ids = iter(identity.texts(identity.uuids(word, np.arange(6))))
    now = to_text(time)
    if source == Source.TRANSACTIONS:
        return {
            "id_transacao": next(ids),
            "id_pedido": next(ids),
            "id_usuario": next(ids),
            "id_produto": [next(ids), next(ids)],
            "quantidade_produto": [1, 2],
            "valor_total_compra": 149.7,
            "metodo_pagamento": "pix",
            "id_carrinho": next(ids),
            "data_compra": now,
            "status_pedido": "processando",
            "data_status": now,
        }
    if source == Source.WEB_EVENTS:
        return {
            "id_evento": next(ids),
            "id_usuario": None,
            "id_sessao": next(ids),
            "id_carrinho": None,
            "tipo_evento": "visualizacao_produto",
            "id_produto": next(ids),
            "timestamp_evento": now,
        }
    return {
        "id_produto": next(ids),
        "nome_produto": "Luminária",
        "descricao_produto": "Luminária de mesa",
        "categoria": "Casa e Decoração",
        "preco_unitario": 89.9,
        "estoque_disponivel": 12,
    }


def _encoded(document: Document) -> bytes:
    return msgspec.json.encode(document)


def _with(**changes: Any) -> Callable[[Document, int], bytes]:
    return lambda document, _time: _encoded({**document, **changes})


def _without(name: str) -> Callable[[Document, int], bytes]:
    return lambda document, _time: _encoded({key: it for key, it in document.items() if key != name})


def _cut(document: Document, _time: int) -> bytes:
    return _encoded(document)[:-20]


def _not_utf8(document: Document, _time: int) -> bytes:
    return _encoded(document).replace("ã".encode(), b"\xe3").replace("á".encode(), b"\xe1")


def _tomorrow(name: str) -> Callable[[Document, int], bytes]:
    return lambda document, time: _encoded({**document, name: to_text(time + DAY)})


class Way(NamedTuple):
    """One way in which a message is malformed."""

    name: str
    source: Source
    spoil: Callable[[Document, int], bytes]


WAYS = (
    Way("cut off in the middle", Source.TRANSACTIONS, _cut),
    Way("a text where a number belongs", Source.TRANSACTIONS, _with(valor_total_compra="149,70")),
    Way("a negative quantity", Source.TRANSACTIONS, _with(quantidade_produto=[1, -2])),
    Way("lists of unequal length", Source.TRANSACTIONS, _with(quantidade_produto=[1])),
    Way("an unknown status", Source.TRANSACTIONS, _with(status_pedido="extraviado")),
    Way("a time in the far future", Source.TRANSACTIONS, _tomorrow("data_compra")),
    Way("a missing field", Source.TRANSACTIONS, _without("id_usuario")),
    Way("a third decimal", Source.TRANSACTIONS, _with(valor_total_compra=149.705)),
    Way("no JSON at all", Source.WEB_EVENTS, lambda _document, _time: b"<html>502 Bad Gateway</html>"),
    Way("an unknown type of event", Source.WEB_EVENTS, _with(tipo_evento="clique")),
    Way("an id that is none", Source.WEB_EVENTS, _with(id_sessao="sessao-1")),
    Way("a time beyond the skew", Source.WEB_EVENTS, _tomorrow("timestamp_evento")),
    Way("invalid UTF-8", Source.CATALOGUE, _not_utf8),
    Way("the character NUL", Source.CATALOGUE, _with(nome_produto="Lumi\0nária")),
    Way("a negative price", Source.CATALOGUE, _with(preco_unitario=-1.0)),
)


def malformed(word: int, time: int) -> tuple[Source, bytes]:
    """A message that fails the contract, and the topic it goes to; ``word`` chooses the way and the ids.

    It is made up, never a real event spoilt: the shop's truth stays whole.
    """
    way = WAYS[word % len(WAYS)]
    return way.source, way.spoil(_valid(way.source, word, time), time)
