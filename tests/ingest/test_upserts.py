"""The lines that COPY reads: every value as it is, whatever COPY itself makes of it."""

import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import (
    Cliente,
    EventoWeb,
    MetodoPagamento,
    Produto,
    SegmentoCliente,
    StatusPedido,
    TipoEvento,
    TransacaoVenda,
    Uf,
)
from contracts.topology import Source
from jobs.ingest.decoding import Received
from jobs.ingest.upserts import MERGES, stage_name

NOON = dt.datetime(2026, 6, 1, 12, 0, 0, 5, tzinfo=dt.UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
_UNESCAPED = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


def line(source: Source, event: TransacaoVenda | EventoWeb | Produto | Cliente) -> list[str]:
    return MERGES[source].row(Received(event, NOON)).split("\t")


def product(name: str, price: float = 0.0) -> Produto:
    return Produto(
        id_produto=ONE,
        nome_produto=name,
        descricao_produto="",
        categoria="Livros",
        preco_unitario=price,
        estoque_disponivel=3,
    )


def unescaped(text: str) -> str:
    """What COPY makes of a value in its text format."""
    result, rest = "", text
    while rest:
        size = 2 if rest.startswith("\\") else 1
        result += _UNESCAPED.get(rest[:size], rest[:size])
        rest = rest[size:]
    return result


def test_a_transaction_is_one_line_of_its_stage() -> None:
    event = TransacaoVenda(
        id_transacao=ONE,
        id_pedido=TWO,
        id_usuario=ONE,
        id_produto=[ONE, TWO],
        quantidade_produto=[3, 4],
        valor_total_compra=1234.5,
        data_compra=NOON,
        metodo_pagamento=MetodoPagamento.CARTAO_CREDITO,
        status_pedido=StatusPedido.ENTREGUE,
    )
    assert line(Source.TRANSACTIONS, event) == [
        str(ONE),
        str(TWO),
        str(ONE),
        f"{{{ONE},{TWO}}}",
        "{3,4}",
        "1234.50",
        "2026-06-01 12:00:00.000005+00:00",
        "cartao_credito",
        "entregue",
        "2026-06-01 12:00:00.000005+00:00",
        "\\N",
    ]


def test_a_web_event_is_one_line_with_nulls_for_what_is_missing() -> None:
    event = EventoWeb(id_evento=ONE, id_sessao=TWO, tipo_evento=TipoEvento.LOGIN, timestamp_evento=NOON)
    assert line(Source.WEB_EVENTS, event) == [
        str(ONE),
        "\\N",
        str(TWO),
        "\\N",
        "login",
        "\\N",
        "2026-06-01 12:00:00.000005+00:00",
    ]


def test_a_customer_is_one_line_with_the_producers_time_last() -> None:
    event = Cliente(
        id_usuario=ONE,
        nome_usuario="Ana",
        email_usuario="",
        data_cadastro=NOON,
        segmento_cliente=SegmentoCliente.VIP,
        cidade="São Paulo",
        estado=Uf.SP,
        pais="Brasil",
    )
    moment = "2026-06-01 12:00:00.000005+00:00"
    assert line(Source.CUSTOMERS, event) == [str(ONE), "Ana", "", moment, "VIP", "São Paulo", "SP", "Brasil", moment]


@pytest.mark.parametrize(
    ("price", "text"),
    [(0.0, "0.00"), (0.01, "0.01"), (0.1, "0.10"), (19.99, "19.99"), (999_999_999_998.99, "999999999998.99")],
)
def test_money_has_two_decimals(price: float, text: str) -> None:
    assert line(Source.CATALOGUE, product("Livro", price))[4] == text


@pytest.mark.parametrize(
    ("name", "written"),
    [("\\N", "\\\\N"), ("\\.", "\\\\."), ("a\tb", "a\\tb"), ("a\r\nb", "a\\r\\nb"), ("\\t", "\\\\t"), ("\v\f", "\v\f")],
)
def test_what_copy_reads_as_its_own_signs_is_escaped(name: str, written: str) -> None:
    assert line(Source.CATALOGUE, product(name))[1] == written


@settings(deadline=None)
@given(
    st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]) | st.sampled_from("\\\t\n\rN."), min_size=1
    )
)
def test_any_text_comes_out_of_copy_as_it_went_in(name: str) -> None:
    fields = line(Source.CATALOGUE, product(name))
    assert len(fields) == 7
    assert "\n" not in fields[1]
    assert unescaped(fields[1]) == name


@pytest.mark.parametrize("source", Source)
def test_every_source_has_a_stage_of_its_own(source: Source) -> None:
    assert stage_name(source) == f"entrada_{source.value}"
    assert all(stage_name(source) in it for it in MERGES[source].statements if "insert into achados" not in it)
