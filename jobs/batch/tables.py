"""What the batch reads: for each table only the columns that metrics need, in the types of Spark."""

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec

from contracts.windows import FUNNEL


class Column(msgspec.Struct, frozen=True):
    """A column of a scan: its name, the SQL that yields it and its type in Spark.

    Postgres' uuid comes as 16 bytes (``binary``).
    """

    name: str
    sql: str
    type: str


class Scan(msgspec.Struct, frozen=True):
    """Rows of one table, with its partitions if it has any. ``where`` and ``group_by`` are SQL.

    What is grouped is read whole: groups of parts of a table would have to be put together again.
    """

    table: str
    columns: tuple[Column, ...]
    where: str = "true"
    group_by: str = ""

    @property
    def schema(self) -> str:
        """The scan's columns as Spark's DDL."""
        return ", ".join(f"{it.name} {it.type}" for it in self.columns)

    def statement(self, relation: str, condition: str) -> str:
        """SQL for those rows of ``relation`` that meet ``condition`` as well."""
        columns = ", ".join(f"{it.sql} as {it.name}" for it in self.columns)
        grouped = f" group by {self.group_by}" if self.group_by else ""
        return f"select {columns} from {relation} where ({self.where}) and {condition}{grouped}"


def _column(name: str, kind: str, sql: str | None = None) -> Column:
    return Column(name, sql or name, kind)


def sales(instant: dt.datetime) -> Scan:
    """One row a transaction. A cancellation after the instant has not happened yet."""
    moment = _literal(instant)
    return Scan(
        "transacoes_vendas",
        (
            _column("id_pedido", "binary"),
            _column("id_usuario", "binary"),
            _column("id_produto", "array<binary>"),
            _column("quantidade_produto", "array<int>"),
            _column("total_centavos", "bigint", "(valor_total_compra * 100)::bigint"),
            _column("data_compra", "timestamp"),
            _column("cancelado", "boolean", f"(status_pedido = 'cancelado' and data_status < {moment})"),
            _column("metodo_pagamento", "string", "metodo_pagamento::text"),
            _column("id_carrinho", "binary"),
        ),
        where=f"data_compra < {moment}",
    )


def catalogue_versions(instant: dt.datetime) -> Scan:
    """Every version of every product."""
    return Scan(
        "catalogo_produtos_versoes",
        (
            _column("id_produto", "binary"),
            _column("produzido_em", "timestamp"),
            _column("categoria", "string"),
            _column("preco_centavos", "bigint", "(preco_unitario * 100)::bigint"),
        ),
        where=f"produzido_em < {_literal(instant)}",
    )


def customer_versions(instant: dt.datetime) -> Scan:
    """Every version of every customer."""
    return Scan(
        "dados_clientes_versoes",
        (
            _column("id_usuario", "binary"),
            _column("produzido_em", "timestamp"),
            _column("segmento_cliente", "string", "segmento_cliente::text"),
            _column("uf", "string", "estado"),
            _column("cidade", "string"),
        ),
        where=f"produzido_em < {_literal(instant)}",
    )


def web_events(instant: dt.datetime) -> Scan:
    """Every event of the web; its type as the bit that it has in ``FUNNEL``, 0 outside of it."""
    steps = " ".join(f"when '{step.value}' then {1 << bit}" for bit, step in enumerate(FUNNEL))
    return Scan(
        "eventos_web",
        (
            _column("id_sessao", "binary"),
            _column("id_carrinho", "binary"),
            _column("passo", "int", f"(case tipo_evento {steps} else 0 end)"),
            _column("timestamp_evento", "timestamp"),
        ),
        where=f"timestamp_evento < {_literal(instant)}",
    )


def customer_days(instant: dt.datetime, zone: ZoneInfo) -> Scan:
    """How many customers registered on each of the shop's days: counted where they are, a row a day."""
    return Scan(
        "dados_clientes",
        (
            _column("dia", "date", f"(data_cadastro at time zone '{zone.key}')::date"),
            _column("clientes", "bigint", "count(*)"),
        ),
        where=f"data_cadastro < {_literal(instant)}",
        group_by="1",
    )


def names(instant: dt.datetime, zone: ZoneInfo) -> list[str]:
    """The tables of all scans."""
    scans = (sales(instant), catalogue_versions(instant), customer_versions(instant), web_events(instant))
    return [it.table for it in (*scans, customer_days(instant, zone))]


def _literal(moment: dt.datetime) -> str:
    return f"timestamptz '{moment.astimezone(dt.UTC).isoformat()}'"
