"""What the decoder accepts is complete and final; what it refuses says code, field, value and rule."""

import datetime as dt
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import events
from contracts.events import (
    AnyEvent,
    Cliente,
    EventoWeb,
    MetodoPagamento,
    Produto,
    Rejection,
    SegmentoCliente,
    StatusPedido,
    TipoEvento,
    TransacaoVenda,
    Uf,
)
from contracts.topology import Source

NOW = dt.datetime(2026, 6, 1, 12, 0, tzinfo=dt.UTC)
SKEW = dt.timedelta(seconds=60)
ONE, TWO = "11111111-1111-4111-8111-111111111111", "abcdefab-cdef-4bcd-8fab-cdefabcdefab"

SALE: dict[str, Any] = {
    "id_transacao": ONE,
    "id_pedido": ONE,
    "id_usuario": ONE,
    "id_produto": [ONE, TWO],
    "quantidade_produto": [1, 2],
    "valor_total_compra": 59.9,
    "data_compra": "2026-06-01T10:00:00Z",
    "metodo_pagamento": "pix",
    "status_pedido": "enviado",
    "id_carrinho": TWO,
}
WEB_EVENT: dict[str, Any] = {
    "id_evento": ONE,
    "id_usuario": None,
    "id_sessao": TWO,
    "id_carrinho": None,
    "tipo_evento": "pesquisa",
    "id_produto": None,
    "timestamp_evento": "2026-06-01T10:00:00Z",
}
PRODUCT: dict[str, Any] = {
    "id_produto": ONE,
    "nome_produto": "Livro de contos",
    "descricao_produto": "",
    "categoria": "Livros",
    "preco_unitario": 10,
    "estoque_disponivel": 0,
}
CUSTOMER: dict[str, Any] = {
    "id_usuario": ONE,
    "nome_usuario": "Ana",
    "email_usuario": "ana@example.com",
    "data_cadastro": "2026-01-01",
    "segmento_cliente": "VIP",
    "cidade": "São Paulo",
    "estado": "SP",
    "pais": "Brasil",
}
DOCUMENTS = {
    Source.TRANSACTIONS: SALE,
    Source.WEB_EVENTS: WEB_EVENT,
    Source.CATALOGUE: PRODUCT,
    Source.CUSTOMERS: CUSTOMER,
}

MOMENTS = st.datetimes(dt.datetime(2000, 1, 1), NOW.replace(tzinfo=None), timezones=st.just(dt.UTC))  # noqa: DTZ001 - Hypothesis adds the zone itself
# Every number of centavos that NUMERIC(14,2) and the limit allow.
REAIS = st.integers(0, 99_999_999_999_900).map(lambda centavos: centavos / 100)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=500)
NAMES = TEXTS.filter(bool)


@st.composite
def sales(draw: st.DrawFn) -> TransacaoVenda:
    products = draw(st.lists(st.uuids(), min_size=1, max_size=20))
    return TransacaoVenda(
        id_transacao=draw(st.uuids()),
        id_pedido=draw(st.uuids()),
        id_usuario=draw(st.uuids()),
        id_produto=products,
        quantidade_produto=draw(
            st.lists(st.integers(1, 2**31 - 1), min_size=len(products), max_size=len(products)),
        ),
        valor_total_compra=draw(REAIS),
        data_compra=draw(MOMENTS),
        metodo_pagamento=draw(st.sampled_from(MetodoPagamento)),
        status_pedido=draw(st.sampled_from(StatusPedido)),
        id_carrinho=draw(st.none() | st.uuids()),
        data_status=draw(st.none() | MOMENTS),
    )


WEB_EVENTS = st.builds(
    EventoWeb,
    id_evento=st.uuids(),
    id_sessao=st.uuids(),
    tipo_evento=st.sampled_from(TipoEvento),
    timestamp_evento=MOMENTS,
    id_usuario=st.none() | st.uuids(),
    id_carrinho=st.none() | st.uuids(),
    id_produto=st.none() | st.uuids(),
)
PRODUCTS = st.builds(
    Produto,
    id_produto=st.uuids(),
    nome_produto=NAMES,
    descricao_produto=TEXTS,
    categoria=NAMES,
    preco_unitario=REAIS,
    estoque_disponivel=st.integers(0, 2**31 - 1),
)
CUSTOMERS = st.builds(
    Cliente,
    id_usuario=st.uuids(),
    nome_usuario=TEXTS,
    email_usuario=TEXTS,
    data_cadastro=MOMENTS,
    segmento_cliente=st.sampled_from(SegmentoCliente),
    cidade=TEXTS,
    estado=st.sampled_from(Uf),
    pais=TEXTS,
)


def decode(source: Source, document: Any, **fields: Any) -> AnyEvent:
    """The event in a document (some fields replaced) or in bytes as they are."""
    payload = document if isinstance(document, bytes) else json.dumps({**document, **fields}).encode()
    return events.decode(source, payload, now=NOW, future_skew=SKEW)


def sale(**fields: Any) -> TransacaoVenda:
    event = decode(Source.TRANSACTIONS, SALE, **fields)
    assert isinstance(event, TransacaoVenda)
    return event


def with_raw(document: dict[str, Any], field: str, text: str) -> bytes:
    """The document with one field's JSON text as given, which no encoder may be willing to write."""
    rest = json.dumps({name: value for name, value in document.items() if name != field})
    return f'{rest[:-1]}, "{field}": {text}}}'.encode("utf-8", "surrogatepass")


def outcome(source: Source, payload: bytes) -> AnyEvent | Rejection:
    try:
        return decode(source, payload)
    except Rejection as refused:
        return refused


def rejection(source: Source, document: Any, **fields: Any) -> Rejection:
    with pytest.raises(Rejection) as caught:
        decode(source, document, **fields)
    return caught.value


class TestRoundTrip:
    @given(sales())
    def test_of_a_sale(self, event: TransacaoVenda) -> None:
        assert decode(Source.TRANSACTIONS, events.encode(event)) == event

    @given(WEB_EVENTS)
    def test_of_a_web_event(self, event: EventoWeb) -> None:
        assert decode(Source.WEB_EVENTS, events.encode(event)) == event

    @given(PRODUCTS)
    def test_of_a_product(self, event: Produto) -> None:
        assert decode(Source.CATALOGUE, events.encode(event)) == event

    @given(CUSTOMERS)
    def test_of_a_customer(self, event: Cliente) -> None:
        assert decode(Source.CUSTOMERS, events.encode(event)) == event


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([ONE, "2026-06-01", "pix", "enviado"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


class TestWhateverComes:
    """Anything at all is an event or a rejection, never another error: that would stop the consumers."""

    @given(st.sampled_from(Source), st.binary())
    def test_of_bytes(self, source: Source, payload: bytes) -> None:
        with pytest.raises(Rejection):
            decode(source, payload)

    @given(st.sampled_from(Source), st.data())
    def test_of_a_good_document_with_one_odd_value(self, source: Source, data: st.DataObject) -> None:
        document = DOCUMENTS[source]
        field = data.draw(st.sampled_from(sorted(document)))
        payload = json.dumps({**document, field: data.draw(JSON)}).encode()
        seen = outcome(source, payload)
        if isinstance(seen, Rejection):
            assert seen.field == "" or seen.field.split("[")[0] in {field, "quantidade_produto"}
        else:
            assert decode(source, events.encode(seen)) == seen

    @pytest.mark.parametrize("field", ["id_pedido", "data_compra", "nao_e_nosso"])
    @pytest.mark.parametrize("moment", ["2026-06-01T10:00:00Z", "2026-06-01"])
    def test_of_any_depth_of_nesting(self, field: str, moment: str) -> None:
        # Around a thousand: where the interpreter's own limit lies, reached by one step before another.
        for depth in [*range(900, 1100), 100_000]:
            payload = with_raw({**SALE, "data_compra": moment}, field, "[" * depth + "]" * depth)
            seen = outcome(Source.TRANSACTIONS, payload)
            assert isinstance(seen, Rejection) or (field == "nao_e_nosso" and depth < 1_000)
            assert len(str(seen)) < 1_000

    def test_a_field_nested_too_deeply_to_be_shown_is_rejected_all_the_same(self) -> None:
        for depth in (900, 992, 995, 2_000):
            payload = with_raw(SALE, "id_pedido", "[" * depth + "]" * depth)
            assert rejection(Source.TRANSACTIONS, payload).code in {"tipo_errado", "json_invalido"}

    def test_a_million_open_brackets_are_rejected(self) -> None:
        assert rejection(Source.WEB_EVENTS, b"[" * 1_000_000).code == "json_invalido"


class TestListsOfOne:
    def test_a_bare_uuid_and_a_bare_number_mean_lists_of_one(self) -> None:
        event = sale(id_produto=TWO, quantidade_produto=3)
        assert (event.produtos, event.quantidades) == ([UUID(TWO)], [3])

    def test_a_bare_uuid_goes_with_a_list_of_one_number(self) -> None:
        assert sale(id_produto=ONE, quantidade_produto=[7]).quantidades == [7]

    def test_a_bare_number_goes_with_a_list_of_one_uuid(self) -> None:
        assert sale(id_produto=[ONE], quantidade_produto=7).quantidades == [7]

    def test_a_bare_number_for_two_products_is_unequal(self) -> None:
        refused = rejection(Source.TRANSACTIONS, SALE, quantidade_produto=7)
        assert (refused.code, refused.field) == ("listas_desiguais", "quantidade_produto")

    def test_what_is_sent_on_has_lists(self) -> None:
        sent = json.loads(events.encode(sale(id_produto=ONE, quantidade_produto=7)))
        assert (sent["id_produto"], sent["quantidade_produto"]) == ([ONE], [7])


class TestMoney:
    @pytest.mark.parametrize(
        ("text", "centavos"),
        [
            ("0", 0),
            ("-0.0", 0),
            ("0.01", 1),
            ("30", 3000),
            ("1e2", 10000),
            ("59.98", 5998),
            # 29.99 × 3 and 0.1 + 0.2 as they come out of floats.
            (repr(29.99 * 3), 8997),
            (repr(0.1 + 0.2), 30),
            ("1.0049999999999999e2", 10050),
            ("999999999998.99", 99_999_999_999_899),
            ("999999999999", 99_999_999_999_900),
        ],
    )
    def test_is_read_to_the_centavo(self, text: str, centavos: int) -> None:
        event = decode(Source.TRANSACTIONS, with_raw(SALE, "valor_total_compra", text))
        assert isinstance(event, TransacaoVenda)
        assert event.total_centavos == centavos

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("1.005", "casas_decimais"),
            ("0.001", "casas_decimais"),
            ("1234567.891", "casas_decimais"),
            ("-0.01", "valor_invalido"),
            ("-1e300", "valor_invalido"),
            ("999999999999.01", "valor_invalido"),
            ("1e15", "valor_invalido"),
            ("1e999", "valor_invalido"),
            ("-1e999", "valor_invalido"),
            ("9" * 5000, "valor_invalido"),
            ("NaN", "json_invalido"),
            ("Infinity", "json_invalido"),
            ("-Infinity", "json_invalido"),
            (".5", "json_invalido"),
            ("01", "json_invalido"),
            ("1,50", "json_invalido"),
            ("true", "tipo_errado"),
            ("null", "tipo_errado"),
            ('"1.00"', "tipo_errado"),
            ("[1.00]", "tipo_errado"),
        ],
    )
    def test_that_is_none_is_rejected(self, text: str, code: str) -> None:
        refused = rejection(Source.TRANSACTIONS, with_raw(SALE, "valor_total_compra", text))
        assert refused.code == code
        assert refused.field == ("" if code == "json_invalido" else "valor_total_compra")

    @given(st.integers(0, 99_999_999_999_900))
    def test_survives_as_any_amount_of_centavos(self, centavos: int) -> None:
        assert sale(valor_total_compra=centavos / 100).total_centavos == centavos

    @given(st.lists(st.tuples(st.integers(1, 500_000), st.integers(1, 100)), min_size=1, max_size=20))
    def test_added_up_in_floats_by_a_producer_is_still_exact(self, items: list[tuple[int, int]]) -> None:
        total = sum(price / 100 * quantity for price, quantity in items)
        expected = sum(price * quantity for price, quantity in items)
        assert sale(valor_total_compra=total).total_centavos == expected


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-06-01T10:00:00Z", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01T10:00:00z", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01t10:00:00Z", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            # Without an offset: UTC.
            ("2026-06-01T10:00:00", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01 10:00:00", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01T10:00", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01T10", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01", dt.datetime(2026, 6, 1, tzinfo=dt.UTC)),
            ("20260601", dt.datetime(2026, 6, 1, tzinfo=dt.UTC)),
            ("20260601T100000Z", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-W23-1", dt.datetime(2026, 6, 1, tzinfo=dt.UTC)),
            ("2026-06-01T07:00:00-03:00", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01T07:00:00-0300", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01T07:00:00-03", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01T15:45:00+05:45", dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)),
            ("2026-06-01T10:00:00.1Z", dt.datetime(2026, 6, 1, 10, 0, 0, 100_000, tzinfo=dt.UTC)),
            ("2026-06-01T10:00:00,5Z", dt.datetime(2026, 6, 1, 10, 0, 0, 500_000, tzinfo=dt.UTC)),
            ("2026-06-01T10:00:00.000001Z", dt.datetime(2026, 6, 1, 10, 0, 0, 1, tzinfo=dt.UTC)),
            ("2024-02-29T23:59:59.999999Z", dt.datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=dt.UTC)),
            # The first moment of all, and the last: now plus the skew.
            ("2000-01-01T00:00:00Z", dt.datetime(2000, 1, 1, tzinfo=dt.UTC)),
            ("2026-06-01T12:01:00Z", dt.datetime(2026, 6, 1, 12, 1, tzinfo=dt.UTC)),
        ],
    )
    def test_of_every_iso_8601_form_are_utc(self, text: str, moment: dt.datetime) -> None:
        event = sale(data_compra=text)
        assert event.data_compra == moment
        assert event.data_compra.tzinfo is dt.UTC

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ("0001-01-01T00:00:00Z", "data_antiga"),
            ("0001-01-01T00:00:00", "data_antiga"),
            # In UTC it lies before the calendar begins.
            ("0001-01-01T00:00:00+23:59", "data_antiga"),
            ("1970-01-01T00:00:00Z", "data_antiga"),
            ("1999-12-31T23:59:59.999999Z", "data_antiga"),
            ("2000-01-01T00:00:00+01:00", "data_antiga"),
            ("2026-06-01T12:01:00.000001Z", "data_futura"),
            ("2026-06-01T10:00:00-03:00", "data_futura"),
            ("9999-12-31T23:59:59Z", "data_futura"),
            # In UTC it lies after the calendar ends.
            ("9999-12-31T23:59:59-01:00", "data_futura"),
            ("9999-12-31", "data_futura"),
            ("10000-01-01T00:00:00Z", "valor_invalido"),
            ("2026-02-30T00:00:00Z", "valor_invalido"),
            ("2026-06-01T23:59:60Z", "valor_invalido"),
            ("2026-06-01T10:00:00+25:00", "valor_invalido"),
            ("2026-06", "valor_invalido"),
            ("", "valor_invalido"),
            ("ontem", "valor_invalido"),
            ("1780000000", "valor_invalido"),
            (" 2026-06-01T10:00:00Z", "valor_invalido"),
            ("2026-06-01T10:00:00Z\0", "valor_invalido"),
            ("2026-06-01\N{WINKING FACE}10:00:00", "valor_invalido"),
            (1_780_000_000, "tipo_errado"),
            (1.5, "tipo_errado"),
            (True, "tipo_errado"),
            (None, "tipo_errado"),
            ({}, "tipo_errado"),
        ],
    )
    def test_that_are_none_of_the_shop_are_rejected(self, value: Any, code: str) -> None:
        refused = rejection(Source.TRANSACTIONS, SALE, data_compra=value)
        assert (refused.code, refused.field) == (code, "data_compra")

    @pytest.mark.parametrize(
        ("source", "field"),
        [
            (Source.TRANSACTIONS, "data_compra"),
            (Source.TRANSACTIONS, "data_status"),
            (Source.WEB_EVENTS, "timestamp_evento"),
            (Source.CUSTOMERS, "data_cadastro"),
        ],
    )
    def test_are_checked_in_every_source(self, source: Source, field: str) -> None:
        future = rejection(source, DOCUMENTS[source], **{field: "2026-06-02T00:00:00Z"})
        assert (future.code, future.field, future.value, future.rule) == (
            "data_futura",
            field,
            "2026-06-02T00:00:00+00:00",
            "must not be later than 2026-06-01T12:01:00+00:00",
        )
        old = rejection(source, DOCUMENTS[source], **{field: "1999-01-01"})
        assert (old.code, old.field, old.rule) == (
            "data_antiga",
            field,
            "must not be before 2000-01-01T00:00:00+00:00",
        )

    def test_of_a_status_that_was_not_sent_is_the_purchase(self) -> None:
        assert sale().status_em == dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
        assert sale(data_status=None).status_em == dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)

    def test_of_a_status_may_be_of_another_form_than_the_purchase(self) -> None:
        assert sale(data_status="20260601T083000-0300").status_em == dt.datetime(2026, 6, 1, 11, 30, tzinfo=dt.UTC)


class TestFieldsAndTypes:
    @pytest.mark.parametrize("source", Source)
    def test_unknown_fields_are_left_out_and_never_fail_an_event(self, source: Source) -> None:
        document = DOCUMENTS[source]
        odd = ["1e999", "9" * 5000, '{"a": [null, {}]}', "true", '"\N{WINKING FACE}\\u0000"']
        for text in odd:
            assert decode(source, with_raw(document, "nao_e_nosso", text)) == decode(source, document)

    @pytest.mark.parametrize("text", ["1e999", "9" * 5000])
    def test_unknown_fields_do_not_matter_beside_a_rarer_form_of_time_either(self, text: str) -> None:
        expected = sale(data_compra="2026-06-01")
        assert decode(Source.TRANSACTIONS, with_raw({**SALE, "data_compra": "2026-06-01"}, "x", text)) == expected

    @pytest.mark.parametrize(
        ("source", "optional"),
        [
            (Source.TRANSACTIONS, {"id_carrinho", "data_status"}),
            (Source.WEB_EVENTS, {"id_usuario", "id_carrinho", "id_produto"}),
            (Source.CATALOGUE, set()),
            (Source.CUSTOMERS, set()),
        ],
    )
    def test_a_field_is_required_unless_it_may_be_null(self, source: Source, optional: set[str]) -> None:
        document = DOCUMENTS[source]
        for field in document:
            without = {name: value for name, value in document.items() if name != field}
            if field in optional:
                assert getattr(decode(source, without), field) is None
                assert getattr(decode(source, document, **{field: None}), field) is None
            else:
                refused = rejection(source, without)
                assert (refused.code, refused.field, refused.rule) == ("campo_ausente", field, "is required")
                assert rejection(source, document, **{field: None}).code == "tipo_errado"

    @pytest.mark.parametrize(
        ("field", "value", "code", "where"),
        [
            ("id_pedido", "", "valor_invalido", "id_pedido"),
            ("id_pedido", ONE + "\0", "valor_invalido", "id_pedido"),
            ("id_pedido", "{" + ONE + "}", "valor_invalido", "id_pedido"),
            ("id_pedido", ONE[:-1], "valor_invalido", "id_pedido"),
            ("id_pedido", 5, "tipo_errado", "id_pedido"),
            ("id_pedido", [ONE], "tipo_errado", "id_pedido"),
            ("id_produto", [], "valor_invalido", "id_produto"),
            ("id_produto", [ONE, "x"], "valor_invalido", "id_produto[1]"),
            ("id_produto", [ONE, None], "tipo_errado", "id_produto[1]"),
            ("id_produto", {"id": ONE}, "tipo_errado", "id_produto"),
            ("id_produto", [ONE] * 1_001, "valor_invalido", "id_produto"),
            ("quantidade_produto", [1], "listas_desiguais", "quantidade_produto"),
            ("quantidade_produto", [1, 0], "valor_invalido", "quantidade_produto[1]"),
            ("quantidade_produto", [1, -1], "valor_invalido", "quantidade_produto[1]"),
            ("quantidade_produto", [1, 2**31], "valor_invalido", "quantidade_produto[1]"),
            ("quantidade_produto", [1, 2**64], "valor_invalido", "quantidade_produto[1]"),
            ("quantidade_produto", [1, True], "tipo_errado", "quantidade_produto[1]"),
            ("quantidade_produto", [1, 2.0], "tipo_errado", "quantidade_produto[1]"),
            ("quantidade_produto", [1, "2"], "tipo_errado", "quantidade_produto[1]"),
            ("quantidade_produto", True, "tipo_errado", "quantidade_produto"),
            ("status_pedido", "perdido", "valor_invalido", "status_pedido"),
            ("status_pedido", "Enviado", "valor_invalido", "status_pedido"),
            ("status_pedido", "", "valor_invalido", "status_pedido"),
            ("status_pedido", 1, "tipo_errado", "status_pedido"),
            # A value that speaks like the decoder itself.
            ("status_pedido", "Object missing required field `x`", "valor_invalido", "status_pedido"),
            ("status_pedido", "x - at `$.id_pedido`", "valor_invalido", "status_pedido"),
            ("metodo_pagamento", "PIX", "valor_invalido", "metodo_pagamento"),
        ],
    )
    @pytest.mark.parametrize("moment", ["2026-06-01T10:00:00Z", "2026-06-01"])
    def test_of_another_kind_are_rejected_whatever_the_form_of_the_time(
        self, field: str, value: Any, code: str, where: str, moment: str
    ) -> None:
        refused = rejection(Source.TRANSACTIONS, {**SALE, "data_compra": moment}, **{field: value})
        assert (refused.code, refused.field) == (code, where)

    def test_uuids_may_be_in_capitals_and_without_dashes(self) -> None:
        assert sale(id_usuario=TWO.upper()).id_usuario == UUID(TWO)
        assert sale(id_usuario=TWO.replace("-", "")).id_usuario == UUID(TWO)

    @pytest.mark.parametrize("field", ["nome_usuario", "email_usuario", "cidade", "pais"])
    def test_a_nul_in_a_customers_text_is_rejected_because_postgres_cannot_hold_it(self, field: str) -> None:
        refused = rejection(Source.CUSTOMERS, CUSTOMER, **{field: "a\0b"})
        assert (refused.code, refused.field) == ("caractere_nulo", field)
        assert "\0" not in refused.value

    @pytest.mark.parametrize("field", ["nome_produto", "descricao_produto", "categoria"])
    def test_a_nul_in_a_products_text_is_rejected_because_postgres_cannot_hold_it(self, field: str) -> None:
        assert rejection(Source.CATALOGUE, PRODUCT, **{field: "\0"}).code == "caractere_nulo"

    @pytest.mark.parametrize("text", [r'"\ud800"', r'"\udc00 aa"', r'"\ud800\u0041"', '"\ud800"'])
    def test_a_lone_surrogate_is_rejected_because_it_is_no_text(self, text: str) -> None:
        assert rejection(Source.CATALOGUE, with_raw(PRODUCT, "nome_produto", text)).code == "json_invalido"

    @pytest.mark.parametrize(
        ("source", "field", "value"),
        [
            (Source.CATALOGUE, "nome_produto", ""),
            (Source.CATALOGUE, "categoria", ""),
            (Source.CATALOGUE, "nome_produto", "a" * 501),
            (Source.CATALOGUE, "descricao_produto", "a" * 10_001),
            (Source.CATALOGUE, "preco_unitario", -0.01),
            (Source.CATALOGUE, "estoque_disponivel", -1),
            (Source.CATALOGUE, "estoque_disponivel", 2**31),
            (Source.CUSTOMERS, "nome_usuario", "a" * 501),
            (Source.CUSTOMERS, "estado", "sp"),
            (Source.CUSTOMERS, "estado", "XX"),
            (Source.CUSTOMERS, "segmento_cliente", "vip"),
            (Source.WEB_EVENTS, "tipo_evento", "compra"),
            (Source.WEB_EVENTS, "id_sessao", "x"),
        ],
    )
    def test_values_outside_what_is_allowed_are_rejected(self, source: Source, field: str, value: Any) -> None:
        refused = rejection(source, DOCUMENTS[source], **{field: value})
        assert (refused.code, refused.field) == ("valor_invalido", field)

    def test_the_longest_texts_and_the_largest_numbers_are_accepted(self) -> None:
        event = decode(
            Source.CATALOGUE,
            PRODUCT,
            nome_produto="\N{WINKING FACE}" * 500,
            descricao_produto="a" * 10_000,
            estoque_disponivel=2**31 - 1,
        )
        assert isinstance(event, Produto)
        assert (len(event.nome_produto), event.estoque_disponivel) == (500, 2_147_483_647)
        assert len(sale(id_produto=[ONE] * 1_000, quantidade_produto=[2**31 - 1] * 1_000).produtos) == 1_000

    def test_text_that_postgres_and_copy_treat_in_their_own_way_is_kept_as_it_is(self) -> None:
        odd = "\\N \\. \t\r\n\b\f\v\x01\x7f\u2028\ufeff'\";--%s{}"
        event = decode(Source.CUSTOMERS, CUSTOMER, nome_usuario=odd)
        assert isinstance(event, Cliente)
        assert event.nome_usuario == odd


class TestMessagesThatAreNotOneObject:
    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b" ",
            b"null",
            b"1",
            b'"texto"',
            b"[]",
            b"[{}]",
            b"{",
            b"\0\0\0\0",
            b"\xff\xfe",
            b"{}{}",
            b"{'a': 1}",
            b'{"a": 1,}',
            b"\x1f\x8b\x08\x00",
            b"\xef\xbb\xbf{}",
        ],
    )
    @pytest.mark.parametrize("source", Source)
    def test_are_rejected_whole(self, source: Source, payload: bytes) -> None:
        refused = rejection(source, payload)
        assert (refused.code, refused.field) == ("json_invalido", "")

    @pytest.mark.parametrize("garbage", [b"x", b"\0", b"{}", b"]", b","])
    def test_garbage_after_the_object_is_rejected(self, garbage: bytes) -> None:
        payload = json.dumps(SALE).encode()
        assert decode(Source.TRANSACTIONS, payload + b" \r\n\t") == sale()
        assert rejection(Source.TRANSACTIONS, payload + garbage).code == "json_invalido"

    def test_another_encoding_than_utf_8_is_rejected(self) -> None:
        text = json.dumps({**CUSTOMER, "cidade": "São Paulo"}, ensure_ascii=False)
        for encoding in ("latin-1", "utf-16", "utf-32"):
            assert rejection(Source.CUSTOMERS, text.encode(encoding)).code == "json_invalido"

    def test_an_empty_object_lacks_its_first_field(self) -> None:
        assert rejection(Source.TRANSACTIONS, b"{}").field == "id_transacao"

    def test_of_a_field_given_twice_the_last_counts(self) -> None:
        payload = json.dumps(SALE).encode()[:-1] + b', "status_pedido": "cancelado"}'
        event = decode(Source.TRANSACTIONS, payload)
        assert isinstance(event, TransacaoVenda)
        assert event.status_pedido is StatusPedido.CANCELADO


class TestRejection:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            (
                {"status_pedido": "perdido"},
                "valor_invalido: status_pedido=perdido: must be one of processando, enviado, entregue, cancelado",
            ),
            (
                {"quantidade_produto": [1, 0]},
                "valor_invalido: quantidade_produto[1]=0: expected `int` >= 1",
            ),
            (
                {"quantidade_produto": [3]},
                "listas_desiguais: quantidade_produto=[3]: must have as many entries as id_produto (2)",
            ),
            (
                {"valor_total_compra": 1.005},
                "casas_decimais: valor_total_compra=1.005: must have at most two decimals",
            ),
            (
                {"valor_total_compra": "1.00"},
                "tipo_errado: valor_total_compra=1.00: expected `float`, got `str`",
            ),
            ({"id_pedido": "x"}, "valor_invalido: id_pedido=x: invalid UUID"),
        ],
    )
    def test_says_code_field_value_and_rule(self, fields: dict[str, Any], expected: str) -> None:
        assert str(rejection(Source.TRANSACTIONS, SALE, **fields)) == expected

    def test_of_an_unknown_state_lists_all_27(self) -> None:
        rule = rejection(Source.CUSTOMERS, CUSTOMER, estado="XX").rule
        assert rule.startswith("must be one of AC, AL, AM")
        assert len(rule.removeprefix("must be one of ").split(", ")) == 27

    def test_shows_a_long_value_shortened_and_in_one_line(self) -> None:
        refused = rejection(Source.TRANSACTIONS, SALE, id_pedido="a\n" * 5_000)
        assert len(refused.value) < 250
        assert refused.value.endswith("characters)")
        assert "\n" not in str(refused)

    def test_of_a_whole_message_shows_its_beginning(self) -> None:
        refused = rejection(Source.TRANSACTIONS, b'{"id_transacao": ')
        assert refused.value == "b'{\"id_transacao\": '"
        assert refused.rule.startswith("must be one JSON object")


class TestAttributes:
    @pytest.mark.parametrize("attributes", [{}, {"schema_version": "1"}, {"schema_version": "1", "other": "x"}])
    def test_our_version_and_none_are_accepted(self, attributes: dict[str, str]) -> None:
        events.check_attributes(attributes)

    @pytest.mark.parametrize("version", ["2", "", "1.0", " 1", "um"])
    def test_another_version_is_rejected(self, version: str) -> None:
        with pytest.raises(Rejection) as caught:
            events.check_attributes({"schema_version": version})
        assert (caught.value.code, caught.value.field) == ("versao_desconhecida", "schema_version")
        assert caught.value.rule == "must be '1' or absent"

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-06-01T09:00:00Z", dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)),
            ("2026-06-01T06:00:00-03:00", dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)),
            ("2026-06-01T09:00:00", dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)),
        ],
    )
    def test_the_producers_time_is_read_as_utc(self, text: str, moment: dt.datetime) -> None:
        assert events.produced_at({"produced_at": text}, NOW, latest=NOW + SKEW) == moment

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "ontem",
            "1780000000",
            "1999-12-31T23:59:59Z",
            "0001-01-01T00:00:00+23:59",
            "2026-06-01T12:01:01Z",
            "9999-12-31T23:59:59-12:00",
        ],
    )
    def test_a_producers_time_that_cannot_be_is_the_publish_time(self, text: str) -> None:
        assert events.produced_at({"produced_at": text}, NOW, latest=NOW + SKEW) == NOW

    def test_without_a_producers_time_it_is_the_publish_time(self) -> None:
        assert events.produced_at({}, NOW, latest=NOW + SKEW) == NOW


class TestPublishedAgreements:
    @pytest.mark.parametrize("source", Source)
    def test_the_published_json_schema_is_current(self, source: Source) -> None:
        # Mend it with: python -m contracts write-schemas
        published = Path(__file__).parents[2] / "contracts" / "schemas" / f"{source}.schema.json"
        text = msgspec.json.format(msgspec.json.encode(events.json_schema(source)), indent=2).decode() + "\n"
        assert published.read_text("utf-8") == text

    @pytest.mark.parametrize("source", Source)
    def test_the_schema_names_the_fields_that_are_required(self, source: Source) -> None:
        schema = events.json_schema(source)
        definition = schema["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        required = {name for name, value in DOCUMENTS[source].items() if value is not None} - {"id_carrinho"}
        assert set(definition["required"]) == required

    def test_statuses_rank_in_the_order_of_postgres(self) -> None:
        folder = Path(__file__).parents[2] / "contracts" / "migrations"
        statements = (folder / "0001_fontes.sql").read_text("utf-8")
        enums = {
            "status_pedido": StatusPedido,
            "metodo_pagamento": MetodoPagamento,
            "segmento_cliente": SegmentoCliente,
            "tipo_evento": TipoEvento,
        }
        for name, members in enums.items():
            declared = statements.split(f"create type {name} as enum (")[1].split(")")[0]
            assert [it.strip().strip("'") for it in declared.split(",")] == [it.value for it in members]
        assert sorted(StatusPedido, key=lambda it: it.rank) == [
            StatusPedido.PROCESSANDO,
            StatusPedido.ENVIADO,
            StatusPedido.ENTREGUE,
            StatusPedido.CANCELADO,
        ]
