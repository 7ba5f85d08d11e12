"""What the parts leave in Postgres for the health page: heartbeats, rejected events, runs, reconciliations."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from contracts.database import Connection

CODE = {"vitrine": "0.1.0+abc1234", "python": "3.12.1", "pyspark": "4.1.2"}


def write_beat(
    connection: Connection, part: str, data: Mapping[str, Any], *, seconds_ago: float = 0.0, state: str = "ativo"
) -> None:
    """A part's last word."""
    connection.cursor().execute(
        "insert into operacao.batimentos (parte, instancia, estado, dados, atualizado_em) "
        "values (%s, %s, %s, %s::jsonb, clock_timestamp() - make_interval(secs => %s)) "
        "on conflict (parte, instancia) do update set dados = excluded.dados, estado = excluded.estado, "
        "atualizado_em = excluded.atualizado_em",
        (part, f"host-1-{part}", state, msgspec.json.encode({**data, "versoes": CODE}).decode(), seconds_ago),
    )
    connection.commit()


def write_all_beats(connection: Connection, *, published: int = 10_000, behind: int = 0) -> None:
    """Every part at work, with ``behind`` messages not yet persisted."""
    until = dt.datetime.now(dt.UTC).timestamp() - 42
    sources = ("transacoes_vendas", "eventos_web", "catalogo_produtos", "dados_clientes")
    write_beat(connection, "simuladores", {"publicados": {"eventos_web": published}, "pendentes": 0, "pausado": False})
    write_beat(
        connection,
        "ingest",
        {
            "recebidos": {"eventos_web-persistencia": published - behind},
            "pendentes": 0,
            "rejeitados": 3,
            "persistido_ate": {f"{it}-persistencia": until for it in sources},
        },
    )
    write_beat(
        connection,
        "streaming",
        {
            "recebidos": {"eventos_web-tempo-real": published},
            "selados": published,
            "segmentos_bytes": 4_200_000,
            "nao_confirmados_bytes": 12_000,
            "identidades": 900,
        },
    )


def write_rejected(
    connection: Connection,
    message_id: str,
    payload: bytes,
    *,
    topic: str = "dados_clientes",
    code: str = "valor_invalido",
    field: str = "estado",
    value: str = "XX",
    rule: str = "must be one of AC, AL",
    seconds_ago: float = 0.0,
) -> None:
    """An event that ingest has rejected."""
    connection.cursor().execute(
        "insert into eventos_rejeitados (topico, id_mensagem, publicado_em, rejeitado_em, codigo, campo, valor, regra, "
        "atributos, conteudo) values (%s, %s, now(), clock_timestamp() - make_interval(secs => %s), %s, %s, %s, %s, "
        '\'{"schema_version": "1"}\', %s)',
        (topic, message_id, seconds_ago, code, field, value, rule, payload),
    )
    connection.commit()


def write_reconciliation(connection: Connection, *, state: str = "confere") -> int:
    """A finished reconciliation of one hour with one explained difference."""
    cursor = connection.cursor()
    cursor.execute(
        "insert into operacao.reconciliacoes (situacao, terminada_em, instante, com_livro) "
        "values (%s, clock_timestamp(), now(), true) returning numero",
        (state,),
    )
    number: int = cursor.fetchone()[0]
    cursor.execute(
        "insert into operacao.reconciliacoes_horas values (%s, date_trunc('hour', now()), 123456, 10, 0, 500, 700, 1, "
        "0, 0)",
        (number,),
    )
    cursor.execute(
        "insert into operacao.reconciliacoes_diferencas values (%s, date_trunc('hour', now()), 'redis', 3600, "
        "date_trunc('hour', now()), 'categoria', 'Casa <img src=x onerror=alert(1)>', 'explicada', "
        "'{\"bruta\": 10000}', '{\"bruta\": 9000}', '{produto_recente}', '{0123456789abcdef}')",
        (number,),
    )
    connection.commit()
    return number


def write_healing(connection: Connection, *, state: str = "concluida", failure: str | None = None) -> None:
    """A recomputation of live panes."""
    connection.cursor().execute(
        "insert into operacao.recomposicoes (motivo, situacao, terminada_em, horas, substituidos, preenchidos, falha) "
        "values ('a_cada_hora', %s, clock_timestamp(), 2, 3, 120, %s)",
        (state, failure),
    )
    connection.commit()
