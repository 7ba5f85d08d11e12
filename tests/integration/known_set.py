"""A small shop's morning with every number known: what is published, and what must come of it.

All amounts are literal. Times are offsets from ``base``, a whole minute a few minutes ago, because the
live panes of long ago expire at once.
"""

import datetime as dt
import json
from typing import Any
from uuid import UUID

from contracts.broker import Message


def identity(number: int) -> str:
    """The same UUID for the same number."""
    return str(UUID(int=number << 64 | number, version=4))


LIVRO, JOGO, SEM_CATALOGO = identity(101), identity(102), identity(103)
ANA, BIA = identity(201), identity(202)
LONG_AGO = "2026-01-01T00:00:00+00:00"

CATALOGUE = [
    {
        "id_produto": LIVRO,
        "nome_produto": "Livro de contos",
        "descricao_produto": "",
        "categoria": "Livros",
        "preco_unitario": 10.00,
        "estoque_disponivel": 7,
    },
    {
        "id_produto": JOGO,
        "nome_produto": "Jogo de tabuleiro",
        "descricao_produto": "com\ttabulação e \\barra",
        "categoria": "Jogos",
        "preco_unitario": 30.00,
        "estoque_disponivel": 3,
    },
]
CUSTOMERS = [
    {
        "id_usuario": ANA,
        "nome_usuario": "Ana",
        "email_usuario": "ana@example.com",
        "data_cadastro": "2026-01-01",
        "segmento_cliente": "VIP",
        "cidade": "São Paulo",
        "estado": "SP",
        "pais": "Brasil",
    },
    {
        "id_usuario": BIA,
        "nome_usuario": "Bia",
        "email_usuario": "bia@example.com",
        "data_cadastro": "2026-01-02T03:04:05Z",
        "segmento_cliente": "novo",
        "cidade": "Niterói",
        "estado": "RJ",
        "pais": "Brasil",
    },
]


def message(document: Any, produced_at: str | None = None) -> Message:
    """A message as producers send it; bytes go as they are."""
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    attributes = {"schema_version": "1"}
    if produced_at:
        attributes["produced_at"] = produced_at
    return Message(payload, attributes)


def order(number: int, when: dt.datetime, **fields: Any) -> dict[str, Any]:
    """A transaction; what is not given is Ana's, paid by pix, just made."""
    return {
        "id_transacao": identity(1_000_000 + number),
        "id_pedido": identity(2_000_000 + number),
        "id_usuario": ANA,
        "id_produto": [LIVRO],
        "quantidade_produto": [1],
        "data_compra": when.isoformat(),
        "metodo_pagamento": "pix",
        "status_pedido": "processando",
        "id_carrinho": identity(3_000_000 + number),
        **fields,
    }


def web_event(number: int, kind: str, when: dt.datetime) -> dict[str, Any]:
    """A web event in one of ten sessions."""
    return {
        "id_evento": identity(4_000_000 + number),
        "id_usuario": None,
        "id_sessao": identity(5_000_000 + number % 10),
        "id_carrinho": None,
        "tipo_evento": kind,
        "id_produto": None,
        "timestamp_evento": when.isoformat(),
    }


def orders(base: dt.datetime) -> list[dict[str, Any]]:
    """Four orders in seven versions, out of order, two of them sent twice."""

    def at(seconds: int) -> dt.datetime:
        return base + dt.timedelta(seconds=seconds)

    books_and_game = order(1, at(5), id_produto=[LIVRO, JOGO], quantidade_produto=[1, 1], valor_total_compra=40.01)
    games = order(
        2,
        at(65),
        id_usuario=BIA,
        id_produto=[JOGO],
        quantidade_produto=[2],
        valor_total_compra=55.5,
        metodo_pagamento="boleto",
        id_carrinho=None,
    )
    # A bare id and a bare number mean lists of one.
    books = order(
        3, at(70), id_produto=LIVRO, quantidade_produto=3, valor_total_compra=30, metodo_pagamento="cartao_credito"
    )
    unknown = order(4, at(75), id_produto=[SEM_CATALOGO, LIVRO], quantidade_produto=[1, 3], valor_total_compra=10.0)
    return [
        {**games, "status_pedido": "cancelado", "data_status": at(130).isoformat()},
        books_and_game,
        {**books, "status_pedido": "enviado", "data_status": at(90).isoformat()},
        games,
        books_and_game,
        unknown,
        books,
        {**games, "status_pedido": "cancelado", "data_status": at(130).isoformat()},
    ]


def web_events(base: dt.datetime) -> list[dict[str, Any]]:
    """Ten events, three of them sent twice, last ones first."""
    kinds = ["visualizacao_produto"] * 4 + ["carrinho_criado"] * 3 + ["adicionar_carrinho"] * 2 + ["login"]
    events = [web_event(i, kind, base + dt.timedelta(seconds=12 * i)) for i, kind in enumerate(kinds)]
    return [*reversed(events), *events[:3]]


def malformed(base: dt.datetime) -> dict[str, tuple[Any, str]]:
    """Transactions that fail the contract: name to (document, the code it must be rejected with)."""
    good = order(9, base, valor_total_compra=1.0)
    return {
        "not json": (b'{"id_transacao": ', "json_invalido"),
        "not utf-8": (b'{"id_transacao": "\xff\xfe"}', "json_invalido"),
        "not an object": (b"[1, 2]", "json_invalido"),
        "field missing": ({k: v for k, v in good.items() if k != "id_pedido"}, "campo_ausente"),
        "wrong type": ({**good, "valor_total_compra": "1.00"}, "tipo_errado"),
        "negative quantity": ({**good, "quantidade_produto": [-1]}, "valor_invalido"),
        "unequal lists": ({**good, "quantidade_produto": [1, 2]}, "listas_desiguais"),
        "unknown status": ({**good, "status_pedido": "perdido"}, "valor_invalido"),
        "far future": ({**good, "data_compra": "2199-01-01T00:00:00Z"}, "data_futura"),
        "a third decimal": ({**good, "valor_total_compra": 1.005}, "casas_decimais"),
    }
