"""The health page from literal readings: what it judges, and what it says of each part."""

import datetime as dt
import shlex
from zoneinfo import ZoneInfo

import msgspec
import pytest
from typer.testing import CliRunner

from contracts.clock import WALL, ShopClock
from contracts.heartbeat import Beat
from contracts.live_layout import Stages
from dashboard.data.health import Health
from dashboard.data.health.postgres import (
    Beats,
    Difference,
    Healing,
    Hour,
    Reasons,
    Reconciled,
    Reconciliation,
    Run,
    Server,
    Storage,
    TableSize,
)
from dashboard.data.health.probing import Known, Trouble
from dashboard.data.health.redis_store import Memory, Statuses
from dashboard.data.health.rejected import RejectedEvent, RejectedPage
from dashboard.formats import Formats
from dashboard.texts import HEALTH
from dashboard.views.health import grid, view
from dashboard.views.health import rejected as rejected_view
from jobs.ingest.__main__ import app as ingest
from tests.dashboard.test_live_view import STATUS

PT, TEXTS = Formats("pt", ZoneInfo("America/Sao_Paulo")), HEALTH["pt"]
EN, ENGLISH = Formats("en", ZoneInfo("America/Sao_Paulo")), HEALTH["en"]
NB = "\N{NO-BREAK SPACE}"
# 2026-11-23 14:35:12 in São Paulo.
NOW = dt.datetime(2026, 11, 23, 17, 35, 12, tzinfo=dt.UTC)
CODE = {"vitrine": "0.1.0+abc1234", "python": "3.12.1", "pyspark": "4.1.2"}


def ago(**how):
    return NOW - dt.timedelta(**how)


def beat(part, data, *, instance="a", seconds=1.0, state="ativo", versions=CODE):
    return Beat(part, f"{part}-{instance}", state, data, ago(seconds=seconds), seconds, versions)


SIMULATORS = beat("simuladores", {"publicados": {"transacoes_vendas": 1_000, "eventos_web": 9_000}})
INGEST = beat(
    "ingest",
    {
        "recebidos": {"transacoes_vendas-persistencia": 1_000, "eventos_web-persistencia": 8_988},
        "pendentes": 3,
        "rejeitados": 5,
        "persistido_ate": dict.fromkeys(
            (
                "transacoes_vendas-persistencia",
                "eventos_web-persistencia",
                "catalogo_produtos-persistencia",
                "dados_clientes-persistencia",
            ),
            NOW.timestamp() - 42,
        ),
    },
)
STREAMING = beat(
    "streaming",
    {
        "recebidos": {"transacoes_vendas-tempo-real": 1_000, "eventos_web-tempo-real": 9_000},
        "selados": 9_500,
        "segmentos_bytes": 12_345_678,
        "nao_confirmados_bytes": 1_000,
        "identidades": 777,
    },
)


def earlier(it, seconds, **data):
    """What a process said so much before."""
    return msgspec.structs.replace(it, data=it.data | data, updated_at=it.updated_at - dt.timedelta(seconds=seconds))


BEFORE = {
    it.instance: it
    for it in (
        earlier(SIMULATORS, 10, publicados={"transacoes_vendas": 900, "eventos_web": 7_100}),
        earlier(INGEST, 10, recebidos={"eventos_web-persistencia": 7_988}, rejeitados=0),
        earlier(STREAMING, 10, recebidos={"eventos_web-tempo-real": 8_000}),
    )
}
RUN = Run(
    id=7,
    state="concluida",
    instant=ago(hours=2),
    started=ago(hours=2),
    ended=ago(hours=2) + dt.timedelta(seconds=75),
    findings=3,
    reason=None,
    code="0.1.0",
    is_shown=True,
)
RECONCILIATION = Reconciliation(
    number=4, state="confere", reason=None, started=ago(hours=1), ended=ago(minutes=59), with_ledger=True
)
HEALING = Healing(
    number=9,
    reason="a_cada_hora",
    state="concluida",
    failure=None,
    started=ago(minutes=30),
    ended=ago(minutes=29),
    hours=2,
    replaced=3,
    filled=120,
)


def health(**parts):
    values = {
        "beats": Beats([SIMULATORS, INGEST, STREAMING], BEFORE, WALL),
        "runs": [RUN],
        "reconciled": Reconciled(latest=RECONCILIATION, finished=RECONCILIATION, hours=[], differences=[]),
        "healings": [HEALING],
        "reasons": Reasons(counts={("eventos_web", "json_invalido"): 5}),
        "storage": Storage(1_234_000_000, [TableSize("public.eventos_web", 800_000_000, 4_000_000)]),
        "server": Server(version="18.0", migration="0008_x.sql", known="0008_x.sql"),
        "live": Statuses(STATUS, None),
        "memory": Memory(server="Valkey 9.1.0", used=32_000_000, most=0, keys=4_321, products=1_000, customers=200),
    } | parts
    return Health(**{name: it if isinstance(it, Known) else Known(it, NOW) for name, it in values.items()})


def shown(**parts):
    return view(health(**parts), NOW, PT, TEXTS)


def reasons(**parts):
    return [(it.tone, it.text) for it in shown(**parts).verdict.reasons]


def rows(name, **parts):
    grids = {it.id: it for it in shown(**parts).grids}
    return [[it.text for it in row] for row in grids[name].rows]


def test_where_all_is_well_it_says_so():
    verdict = shown().verdict
    assert (verdict.kind, verdict.label, verdict.reasons) == ("good", "Tudo em ordem", [])
    assert verdict.looked_at == "visto às 14:35:12"


def test_before_the_first_look_it_claims_nothing():
    nothing = {it: Known() for it in Health.__struct_fields__}
    verdict = view(Health(**nothing), NOW, PT, TEXTS).verdict
    assert (verdict.kind, verdict.label) == ("waiting", "Consultando…")


AWAY = Trouble("away", NOW - dt.timedelta(minutes=2))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            {"beats": Known(Beats([SIMULATORS, INGEST, STREAMING], BEFORE, WALL), NOW, AWAY)},
            ("bad", "O Postgres não responde desde 14:33:12: o que vem dele é o de antes."),
        ),
        (
            {"live": Known(Statuses(STATUS, None), NOW, AWAY)},
            ("bad", "O Redis não responde desde 14:33:12: a página ao vivo está parada."),
        ),
        (
            {"beats": Beats([SIMULATORS, msgspec.structs.replace(INGEST, age_seconds=90.0), STREAMING], BEFORE, WALL)},
            ("bad", f"Persistência não dá sinal há 1{NB}min."),
        ),
        (
            {"beats": Beats([SIMULATORS, INGEST, msgspec.structs.replace(STREAMING, state="parado")], BEFORE, WALL)},
            ("bad", "Tempo real não está no ar."),
        ),
        (
            {"beats": Beats([INGEST, STREAMING], BEFORE, WALL)},
            ("warn", "Ninguém publica eventos: os simuladores não estão no ar."),
        ),
        (
            {"live": Statuses(msgspec.structs.replace(STATUS, newest_event=NOW.timestamp() - 40), None)},
            ("warn", f"O evento mais novo no Redis é de 40{NB}s atrás."),
        ),
        (
            {"live": Statuses(msgspec.structs.replace(STATUS, newest_event=NOW.timestamp() - 3_600), None)},
            ("bad", f"O evento mais novo no Redis é de 1{NB}h{NB}00{NB}min atrás."),
        ),
        ({"live": Statuses(None, None)}, ("warn", "O processamento ao vivo ainda não publicou o primeiro lote.")),
        (
            {"live": Statuses(msgspec.structs.replace(STATUS, waiting=5_000), None)},
            ("warn", "5.000 linhas seladas esperam pelo Spark."),
        ),
        (
            {"live": Statuses(msgspec.structs.replace(STATUS, latency_p95=8.5), None)},
            ("warn", f"Um evento leva 8,5{NB}s até o Redis (p95)."),
        ),
        (
            {"runs": [msgspec.structs.replace(RUN, id=8, state="falhou", reason="Spark failed", is_shown=False), RUN]},
            ("bad", "A última execução do batch (8) falhou: Spark failed"),
        ),
        ({"runs": []}, ("warn", "O histórico ainda não foi calculado.")),
        (
            {"runs": [msgspec.structs.replace(RUN, instant=ago(days=3))]},
            ("warn", f"O histórico mostrado é de 3{NB}d atrás."),
        ),
        (
            {
                "reconciled": Reconciled(
                    latest=RECONCILIATION,
                    finished=msgspec.structs.replace(RECONCILIATION, state="diverge"),
                    hours=[],
                    differences=[],
                )
            },
            ("bad", "A reconciliação de 23/11/2026 13:36 encontrou diferenças sem explicação."),
        ),
        (
            {"healings": [msgspec.structs.replace(HEALING, state="falhou", failure="Redis away")]},
            ("warn", "A última recomposição dos painéis falhou: Redis away"),
        ),
        (
            {"server": Server(version="18.0", migration="0007_y.sql", known="0008_x.sql")},
            ("bad", "O esquema do banco (0007_y.sql) não é o deste código (0008_x.sql)."),
        ),
        (
            {"memory": Memory(server="Redis 7", used=97, most=100, keys=1, products=0, customers=0)},
            ("bad", f"O Redis usa 97{NB}% da memória que pode usar."),
        ),
        (
            {
                "beats": Beats(
                    [SIMULATORS, INGEST, msgspec.structs.replace(STREAMING, versions={"vitrine": "0.2.0"})],
                    BEFORE,
                    WALL,
                )
            },
            ("warn", "Há partes de versões diferentes: 0.1.0+abc1234, 0.2.0."),
        ),
        (
            {"beats": Beats([SIMULATORS, INGEST], BEFORE, WALL)},
            ("bad", "Tempo real não está no ar."),
        ),
    ],
)
def test_every_trouble_is_a_reason_in_words(parts, expected):
    assert expected in reasons(**parts)


def test_the_worst_comes_first_and_gives_the_verdict():
    both = shown(runs=[], server=Server(version="18", migration="0007", known="0008")).verdict
    assert [it.tone for it in both.reasons] == ["bad", "warn"]
    assert (both.kind, both.label) == ("bad", "Com problema")
    assert shown(runs=[]).verdict.kind == "warn"


def test_a_queue_counts_what_was_published_and_not_received_since_it_was_last_empty():
    keeper = beat("emulador", {"base": {"eventos_web-persistencia": 2}}, seconds=900.0)
    assert rows("queues", beats=Beats([SIMULATORS, INGEST, STREAMING, keeper], BEFORE, WALL)) == [
        ["transacoes_vendas-persistencia", "0", "10", "100", "14:34:30"],
        ["eventos_web-persistencia", "10", "190", "100", "14:34:30"],
        ["catalogo_produtos-persistencia", "0", "0", "0", "14:34:30"],
        ["dados_clientes-persistencia", "0", "0", "0", "14:34:30"],
        ["transacoes_vendas-tempo-real", "0", "10", "100", "–"],
        ["eventos_web-tempo-real", "0", "190", "100", "–"],
    ]


def claiming(seconds):
    """Ingest that says that all of so many seconds ago is kept."""
    until = dict.fromkeys(INGEST.data["persistido_ate"], NOW.timestamp() - seconds)
    return msgspec.structs.replace(INGEST, data=INGEST.data | {"persistido_ate": until})


def test_before_any_heartbeat_nobody_claims_that_nothing_waits():
    nobody = Beats([], {}, WALL)
    queue = next(it for it in shown(beats=nobody).stages if it.id == "queue")
    assert (queue.value, queue.note) == ("–", "")
    assert {row[1] for row in rows("queues", beats=nobody)} == {"–"}


def test_a_long_queue_is_a_reason_unless_all_of_a_minute_ago_is_kept():
    many = msgspec.structs.replace(SIMULATORS, data={"publicados": {"eventos_web": 20_000, "transacoes_vendas": 1_000}})
    waits = ("warn", "11.012 mensagens esperam em eventos_web-persistencia.")
    assert waits in reasons(beats=Beats([many, claiming(300), STREAMING], {}, WALL))
    assert waits not in reasons(beats=Beats([many, claiming(45), STREAMING], {}, WALL))


def test_many_rejected_events_are_a_reason():
    rejecting = msgspec.structs.replace(INGEST, data=INGEST.data | {"rejeitados": 400})
    assert (("warn", f"20,0{NB}% dos eventos dos últimos segundos foram rejeitados.")) in reasons(
        beats=Beats([SIMULATORS, rejecting, STREAMING], BEFORE, WALL)
    )


def test_the_stages_say_the_way_of_an_event():
    assert [(it.id, it.value, it.note) for it in shown().stages] == [
        ("published", "200/s", "10.000 eventos desde o início"),
        ("queue", "12 na fila", "mais em eventos_web-persistencia"),
        ("persisted", "200/s", f"tudo guardado até 42{NB}s atrás"),
        ("live", "200/s", f"p95 até o Redis: 0,8{NB}s"),
        ("redis", f"32,0{NB}MB", "4.321 chaves · sem limite próprio"),
        ("postgres", f"1,23{NB}GB", "maior tabela: eventos_web"),
    ]


def test_old_heartbeats_give_no_rates_and_are_dimmed():
    away = shown(beats=Known(Beats([SIMULATORS, INGEST, STREAMING], BEFORE, WALL), NOW, AWAY))
    stages = {it.id: it for it in away.stages}
    assert (stages["published"].value, stages["published"].is_old) == ("–", True)
    assert not stages["redis"].is_old
    grids = {it.id: it for it in away.grids}
    assert grids["queues"].trouble == "Sem resposta desde 14:33:12"
    assert grids["runs"].trouble == ""


def test_a_shop_that_runs_fast_expects_no_live_path():
    fast = ShopClock(wall_epoch=NOW, shop_epoch=NOW, speed=1440.0)
    beats = Beats([SIMULATORS, INGEST], BEFORE, fast)
    assert reasons(beats=beats, live=Statuses(None, None)) == []
    assert [it[0] for it in rows("parts", beats=beats)] == ["Simuladores", "Persistência"]


def test_parts_say_how_many_they_are_and_which_code_they_run():
    assert rows("parts") == [
        ["Simuladores", "no ar", "1", "200/s", "0", "–", "0.1.0+abc1234"],
        ["Persistência", "no ar", "1", "200/s", "3", "5", "0.1.0+abc1234"],
        ["Tempo real", "no ar", "1", "200/s", "0", "–", "0.1.0+abc1234"],
    ]


def test_latency_is_told_by_stage():
    assert rows("latency") == [
        ["Do evento ao Redis, p50", f"0,4{NB}s"],
        ["Do evento ao Redis, p95", f"0,8{NB}s"],
        ["Do evento ao Redis, p99", f"1,5{NB}s"],
        ["Último lote no Redis", f"0{NB}s"],
        ["Evento mais novo no Redis", f"1{NB}s"],
        ["Linhas seladas à espera do Spark", "0"],
        ["Tudo publicado está no Postgres até", f"42{NB}s"],
    ]


def test_the_stages_say_where_the_time_goes_and_what_each_of_them_is():
    stages = Stages(publish=0.05, broker=0.1, seal=0.1, wait=0.05, batch=0.45, write=0.25)
    told = Statuses(msgspec.structs.replace(STATUS, stages=stages), None)
    shown = rows("stages", live=told)
    assert [it[:3] for it in shown] == [
        ["Publicação", f"0,05{NB}s", f"5{NB}%"],
        ["Pub/Sub", f"0,10{NB}s", f"10{NB}%"],
        ["Selagem", f"0,10{NB}s", f"10{NB}%"],
        ["Espera pelo lote", f"0,05{NB}s", f"5{NB}%"],
        ["Lote do Spark", f"0,45{NB}s", f"45{NB}%"],
        ["Escrita no Redis", f"0,25{NB}s", f"25{NB}%"],
        ["Do produtor ao Redis", f"1,00{NB}s", ""],
    ]
    assert shown[4][3] == "do plano até os painéis calculados"


def test_stages_that_nobody_told_are_no_zeros():
    assert rows("stages") == []
    nothing = Stages(publish=0.0, broker=0.0, seal=0.0, wait=0.0, batch=0.0, write=0.0)
    told = rows("stages", live=Statuses(msgspec.structs.replace(STATUS, stages=nothing), None))
    assert {it[2] for it in told[:-1]} == {"–"}


def test_runs_say_what_they_were_over_and_why_they_failed():
    failed = msgspec.structs.replace(RUN, id=8, state="falhou", reason="<b>Spark</b>", is_shown=False, ended=None)
    assert rows("runs", runs=[failed, RUN]) == [
        ["8", "falhou", "23/11/2026 12:35", "–", "3", "0.1.0", "<b>Spark</b>"],
        ["7", "concluída · mostrada", "23/11/2026 12:35", f"1{NB}min", "3", "0.1.0", "–"],
    ]


def test_a_reconciliation_says_its_hours_and_explains_its_differences():
    found = Reconciled(
        latest=RECONCILIATION,
        finished=RECONCILIATION,
        hours=[
            Hour(
                start=dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC),
                gross=123_456,
                orders=10,
                compared=700,
                explained=1,
                unexplained=0,
                missing=0,
            )
        ],
        differences=[
            Difference(
                hour=dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC),
                source="redis",
                seconds=3600,
                dimension="categoria",
                key="Casa",
                state="explicada",
                expected={"bruta": 10_000, "unidades": 2},
                found={"bruta": 9_000, "unidades": 2},
                reasons=["produto_recente"],
                ids=["0123456789abcdef"],
            )
        ],
    )
    assert rows("reconciled", reconciled=found) == [["23/11 12:00", "10", f"R${NB}1.234,56", "700", "1", "0", "0"]]
    assert rows("differences", reconciled=found) == [
        [
            "Redis · 23/11 12:00 · 1 h",
            "categoria: Casa",
            f"bruta R${NB}100,00",
            f"bruta R${NB}90,00",
            "produto mudado perto do pedido (01234567)",
        ]
    ]


def test_a_reconciliation_that_did_not_end_stands_beside_the_one_that_did():
    failed = msgspec.structs.replace(RECONCILIATION, number=5, state="falhou", ended=NOW)
    both = Reconciled(latest=failed, finished=RECONCILIATION, hours=[], differences=[])
    grids = {it.id: it for it in shown(reconciled=both).grids}
    assert grids["reconciled"].note == (
        "reconciliação 4, 23/11/2026 13:36: confere · reconciliação 5, 23/11/2026 14:35: não terminou"
    )
    assert grids["differences"].empty == "Nenhuma diferença."
    none = Reconciled(latest=failed, finished=None, hours=[], differences=[])
    grids = {it.id: it for it in shown(reconciled=none).grids}
    assert grids["differences"].empty == TEXTS.reconciled_none


def test_recomputations_say_why_and_what_they_changed():
    assert rows("healings") == [
        ["23/11 14:05", "de hora em hora", "concluída", "2", "3", "120", f"1{NB}min", "–"],
    ]


def test_sizes_are_those_of_the_live_path_and_of_the_tables():
    assert rows("live_state") == [
        ["Spool: segmentos guardados", f"12,3{NB}MB", "9.500"],
        ["Spool: ainda não confirmado pelo Spark", f"1,00{NB}kB", "–"],
        ["Identidades na memória do processamento", "–", "777"],
        ["Redis: memória", f"32,0{NB}MB", "–"],
        ["Redis: chaves", "–", "4.321"],
        ["Redis: produtos e clientes", "–", "1.200"],
    ]
    assert rows("database") == [
        ["Banco de dados inteiro", f"1,23{NB}GB", "–"],
        ["eventos_web", f"800{NB}MB", "4.000.000"],
    ]


def test_reasons_of_rejections_are_counted_the_most_first():
    counts = {("eventos_web", "json_invalido"): 5, ("dados_clientes", "campo_ausente"): 1_200}
    assert rows("reasons", reasons=Reasons(counts=counts)) == [
        ["Campo ausente", "Clientes", "1.200"],
        ["Não é JSON", "Eventos web", "5"],
    ]


def test_versions_name_code_and_ground_of_every_part():
    assert ["Tempo real", "0.1.0+abc1234 · Python 3.12.1 · Spark 4.1.2"] in rows("versions")
    assert ["Postgres", "18.0"] in rows("versions")
    assert ["Redis", "Valkey 9.1.0"] in rows("versions")
    assert ["Esquema do banco", "0008_x.sql"] in rows("versions")


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, f"0{NB}B"), (999, f"999{NB}B"), (1_000, f"1.00{NB}kB"), (12_345, f"12.3{NB}kB"), (123_456_789, f"123{NB}MB")],
)
def test_bytes_have_three_digits(count, expected):
    assert grid.size(count, EN) == expected


EVENT = RejectedEvent(
    topic="dados_clientes",
    message="7'; rm -rf ~",
    published=dt.datetime(2026, 11, 23, 17, 35, 1, 123456, tzinfo=dt.UTC),
    rejected=dt.datetime(2026, 11, 23, 17, 35, 2, tzinfo=dt.UTC),
    code="valor_invalido",
    field="estado",
    value="XX",
    rule="must be one of AC, AL",
    attributes={"schema_version": "1", "remetente": "Ana"},
    payload=b'{"nome_usuario":"Ana","estado":"XX"}',
    size=9_000,
    replayed=None,
)


def rejected(event=EVENT, *, personal=False, is_local=True):
    page = RejectedPage([event], False)
    return rejected_view.view(page, "q", PT, TEXTS, personal=personal, is_local=is_local).rows[0]


def test_a_rejected_event_says_why_in_words_and_hides_who():
    row = rejected()
    assert (row.when, row.topic, row.reason) == ("23/11 14:35:02", "Clientes", "Valor inválido")
    assert row.detail == "O campo estado tem um valor que não é permitido."
    assert row.value == "estado = XX"
    assert row.payload == '{"nome_usuario":"•••","estado":"XX"}'
    assert row.payload_note == f"primeiros 36{NB}B de 9,00{NB}kB · dados pessoais ocultos"
    assert ("Atributos", "schema_version=1, remetente=•••") in row.facts


def test_personal_data_is_shown_to_who_asks():
    row = rejected(personal=True)
    assert row.payload == '{"nome_usuario":"Ana","estado":"XX"}'
    assert ("Atributos", "schema_version=1, remetente=Ana") in row.facts


def test_the_commands_name_the_event_and_quote_what_data_says():
    which = "--topic dados_clientes --message-id '7'\"'\"'; rm -rf ~' --since 2026-11-23T17:35:02"
    command = f".venv/bin/python -m local run jobs.ingest replay {which}"
    assert [it[1] for it in rejected().steps] == [command, f"{command} --mended mended.json"]
    assert rejected(is_local=False).steps[0][1] == f"python -m jobs.ingest replay {which}"
    again = rejected(msgspec.structs.replace(EVENT, replayed=NOW))
    assert again.replayed == "reenviado em 23/11/2026 14:35"
    assert again.steps[0][1] == f"{command} --again"


def test_a_command_is_one_that_ingest_knows():
    program = rejected().steps[1][1].removeprefix(".venv/bin/python -m local run jobs.ingest ")
    answer = CliRunner().invoke(ingest, [*shlex.split(program)[:-1], "/dev/no-such-file"])
    # Of all that is said only the file is not there.
    assert answer.exit_code == 2
    assert "--mended" in answer.output


def test_both_languages_say_everything():
    for formats, texts in ((PT, TEXTS), (EN, ENGLISH)):
        drawn = str(msgspec.to_builtins(view(health(), NOW, formats, texts)))
        assert "{" not in drawn.replace("{'", "").replace("{}", "")
