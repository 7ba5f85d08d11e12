"""What the batch reads: for each table only the columns that metrics need, in the types of Spark."""

import datetime as dt

import msgspec


class Column(msgspec.Struct, frozen=True):
    """A column of a scan: its name, the SQL that yields it and its type in Spark.

    Postgres' uuid comes as 16 bytes (``binary``).
    """

    name: str
    sql: str
    type: str


class Scan(msgspec.Struct, frozen=True):
    """Rows of one table, with its partitions if it has any. ``where`` is SQL."""

    table: str
    columns: tuple[Column, ...]
    where: str = "true"

    @property
    def schema(self) -> str:
        """The scan's columns as Spark's DDL."""
        return ", ".join(f"{it.name} {it.type}" for it in self.columns)

    def statement(self, relation: str, condition: str) -> str:
        """SQL for those rows of ``relation`` that meet ``condition`` as well."""
        columns = ", ".join(f"{it.sql} as {it.name}" for it in self.columns)
        return f"select {columns} from {relation} where ({self.where}) and {condition}"


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


def customers(instant: dt.datetime) -> Scan:
    """When each customer registered."""
    return Scan(
        "dados_clientes",
        (_column("data_cadastro", "timestamp"),),
        where=f"data_cadastro < {_literal(instant)}",
    )


def _literal(moment: dt.datetime) -> str:
    return f"timestamptz '{moment.astimezone(dt.UTC).isoformat()}'"
