"""The comparison itself: it finds what is missing, doubled or under another key."""

from tests.recovery import books
from tests.recovery.truth import Difference, Where

HOUR = 1_780_315_200
MINUTE = HOUR // 60
# An order of two categories, a cancellation a minute later, and three web events, one of which made a cart.
LEDGER = {
    MINUTE: {
        "pedidos": 1, "receita_centavos": 1_000, "unidades": 3, "pedidos_por_pagamento:pix": 1,
        "receita_por_pagamento:pix": 1_000, "pedidos_por_uf:SP": 1, "receita_por_uf:SP": 1_000,
        "pedidos_por_segmento:VIP": 1, "receita_por_segmento:VIP": 1_000, "receita_por_categoria:Livros": 400,
        "unidades_por_categoria:Livros": 1, "receita_por_categoria:Jogos": 600, "unidades_por_categoria:Jogos": 2,
        "duplicados": 9,
    },
    MINUTE + 1: {
        "cancelamentos": 1, "receita_cancelada_centavos": 1_000, "eventos:login": 2, "eventos:carrinho_criado": 1,
        "carrinhos": 1, "eventos_de_robos": 2, "status:cancelado": 1,
    },
}  # fmt: skip


def total(seconds: int, start: int) -> Where:
    return Where(seconds, start, "total", "")


def panes() -> books.Sums:
    """What Redis would hold of it: more measures than the ledger has, panes of ten seconds, and other times."""
    found = {where: dict(values) for where, values in books.expected(LEDGER).items()}
    for seconds in (60, 3600):
        found[total(seconds, HOUR)]["pedidos_com_carrinho"] = 1
        found[Where(seconds, HOUR, "metodo_pagamento", "pix")]["canceladas"] = 1_000
        found[Where(seconds, HOUR, "produto", "ab")] = {"bruta": 1_000}
    return found | {total(10, HOUR): {"pedidos": 1}, total(60, HOUR + 3600): {"eventos": 5}}


def counted(found: books.Sums) -> books.Sums:
    return books.of_panes(found, HOUR, HOUR + 3600)


def test_a_ledger_is_panes_of_minutes_and_hours() -> None:
    expected = books.expected(LEDGER)
    assert expected[total(60, HOUR)] == {"bruta": 1_000, "pedidos": 1, "unidades": 3}
    assert expected[total(60, HOUR + 60)] == {
        "canceladas": 1_000, "pedidos_cancelados": 1, "eventos": 3, "carrinhos_criados": 1,
    }  # fmt: skip
    assert expected[total(3600, HOUR)] == {**expected[total(60, HOUR)], **expected[total(60, HOUR + 60)]}
    assert expected[Where(3600, HOUR, "categoria", "Jogos")] == {"bruta": 600, "unidades": 2}
    assert expected[Where(60, HOUR + 60, "tipo_evento", "login")] == {"eventos": 2}
    assert {it.dimension for it in expected} == {
        "total", "tipo_evento", "metodo_pagamento", "uf", "segmento", "categoria",
    }  # fmt: skip
    assert books.rows(expected) == 1 + 1 + 3


def test_panes_that_hold_what_the_ledger_says_do_not_differ_from_it() -> None:
    assert books.differing(books.expected(LEDGER), counted(panes())) == []
    assert books.counted_too_often(books.expected(LEDGER), counted(panes())) == []


def test_what_is_missing_doubled_or_too_much_is_found_by_its_place() -> None:
    found = panes()
    found[total(60, HOUR)]["bruta"] += 1
    del found[Where(60, HOUR, "uf", "SP")]
    found[Where(3600, HOUR, "segmento", "novo")] = {"pedidos": 1}
    assert books.differing(books.expected(LEDGER), counted(found)) == [
        Difference(
            total(60, HOUR),
            {"bruta": 1_000, "pedidos": 1, "unidades": 3},
            {"bruta": 1_001, "pedidos": 1, "unidades": 3},
        ),
        Difference(Where(60, HOUR, "uf", "SP"), {"bruta": 1_000, "pedidos": 1}, None),
        Difference(Where(3600, HOUR, "segmento", "novo"), None, {"pedidos": 1}),
    ]


def test_before_a_heal_less_and_another_key_are_allowed_but_never_more() -> None:
    found = panes()
    late, moved = total(60, HOUR + 60), Where(60, HOUR, "uf", "SP")
    found[late]["eventos"] -= 1
    found[moved._replace(key="desconhecido")] = found.pop(moved)
    assert books.counted_too_often(books.expected(LEDGER), counted(found)) == []
    assert books.rows(counted(found)) == 4
    found[Where(60, HOUR, "uf", "RJ")] = {"pedidos": 1}
    found[Where(60, HOUR + 60, "tipo_evento", "login")]["eventos"] = 3
    assert [it.where for it in books.counted_too_often(books.expected(LEDGER), counted(found))] == [
        Where(60, HOUR, "uf", "*"),
        Where(60, HOUR + 60, "tipo_evento", "login"),
    ]
