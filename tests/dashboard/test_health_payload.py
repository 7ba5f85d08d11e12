"""What is shown of a rejected payload: text for any bytes, and nothing that says who somebody is."""

import pytest

from dashboard.views.health.payload import masked, masked_attributes, masked_rule, masked_value, text_of

CUSTOMER = (
    '{"id_usuario":"7f2c","nome_usuario":"Ana Segredo","email_usuario":"ana@segredo.example","cidade":"Campinas",'
    '"telefone":11987654321,"endereco":{"rua":"Rua das Flores","numero":7},"estado":"XX"}'
)


def test_names_addresses_and_unknown_fields_are_dots_and_the_rest_stays():
    assert masked(CUSTOMER) == (
        '{"id_usuario":"7f2c","nome_usuario":"•••","email_usuario":"•••","cidade":"Campinas",'
        '"telefone":•••,"endereco":{"rua":"•••","numero":•••},"estado":"XX"}'
    )


@pytest.mark.parametrize("length", range(0, len(CUSTOMER), 3))
def test_a_payload_that_is_cut_off_anywhere_tells_no_more(length):
    shown = masked(CUSTOMER[:length])
    for secret in ("Ana", "egredo", "@", "119", "Flores"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ana Segredo, ana@segredo.example", "••• •••, •••"),
        ('"Ana" {"cidade":"Recife"} "Ana"', '"•••" {"cidade":"Recife"} "•••"'),
        (
            '{"id_produto":["a1","b2"],"quantidade_produto":[1,-2]}',
            '{"id_produto":["a1","b2"],"quantidade_produto":[1,-2]}',
        ),
        ('{"id_produto":["a1"] "Ana"}', '{"id_produto":["a1"] "•••"}'),
        ('{"cidade":"x@y.example","id_carrinho":null}', '{"cidade":"•••","id_carrinho":null}'),
        ('{"cidade":"Recife" Ana Segredo}', '{"cidade":"Recife" ••• •••}'),
        ('{"ana@segredo.example":1}', '{"•••":•••}'),
        ('{"nome_usuario":"a\\"b","estado":"SP"}', '{"nome_usuario":"•••","estado":"SP"}'),
        ("[true, null]", "[true, null]"),
        ("\\xff\\u{0}Ana\\xfe", "\\xff\\u{0}•••\\xfe"),
        ("", ""),
    ],
)
def test_what_is_no_event_is_read_with_the_same_care(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\xff\x00{", "\\xff\\u{0}{"),
        ("maçã\n\u202e".encode(), "maçã\n\\u{202e}"),
        (b"<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        (b"\x1b[31m", "\\u{1b}[31m"),
    ],
)
def test_any_bytes_are_text_without_anything_invisible(payload, expected):
    assert text_of(payload) == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("quantidade_produto[0]", "-2", "-2"),
        ("email_usuario", "ana@segredo.example", "•••"),
        ("", "Ana", "•••"),
        ("status_pedido", "ana@segredo.example", "•••"),
        ("schema_version", "9", "9"),
    ],
)
def test_the_value_that_broke_the_rule_is_shown_where_its_field_may_be(field, value, expected):
    assert masked_value(field, value) == expected


def test_of_attributes_that_are_not_ours_only_the_names_are_shown():
    assert masked_attributes({"schema_version": "9", "remetente": "Ana"}) == {"schema_version": "9", "remetente": "•••"}


def test_a_rule_may_quote_the_message():
    assert masked_rule("must be '1' or absent") == "must be '1' or absent"
    assert masked_rule("invalid input: 'Ana Segredo'") == "invalid input: '•••'"
