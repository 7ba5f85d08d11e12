"""The reconciliation on a real Redis and Postgres, whose panes come from Postgres by ``heal``.

All of it is of one closed hour; what the stream says, and what it left out as late, is written down.
"""

import datetime as dt
import sqlite3
import threading
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from contracts import database, late_events, ledger, live
from contracts.errors import LiveStoreUnavailable, TerminalError, UsageError
from contracts.late_events import LateEvent
from contracts.panes import HOUR, Dimension, Measures, RowKind
from contracts.progress import Progress
from contracts.topology import Source
from jobs.reconcile.comparing import Finding, State
from jobs.reconcile.explaining import Reason
from jobs.reconcile.hours import Result
from jobs.reconcile.run import alert
from jobs.reconcile.run import run as reconcile
from jobs.streaming.generation import Generation
from jobs.streaming.healing import heal
from jobs.streaming.writer import PaneWriter
from tests.integration import known_set
from tests.integration.conftest import Shop
from tests.integration.known_set import JOGO, LIVRO, identity, order, web_event
from tests.integration.test_healing import moment, persist, persist_sales, say

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def hour(now: dt.datetime) -> int:
    """The start of an hour that ended an hour ago or more."""
    return int(now.timestamp()) // HOUR * HOUR - 2 * HOUR


@pytest.fixture
def compared(shop: Shop, now: dt.datetime, hour: int) -> Shop:
    """A shop with an hour of sales and visits, its panes put right, its stream and ingest up to now."""
    persist(shop, Source.CATALOGUE, known_set.CATALOGUE)
    persist(shop, Source.CUSTOMERS, known_set.CUSTOMERS)
    at = moment(hour + 65)
    both = {"id_produto": [LIVRO, JOGO], "quantidade_produto": [1, 1]}
    persist_sales(
        shop,
        order(1, at, valor_total_compra=40.01, **both),
        order(2, at, valor_total_compra=5.0, metodo_pagamento="boleto", id_usuario=known_set.BIA),
        order(3, at, valor_total_compra=7.0, status_pedido="cancelado", data_status=moment(hour + 130).isoformat()),
    )
    persist(shop, Source.WEB_EVENTS, [web_event(it, "login", at) for it in range(1, 6)])
    say(shop, watermark=now.timestamp(), persisted_until=now.timestamp())
    heal(shop.settings, reason="teste", only_changed=False)
    return shop


def run(shop: Shop, **options: Any) -> Result:
    """The newest four hours unless told otherwise: the one of the tests is the first or second of them."""
    given = {"hours": 4, "as_of": None, "with_ledger": False, "pause_seconds": 0.0, **options}
    return reconcile(shop.settings, progress=Progress("hours"), **given)


def left_out_as_late(shop: Shop, kind: RowKind, number: str, when: dt.datetime) -> None:
    """What the stream says of an event that came late."""
    writer = PaneWriter(shop.redis, Generation(1, 0.0), threading.Event())
    writer.write_late([LateEvent(kind, UUID(number), int(when.timestamp()) * 1_000_000)])


def of_hours(findings: list[Finding]) -> list[Finding]:
    return [it for it in findings if it.seconds == HOUR]


def test_panes_made_from_postgres_agree_with_it(compared: Shop, hour: int) -> None:
    result = run(compared, hours=None)
    assert result.agrees
    assert result.findings == []
    assert len(result.hours) in (47, 48, 49, 50)
    here = next(it for it in result.hours if it.start == hour)
    # Three totals and the other keys of the hour's pane, those of two minutes' totals and, where they are
    # kept, of their breakdowns.
    assert here.compared >= 14
    assert here.totals == Measures(
        bruta=5201, pedidos=3, unidades=4, canceladas=700, pedidos_cancelados=1, pedidos_com_carrinho=3, eventos=5
    )
    assert compared.rows(
        "select bruta_centavos, pedidos, cancelados, eventos, comparados, explicadas, inexplicadas, ausentes "
        "from operacao.reconciliacao_horas where hora = %s", (moment(hour),),
    ) == [(5201, 3, 1, 5, here.compared, 0, 0, 0)]  # fmt: skip
    assert compared.rows("select situacao, com_livro from operacao.reconciliacao") == [("confere", False)]
    alert(result)


def test_late_events_explain_a_difference_by_id_until_panes_are_put_right(compared: Shop, hour: int) -> None:
    at = moment(hour + 70)
    sold = order(4, at, valor_total_compra=2.5)
    persist_sales(compared, sold)
    persist(compared, Source.WEB_EVENTS, [web_event(20, "pesquisa", at)])
    left_out_as_late(compared, RowKind.SALE, sold["id_transacao"], at)
    left_out_as_late(compared, RowKind.WEB_EVENT, web_event(20, "pesquisa", at)["id_evento"], at)
    # One that the panes have in spite of it: a repetition that came late.
    left_out_as_late(compared, RowKind.SALE, identity(1_000_002), moment(hour + 65))
    result = run(compared)
    assert result.agrees
    assert {it.reasons for it in result.findings} == {(Reason.LATE,)}
    by_place = {(it.dimension, it.key): it.identities for it in of_hours(result.findings)}
    both = tuple(sorted([sold["id_transacao"], web_event(20, "pesquisa", at)["id_evento"]]))
    assert by_place["total", ""] == both
    assert by_place["metodo_pagamento", "pix"] == (sold["id_transacao"],)
    assert by_place["tipo_evento", "pesquisa"] == (web_event(20, "pesquisa", at)["id_evento"],)
    assert compared.rows(
        "select dimensao, chave, situacao, postgres, encontrado, motivos, ids from operacao.reconciliacao_diferencas "
        "where segundos = 3600 and dimensao = 'uf'"
    ) == [
        (
            "uf", "SP", "explicada", {"bruta": 4951, "pedidos": 3, "canceladas": 700, "pedidos_cancelados": 1},
            {"bruta": 4701, "pedidos": 2, "canceladas": 700, "pedidos_cancelados": 1}, ["evento_atrasado"],
            [sold["id_transacao"]],
        )
    ]  # fmt: skip
    heal(compared.settings, reason="teste", only_changed=False)
    assert run(compared).findings == []


def test_late_events_are_listed_once_for_as_long_as_their_hour_s_panes(shop: Shop, hour: int) -> None:
    first, last = moment(hour), moment(hour + HOUR - 1)
    for _ in range(2):
        left_out_as_late(shop, RowKind.WEB_EVENT, identity(2), last)
        left_out_as_late(shop, RowKind.SALE, identity(1), first)
        left_out_as_late(shop, RowKind.CANCELLATION, identity(1), last)
    found = late_events.read(shop.redis, hour)
    assert {(it.kind, str(it.identity), it.instant) for it in found} == {
        (RowKind.SALE, identity(1), hour * 1_000_000),
        (RowKind.CANCELLATION, identity(1), (hour + HOUR - 1) * 1_000_000),
        (RowKind.WEB_EVENT, identity(2), (hour + HOUR - 1) * 1_000_000),
    }
    assert shop.redis.expiretime(late_events.key(hour)) == hour + 50 * HOUR
    assert late_events.read(shop.redis, hour + HOUR) == []


def test_an_order_first_heard_of_by_a_late_status_is_late(compared: Shop, hour: int) -> None:
    # Its first message is still held back somewhere: the stream took this one for news of an old order.
    heard = order(5, moment(hour + 70), valor_total_compra=9.0, status_pedido="enviado")
    persist_sales(compared, {**heard, "data_status": moment(hour + 1900).isoformat()})
    result = run(compared)
    assert result.agrees
    assert {it.identities for it in result.findings} == {(heard["id_transacao"],)}


def test_a_late_cancellation_explains_what_it_takes_off(compared: Shop, hour: int) -> None:
    undone = order(2, moment(hour + 65), valor_total_compra=5.0, metodo_pagamento="boleto", id_usuario=known_set.BIA)
    when = moment(hour + 200)
    persist_sales(compared, {**undone, "status_pedido": "cancelado", "data_status": when.isoformat()})
    left_out_as_late(compared, RowKind.CANCELLATION, undone["id_transacao"], when)
    result = run(compared)
    assert result.agrees
    assert {it.identities for it in result.findings} == {(undone["id_transacao"],)}
    assert {it.key for it in of_hours(result.findings)} == {"", "boleto", "RJ", "novo"}


@pytest.mark.parametrize(("before", "agrees"), [(119, True), (121, False)])
def test_a_product_s_version_within_two_minutes_of_the_order_explains_its_category(
    compared: Shop, hour: int, before: int, agrees: bool
) -> None:
    renamed = {**known_set.CATALOGUE[0], "categoria": "Usados", "preco_unitario": 60.0}
    persist(compared, Source.CATALOGUE, [renamed], moment(hour + 65 - before))
    result = run(compared)
    assert result.agrees is agrees
    assert {it.dimension for it in result.findings} == {"categoria", "produto"}
    if agrees:
        assert {it.reasons for it in result.findings} == {(Reason.RECENT_PRODUCT,)}
        livros = next(it for it in of_hours(result.findings) if it.key == "Livros")
        assert (dict(livros.expected), dict(livros.found)) == ({}, {"bruta": 2200, "unidades": 3})
        assert livros.identities == tuple(sorted(identity(1_000_000 + it) for it in (1, 2, 3)))
        # Units are the same whatever a product costs.
        livro = next(it for it in of_hours(result.findings) if it.dimension == "produto")
        assert livro.expected["unidades"] == livro.found["unidades"]


@pytest.mark.parametrize(("after", "agrees"), [(0, True), (119, True), (121, False)])
def test_a_customer_s_first_version_within_two_minutes_explains_state_and_segment(
    compared: Shop, hour: int, after: int, agrees: bool
) -> None:
    new, at = identity(299), moment(hour + 300)
    persist_sales(compared, order(6, at, id_usuario=new, valor_total_compra=3.0))
    heal(compared.settings, reason="teste", only_changed=False)
    persist(compared, Source.CUSTOMERS, [{**known_set.CUSTOMERS[1], "id_usuario": new}], moment(hour + 300 + after))
    result = run(compared)
    assert result.agrees is agrees
    states = {it.state for it in result.findings}
    assert states == ({State.EXPLAINED} if agrees else {State.UNEXPLAINED})
    assert {it.key for it in of_hours(result.findings)} == {"desconhecido", "RJ", "novo"}
    if agrees:
        assert {(it.reasons, it.identities) for it in result.findings} == {
            ((Reason.RECENT_CUSTOMER,), (identity(1_000_006),))
        }


def tamper(shop: Shop, hour: int, dimension: Dimension, key: str, **changed: int) -> None:
    name = live.pane_key(HOUR, hour, dimension)
    there = live.decode_measures(cast("bytes", shop.redis.hget(name, key)))
    values = msgspec.structs.astuple(msgspec.structs.replace(there, **changed))
    shop.redis.hset(name, key, live.encode_measures(values))


def test_a_tampered_pane_ends_with_1_and_a_line_that_names_it_with_both_figures(compared: Shop, hour: int) -> None:
    tamper(compared, hour, Dimension.PAYMENT, "pix", bruta=9999)
    job = compared.run("jobs.reconcile", "run", "--no-ledger", "--hours", "4")
    assert job.process.returncode == 1
    lines = [it for it in job.output.splitlines() if it.startswith("{")]
    said = [it for it in map(msgspec.json.decode, lines) if it["severity"] == "ERROR"]
    place = moment(hour).strftime("%Y-%m-%d %H:%MZ")
    assert said[0]["message"] == "live figures differ and nothing explains it"
    assert (said[0]["pane"], said[0]["dimension"], said[0]["key"]) == (f"{place} 1 h", "metodo_pagamento", "pix")
    assert said[0]["postgres"] == "bruta=4701 pedidos=2 canceladas=700 pedidos_cancelados=1"
    assert said[0]["found"] == "bruta=9999 pedidos=2 canceladas=700 pedidos_cancelados=1"
    assert said[1]["message"] == (
        f"reconciliation failed: 1 unexplained differences, 0 missing panes, in 1 of {hours_of(compared)} hours, "
        f"the newest of {place}"
    )
    # The table for people.
    assert "inexplicada" in job.output
    assert compared.rows("select situacao from operacao.reconciliacao") == [("diverge",)]
    assert compared.rows(
        "select hora, segundos, dimensao, chave, situacao, postgres ->> 'bruta', encontrado ->> 'bruta' "
        "from operacao.reconciliacao_diferencas"
    ) == [(moment(hour), 3600, "metodo_pagamento", "pix", "inexplicada", "4701", "9999")]


def hours_of(shop: Shop) -> int:
    return int(shop.rows("select count(*) from operacao.reconciliacao_horas")[0][0])


def test_a_tampered_minute_is_found(compared: Shop, hour: int) -> None:
    compared.redis.hset(live.pane_key(60, hour + 60, Dimension.TOTAL), "", live.encode_measures([1] * 8))
    findings = run(compared).findings
    assert [(it.seconds, it.start, it.dimension, it.state) for it in findings] == [
        (60, hour + 60, "total", State.UNEXPLAINED)
    ]


def test_a_row_that_postgres_lost_is_not_explained(compared: Shop, hour: int) -> None:
    compared.connection.cursor().execute(
        "delete from transacoes_vendas where id_transacao = %s", (identity(1_000_002),)
    )
    compared.connection.commit()
    result = run(compared)
    assert {it.state for it in result.findings} == {State.UNEXPLAINED}
    total = next(it for it in of_hours(result.findings) if it.dimension == "total")
    assert (total.expected["pedidos"], total.found["pedidos"]) == (2, 3)
    with pytest.raises(TerminalError, match=r"reconciliation failed: \d+ unexplained differences"):
        alert(result)


def test_a_sketch_that_counts_others_is_out_of_its_bound(compared: Shop, hour: int) -> None:
    assert run(compared).agrees
    compared.redis.hdel(live.sketch_key(HOUR, hour), "visitantes")
    assert [(it.dimension, it.state, dict(it.expected), dict(it.found)) for it in run(compared).findings] == [
        ("visitantes", State.UNEXPLAINED, {"distintos": 5}, {"distintos": 0.0})
    ]


@pytest.mark.parametrize("behind", ["watermark", "persisted_until"])
def test_an_open_hour_is_not_compared(compared: Shop, hour: int, now: dt.datetime, behind: str) -> None:
    tamper(compared, hour, Dimension.PAYMENT, "pix", bruta=9999)
    said = {"watermark": now.timestamp(), "persisted_until": now.timestamp()} | {behind: hour + HOUR + 500.0}
    say(compared, **said)
    result = run(compared)
    assert result.agrees
    assert result.hours[0].start == hour - HOUR


def test_hours_and_as_of_choose_what_is_compared(compared: Shop, hour: int, now: dt.datetime) -> None:
    tamper(compared, hour, Dimension.PAYMENT, "pix", bruta=9999)
    assert [it.start for it in run(compared, hours=3, as_of=moment(hour + 1)).hours] == [
        hour - HOUR, hour - 2 * HOUR, hour - 3 * HOUR,
    ]  # fmt: skip
    assert not run(compared, hours=1, as_of=moment(hour + HOUR)).agrees
    with pytest.raises(UsageError, match=r"--as-of .* lies in the future"):
        run(compared, as_of=now + dt.timedelta(hours=1))
    with pytest.raises(UsageError, match="live panes are kept for 50 hours"):
        run(compared, as_of=now - dt.timedelta(hours=50))


def test_a_wiped_redis_says_what_is_missing_and_not_how_it_differs(compared: Shop, hour: int, now: dt.datetime) -> None:
    compared.redis.flushall()
    with pytest.raises(TerminalError, match=r"Redis has no status of the stream, and 0 of \d+ hours' panes"):
        run(compared)
    # The stream writes again, and nothing was rebuilt yet.
    say(compared, watermark=now.timestamp(), persisted_until=now.timestamp())
    findings = run(compared).findings
    assert [(it.start, it.dimension, it.key, it.state) for it in findings] == [(hour, "total", "", State.MISSING)]
    assert compared.rows("select ausentes, inexplicadas from operacao.reconciliacao_horas where ausentes > 0") == [
        (1, 0)
    ]
    heal(compared.settings, reason="teste", only_changed=False)
    assert run(compared).agrees


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"VITRINE_REDIS_PORT": "1"}, "reading the live status: Error 111 connecting to 127.0.0.1:1"),
        ({"VITRINE_POSTGRES_PORT": "1"}, "Postgres at 127.0.0.1:1"),
        ({"VITRINE_POSTGRES_PASSWORD": "wrong"}, "password authentication failed"),
    ],
)
def test_a_server_that_is_away_is_said_in_one_line(compared: Shop, changes: dict[str, str], said: str) -> None:
    compared.environment.update(changes)
    job = compared.run("jobs.reconcile", "run")
    assert job.process.returncode == 1
    assert said in job.output
    assert "Traceback" not in job.output


def test_redis_going_away_in_the_middle_is_written_down(compared: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> list[LateEvent]:
        raise LiveStoreUnavailable("reading late events: gone")

    monkeypatch.setattr(late_events, "read", away)
    with pytest.raises(LiveStoreUnavailable):
        run(compared)
    assert compared.rows("select situacao, motivo from operacao.reconciliacoes") == [
        ("falhou", "reading late events: gone")
    ]
    # The one before is still shown: there is none.
    assert compared.rows("select * from operacao.reconciliacao") == []


def test_one_reconciliation_at_a_time(compared: Shop) -> None:
    other = database.connect(compared.settings, application="tests-other")
    other.cursor().execute("select pg_advisory_lock(%s)", (0x7265636F,))
    other.commit()
    with pytest.raises(TerminalError, match="another reconciliation is under way"):
        run(compared)
    other.close()


def write_ledger(folder: Path, hour: int, figures: dict[str, int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(ledger.live_path(folder, 0)) as connection:
        connection.executescript(ledger.LIVE_TABLE)
        connection.executemany(
            "insert or replace into totais values (?, ?, ?)", [(hour // 60 + 1, *it) for it in figures.items()]
        )
    connection.close()


BOOKED = {
    "pedidos": 3, "receita_centavos": 5201, "unidades": 4, "cancelamentos": 1, "receita_cancelada_centavos": 700,
    "eventos:login": 5, "pedidos_por_pagamento:pix": 2, "receita_por_pagamento:pix": 4701,
    "pedidos_por_pagamento:boleto": 1, "receita_por_pagamento:boleto": 500, "pedidos_por_uf:SP": 2,
    "receita_por_uf:SP": 4701, "pedidos_por_uf:RJ": 1, "receita_por_uf:RJ": 500, "pedidos_por_segmento:VIP": 2,
    "receita_por_segmento:VIP": 4701, "pedidos_por_segmento:novo": 1, "receita_por_segmento:novo": 500,
    "receita_por_categoria:Livros": 2200, "unidades_por_categoria:Livros": 3, "receita_por_categoria:Jogos": 3001,
    "unidades_por_categoria:Jogos": 1, "status:cancelado": 1, "duplicados": 7,
}  # fmt: skip


def test_the_ledger_is_compared_where_it_is_there(compared: Shop, hour: int) -> None:
    folder = Path(compared.environment["VITRINE_SIMULATORS_FOLDER"])
    write_ledger(folder, hour, BOOKED)
    agreed = run(compared, with_ledger=True)
    assert agreed.findings == []
    assert compared.rows("select com_livro from operacao.reconciliacao") == [(True,)]

    write_ledger(folder, hour, {**BOOKED, "receita_por_pagamento:pix": 4702})
    [wrong] = run(compared, with_ledger=True).findings
    assert (wrong.source, wrong.dimension, wrong.key, wrong.state) == (
        "livro",
        "metodo_pagamento",
        "pix",
        "inexplicada",
    )
    assert (dict(wrong.expected), dict(wrong.found)) == ({"bruta": 4701, "pedidos": 2}, {"bruta": 4702, "pedidos": 2})
    assert run(compared, with_ledger=False).agrees


def test_an_order_whose_status_was_told_before_itself_is_not_yet_in_the_ledger(compared: Shop, hour: int) -> None:
    write_ledger(Path(compared.environment["VITRINE_SIMULATORS_FOLDER"]), hour, BOOKED)
    heard = order(5, moment(hour + 70), valor_total_compra=9.0, status_pedido="enviado")
    persist_sales(compared, {**heard, "data_status": moment(hour + 400).isoformat()})
    heal(compared.settings, reason="teste", only_changed=False)
    result = run(compared, with_ledger=True)
    assert result.agrees
    assert {(it.source, it.reasons, it.identities) for it in result.findings} == {
        ("livro", (Reason.STATUS_FIRST,), (heard["id_transacao"],))
    }
