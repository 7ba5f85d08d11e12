"""Sales and web events that are right, right in another form, and wrong, in any field: for whoever decodes them."""

import json
from typing import Any

from hypothesis import strategies as st

# Noon of that day is when they are looked at, with a minute's skew.
PLAIN_ID, PLAIN_TIME = "0801a15d-5fa9-47d9-83e5-ef4ad1a55877", "2026-11-23T11:59:59.000001Z"

WEB_EVENT = {
    "id_evento": PLAIN_ID,
    "id_usuario": None,
    "id_sessao": "331DBE04-04d6-43e9-be0f-553d0c77f76d",
    "id_carrinho": None,
    "tipo_evento": "carrinho_criado",
    "id_produto": None,
    "timestamp_evento": PLAIN_TIME,
}
SALE = {
    "id_transacao": PLAIN_ID,
    "id_pedido": "3b4cb4f1-a320-4e56-be4b-1df1db0cb2f0",
    "id_usuario": "872984c3-0406-4d03-8815-ec06d7617c06",
    "id_produto": ["03b819c5-25a4-4f07-81cc-3111fc8c669d", PLAIN_ID],
    "quantidade_produto": [1, 2],
    "valor_total_compra": 31.90,
    "metodo_pagamento": "pix",
    "id_carrinho": None,
    "data_compra": PLAIN_TIME,
    "status_pedido": "cancelado",
    "data_status": "2026-11-23T11:59:59.500000Z",
}

# Right, right in another form, and wrong, in any field.
IDS: list[Any] = [
    PLAIN_ID, PLAIN_ID.upper(), PLAIN_ID.replace("-", ""), PLAIN_ID[:-1], PLAIN_ID + "0", PLAIN_ID.replace("-", "0"),
    PLAIN_ID[:-1] + "g", "é" * 18, "", None, 7, "0801a15d5fa9-47d9-83e5-ef4ad1a5-5877", PLAIN_ID[:-2] + "é",
]  # fmt: skip
TIMES: list[Any] = [
    PLAIN_TIME, "2026-11-23T11:59:59Z", "2026-11-23T11:59:59.000001+00:00", "2026-11-23T12:00:59.999999Z",
    "2026-11-23T12:01:00.000000Z", "2026-11-23T12:01:00.000001Z", "1999-12-31T23:59:59.999999Z",
    "2000-01-01T00:00:00.000000Z", "2026-02-30T11:59:59.000001Z", "2026-11-23T24:00:00.000000Z",
    "2026-11-23T11:60:00.000000Z", "2026-11-23T11:59:60.000000Z", "2026-11-23t11:59:59.000001z",
    "2026-11-23 11:59:59.000001Z", "2026-11-23T11:59:59,000001Z", "2026-11-23T11:59:59.00000xZ",
    "2026-11-23T11:59:59.-00001Z", "+026-11-23T11:59:59.000001Z", "2026-11-23T11:59:59.0000001", "2026-11-23", "", None,
    1_700_000_000,
]  # fmt: skip
LISTS: list[Any] = [[], [PLAIN_ID], PLAIN_ID, [PLAIN_ID, PLAIN_ID[:-1]], [PLAIN_ID] * 1_001, [None], None]
QUANTITIES: list[Any] = [[1], 1, [0, 1], [1, 2, 3], [2_147_483_648, 1], [1.5, 1], ["1", 1], []]
AMOUNTS: list[Any] = [0, 59.980000000000004, 31.901, -1, 999_999_999_999.99, 1e12, "31.90", None, 10**30]
OTHERS: dict[str, list[Any]] = {
    "id_produto": [*IDS, *LISTS],
    "quantidade_produto": QUANTITIES,
    "valor_total_compra": AMOUNTS,
    "tipo_evento": ["login", "Login", "", None, 3],
    "metodo_pagamento": ["boleto", "dinheiro", None],
    "status_pedido": ["enviado", "ENVIADO", None],
}


def values_of(field: str) -> list[Any]:
    if field in OTHERS:
        return OTHERS[field]
    return IDS if field.startswith("id_") else TIMES


@st.composite
def payloads(draw: st.DrawFn, plain: dict[str, Any]) -> bytes:
    """The plain message with up to two fields changed or left out, or no message at all."""
    document = dict(plain)
    for field in draw(st.sets(st.sampled_from(sorted(plain)), max_size=2)):
        if draw(st.integers(0, 5)) == 0:
            del document[field]
        else:
            document[field] = draw(st.sampled_from(values_of(field)))
    payload = json.dumps(document, ensure_ascii=draw(st.booleans())).encode()
    return draw(
        st.sampled_from([payload] * 12 + [b"", b"[]", payload[:-1], payload + b"x", b"\xff" + payload, b"null"])
    )
