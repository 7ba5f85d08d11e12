"""Seeded events of a small shop, out of order and some more than once, and what they add up to."""

import datetime as dt
import random
from typing import Any
from uuid import UUID

from contracts.broker import Message
from tests.integration.known_set import message
from tests.recovery.truth import Truth

_CATEGORIES = ("Livros", "Jogos", "Casa", "Moda")
_SEGMENTS = ("novo", "fiel", "VIP")
_STATES = ("SP", "RJ", "MG", "BA", "RS")
_PAYMENTS = ("pix", "cartao_credito", "boleto")
_KINDS = ("visualizacao_produto", "adicionar_carrinho", "carrinho_criado", "pesquisa", "login")
_LONG_AGO = "2026-01-01T00:00:00+00:00"
# Events lie this long before the feed's beginning: a cancellation is not of the future, and nothing is late
# after many restarts.
_ROOM_SECONDS, _SPAN_SECONDS = 60, 240

Published = tuple[str, Message]


class Feed:
    """Draws events; the same seed draws the same ones in the same order.

    ``truth`` is what was drawn so far. Amounts are sums of catalogue prices, so that the
    shares of an order's items are known without the rule that shares.
    """

    def __init__(self, seed: int, opened: dt.datetime) -> None:
        self._chance = random.Random(seed)
        self._opened = int(opened.timestamp())
        self.truth = Truth()
        self.orders = self.web_events = 0
        self._drawn: list[Published] = []
        # (id, category, price in centavos)
        self._products = [
            (self._identity(), self._chance.choice(_CATEGORIES), self._chance.randint(100, 90_000)) for _ in range(12)
        ]
        # (id, UF, segment)
        self._customers = [
            (self._identity(), self._chance.choice(_STATES), self._chance.choice(_SEGMENTS)) for _ in range(60)
        ]
        self._sessions = [self._identity() for _ in range(400)]

    def catalogue(self) -> list[Message]:
        """The products."""
        return [
            message(
                {
                    "id_produto": str(it),
                    "nome_produto": f"Produto {it.hex[:4]}",
                    "descricao_produto": "",
                    "categoria": category,
                    "preco_unitario": price / 100,
                    "estoque_disponivel": 9,
                },
                _LONG_AGO,
            )
            for it, category, price in self._products
        ]

    def customers(self) -> list[Message]:
        """The customers."""
        return [
            message(
                {
                    "id_usuario": str(it),
                    "nome_usuario": "Nome",
                    "email_usuario": "nome@example.com",
                    "data_cadastro": "2026-01-01",
                    "segmento_cliente": segment,
                    "cidade": "Cidade",
                    "estado": state,
                    "pais": "Brasil",
                },
                _LONG_AGO,
            )
            for it, state, segment in self._customers
        ]

    def draw(self, count: int) -> list[Published]:
        """That many new events with their later versions and repetitions, and repetitions of earlier ones."""
        earlier = self._chance.sample(self._drawn, min(len(self._drawn), count // 10))
        fresh = []
        for _ in range(count):
            when = self._opened - _ROOM_SECONDS - self._chance.randrange(_SPAN_SECONDS)
            fresh += self._order(when) if self._chance.random() < 0.3 else [self._web_event(when)]
        self._drawn += fresh
        together = [*fresh, *self._chance.sample(fresh, count // 10), *earlier]
        return self._chance.sample(together, len(together))

    def _order(self, when: int) -> list[Published]:
        self.orders += 1
        bought = [
            (*it, self._chance.randint(1, 4)) for it in self._chance.sample(self._products, self._chance.randint(1, 3))
        ]
        buyer, state, segment = self._chance.choice(self._customers)
        payment, has_cart = self._chance.choice(_PAYMENTS), self._chance.random() < 0.7
        centavos = sum(price * units for _, _, price, units in bought)
        keys = {"metodo_pagamento": payment, "uf": state, "segmento": segment}
        items = [(it, category, price * units, units) for it, category, price, units in bought]
        self.truth.sale(when, buyer, keys, items, has_cart)
        made = {
            "id_transacao": str(self._identity()),
            "id_pedido": str(self._identity()),
            "id_usuario": str(buyer),
            "id_produto": [str(it[0]) for it in bought],
            "quantidade_produto": [it[3] for it in bought],
            "data_compra": _moment(when),
            "metodo_pagamento": payment,
            "status_pedido": "processando",
            "id_carrinho": str(self._identity()) if has_cart else None,
            "valor_total_compra": centavos / 100,
        }
        later = when + self._chance.randint(1, _ROOM_SECONDS)
        versions = [made]
        fate = self._chance.random()
        if fate < 0.2:
            versions.append({**made, "status_pedido": "enviado", "data_status": _moment(later)})
        elif fate < 0.4:
            versions.append({**made, "status_pedido": "cancelado", "data_status": _moment(later)})
            self.truth.cancellation(later, keys, centavos)
        return [("transacoes_vendas", message(it)) for it in versions]

    def _web_event(self, when: int) -> Published:
        self.web_events += 1
        kind, session = self._chance.choice(_KINDS), self._chance.choice(self._sessions)
        self.truth.web_event(when, kind, session)
        document: dict[str, Any] = {
            "id_evento": str(self._identity()),
            "id_usuario": None,
            "id_sessao": str(session),
            "id_carrinho": None,
            "tipo_evento": kind,
            "id_produto": None,
            "timestamp_evento": _moment(when),
        }
        return "eventos_web", message(document)

    def _identity(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)


def _moment(second: int) -> str:
    return dt.datetime.fromtimestamp(second, dt.UTC).isoformat()
