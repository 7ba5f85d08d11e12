"""The upserts: stage by COPY, merge in SQL. Every statement bears repetition and any order."""

import datetime as dt
import io
from collections.abc import Callable, Iterable

import msgspec
import numpy as np

from contracts import database
from contracts.bulk_events import WebEvents
from contracts.database import Connection
from contracts.errors import DatabaseRefusedData
from contracts.events import Cliente, EventoWeb, MetodoPagamento, Produto, StatusPedido, TransacaoVenda
from contracts.topology import Source
from jobs.ingest import copy_format
from jobs.ingest.copy_format import Field
from jobs.ingest.decoding import Batch, Columns, Received
from jobs.ingest.recent import Recent

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# Where others hold what we do not know of, it will be in the next batches too, and each attempt leaves dead rows.
_MERGES_AFTER_A_REFUSAL = 50


class Merge(msgspec.Struct, frozen=True):
    """How one source gets into its tables.

    ``row`` makes the COPY line (text format, without the newline); ``stage`` is the temporary table's
    definition; ``statements`` merge it, in order.
    """

    row: Callable[[Received], str]
    stage: str
    statements: tuple[str, ...]


def stage_name(source: Source) -> str:
    """The temporary table of a source."""
    return f"entrada_{source}"


class Upserts:
    """Writes one source's events through one connection."""

    def __init__(self, connection: Connection, source: Source) -> None:
        self._connection = connection
        self._source = source
        self._months: set[dt.date] = set()
        self._recent = Recent()
        self._merges_to_come = 0
        connection.cursor().execute(
            f"create temporary table {stage_name(source)} (ordem int, {MERGES[source].stage}) on commit delete rows"
        )
        connection.commit()

    def write(self, batch: Batch) -> None:
        """Write what a batch holds in a transaction that begins here; the caller commits."""
        columns = batch.columns
        if self._source is Source.WEB_EVENTS:
            self._require_partitions(batch)
            columns = self._without_copied(columns) if columns else None
        merge, stage, cursor = MERGES[self._source], stage_name(self._source), self._connection.cursor()
        if columns:
            names, rows = binary_rows(columns)
            cursor.execute(f"copy {stage} ({names}) from stdin (format binary)", stream=io.BytesIO(rows))
        if batch.received:
            lines = "".join([f"{place}\t{merge.row(it)}\n" for place, it in batch.received.items()])
            cursor.execute(f"copy {stage} from stdin", stream=io.BytesIO(lines.encode()))
        if columns or batch.received:
            for statement in merge.statements:
                cursor.execute(statement)

    def _without_copied(self, columns: Columns) -> Columns | None:
        """Copy those web events into their table that have not come before, as far as we know; the others are left.

        Whoever knows better is the table's key: it refuses the whole copy, and then all are left to the merge.
        """
        events = columns.events
        assert isinstance(events, WebEvents)
        # As the merge does it: two writers of the same events wait for each other in one order.
        order = np.argsort(np.ascontiguousarray(events.identities[:, :8]).view(">u8").ravel(), kind="stable")
        identities = events.identities[order]
        came_before = self._recent.among(identities)
        came_before[1:] |= (identities[1:] == identities[:-1]).all(axis=1)
        if self._merges_to_come:
            self._merges_to_come -= 1
            return columns
        fresh, left = order[~came_before], order[came_before]
        if not len(fresh):
            return columns
        names, rows = binary_rows(Columns(events.take(fresh), columns.places[fresh]))
        try:
            with database.translated("copying web events"):
                self._connection.cursor().execute(
                    f"copy eventos_web ({names}) from stdin (format binary)", stream=io.BytesIO(rows)
                )
        except DatabaseRefusedData:
            with database.translated("undoing a refused copy"):
                self._connection.rollback()
            self._merges_to_come = _MERGES_AFTER_A_REFUSAL
            return columns
        return Columns(events.take(left), columns.places[left]) if len(left) else None

    def _require_partitions(self, batch: Batch) -> None:
        """Make the month partitions that these web events need, in a transaction of its own."""
        moments = [it.event.timestamp_evento for it in batch.received.values() if isinstance(it.event, EventoWeb)]
        months = {dt.date(it.year, it.month, 1) for it in moments}
        if batch.columns:
            assert isinstance(batch.columns.events, WebEvents)
            months |= set(np.unique(batch.columns.events.instants.view("M8[us]").astype("M8[M]")).tolist())
        for month in sorted(months - self._months):
            self._connection.cursor().execute("select garantir_particao_eventos(%s)", (month,))
            self._connection.commit()
            self._months.add(month)


def binary_rows(columns: Columns) -> tuple[str, bytes]:
    """The names of columns, and the rows in COPY's binary format."""
    it = columns.events
    if isinstance(it, WebEvents):
        kinds = it.kinds.dictionary_encode()
        return _WEB_EVENT_COLUMNS, copy_format.rows(
            [
                Field(it.identities),
                copy_format.optional_ids(it.users),
                Field(it.sessions),
                copy_format.optional_ids(it.carts),
                copy_format.words(np.asarray(kinds.indices), kinds.dictionary.to_pylist()),
                copy_format.optional_ids(it.products),
                copy_format.instants(it.instants),
            ]
        )
    return f"ordem, {_TRANSACTION_COLUMNS}", copy_format.rows(
        [
            copy_format.integers(columns.places),
            Field(it.identities),
            Field(it.orders),
            Field(it.buyers),
            copy_format.id_arrays(it.products, it.items),
            copy_format.integer_arrays(it.quantities, it.items),
            copy_format.amounts(it.centavos),
            copy_format.instants(it.placed),
            copy_format.words([_PAYMENTS[payment] for payment in it.payments], list(_PAYMENTS)),
            copy_format.words([_STATUSES[status] for status in it.statuses], list(_STATUSES)),
            copy_format.instants(it.reached),
            copy_format.optional_ids(it.carts),
        ]
    )


_PAYMENTS = {it: place for place, it in enumerate(MetodoPagamento)}
_STATUSES = {it: place for place, it in enumerate(StatusPedido)}


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _optional(value: object) -> str:
    return "\\N" if value is None else str(value)


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _reais(centavos: int) -> str:
    return f"{centavos // 100}.{centavos % 100:02d}"


def _transaction(received: Received) -> str:
    it = received.event
    assert isinstance(it, TransacaoVenda)
    return (
        f"{it.id_transacao}\t{it.id_pedido}\t{it.id_usuario}\t{_array(it.produtos)}\t{_array(it.quantidades)}\t"
        f"{_reais(it.total_centavos)}\t{it.data_compra}\t{it.metodo_pagamento}\t{it.status_pedido}\t"
        f"{it.status_em}\t{_optional(it.id_carrinho)}"
    )


def _web_event(received: Received) -> str:
    it = received.event
    assert isinstance(it, EventoWeb)
    return (
        f"{it.id_evento}\t{_optional(it.id_usuario)}\t{it.id_sessao}\t{_optional(it.id_carrinho)}\t"
        f"{it.tipo_evento}\t{_optional(it.id_produto)}\t{it.timestamp_evento}"
    )


def _product(received: Received) -> str:
    it = received.event
    assert isinstance(it, Produto)
    return (
        f"{it.id_produto}\t{_text(it.nome_produto)}\t{_text(it.descricao_produto)}\t{_text(it.categoria)}\t"
        f"{_reais(it.preco_centavos)}\t{it.estoque_disponivel}\t{received.produced_at}"
    )


def _customer(received: Received) -> str:
    it = received.event
    assert isinstance(it, Cliente)
    return (
        f"{it.id_usuario}\t{_text(it.nome_usuario)}\t{_text(it.email_usuario)}\t{it.data_cadastro}\t"
        f"{it.segmento_cliente}\t{_text(it.cidade)}\t{it.estado}\t{_text(it.pais)}\t{received.produced_at}"
    )


# A version that says otherwise than the one kept: compared within the batch's first version and the
# table's, because either may have come first. The status and its time may differ, nothing else.
_FIXED = (
    "id_pedido",
    "id_usuario",
    "id_produto",
    "quantidade_produto",
    "valor_total_compra",
    "data_compra",
    "metodo_pagamento",
    "id_carrinho",
)
_FIXED_OF = {alias: ", ".join(f"{alias}.{name}" for name in _FIXED) for alias in ("e", "t")}
_TRANSACTION_COLUMNS = (
    "id_transacao, id_pedido, id_usuario, id_produto, quantidade_produto, valor_total_compra, data_compra, "
    "metodo_pagamento, status_pedido, data_status, id_carrinho"
)
_WEB_EVENT_COLUMNS = "id_evento, id_usuario, id_sessao, id_carrinho, tipo_evento, id_produto, timestamp_evento"

MERGES: dict[Source, Merge] = {
    Source.TRANSACTIONS: Merge(
        row=_transaction,
        stage="id_transacao uuid, id_pedido uuid, id_usuario uuid, id_produto uuid[], quantidade_produto int[], "
        "valor_total_compra numeric(14, 2), data_compra timestamptz, metodo_pagamento metodo_pagamento, "
        "status_pedido status_pedido, data_status timestamptz, id_carrinho uuid",
        statements=(
            # The fixed fields of the first to arrive, the status of the furthest: highest rank, and of
            # equal ones the earliest time.
            f"""
            insert into transacoes_vendas as t ({_TRANSACTION_COLUMNS})
            select p.id_transacao, p.id_pedido, p.id_usuario, p.id_produto, p.quantidade_produto,
                   p.valor_total_compra, p.data_compra, p.metodo_pagamento, s.status_pedido, s.data_status,
                   p.id_carrinho
              from (select distinct on (id_transacao) * from entrada_transacoes_vendas
                     order by id_transacao, ordem) p
              join (select distinct on (id_transacao) id_transacao, status_pedido, data_status
                      from entrada_transacoes_vendas
                     order by id_transacao, status_pedido desc, data_status) s using (id_transacao)
             order by p.id_transacao
            on conflict (id_transacao) do update
               set status_pedido = excluded.status_pedido, data_status = excluded.data_status
             where excluded.status_pedido > t.status_pedido
                or (excluded.status_pedido = t.status_pedido and excluded.data_status < t.data_status)
            """,
            f"""
            insert into achados_qualidade (tipo, identidade, detalhe)
            select distinct 'versao_divergente', e.id_transacao::text, (to_jsonb(e) - 'ordem')::text
              from entrada_transacoes_vendas e
              join transacoes_vendas t using (id_transacao)
             where ({_FIXED_OF["e"]}) is distinct from ({_FIXED_OF["t"]})
            on conflict do nothing
            """,
            """
            insert into achados_qualidade (tipo, identidade, detalhe)
            select distinct 'pedido_repetido', e.id_pedido::text, t.id_transacao::text
              from (select distinct id_pedido from entrada_transacoes_vendas) e
              join transacoes_vendas t using (id_pedido)
             where exists (select from transacoes_vendas o
                            where o.id_pedido = e.id_pedido and o.id_transacao <> t.id_transacao)
            on conflict do nothing
            """,
        ),
    ),
    Source.WEB_EVENTS: Merge(
        row=_web_event,
        stage="id_evento uuid, id_usuario uuid, id_sessao uuid, id_carrinho uuid, tipo_evento tipo_evento, "
        "id_produto uuid, timestamp_evento timestamptz",
        statements=(
            f"""
            insert into eventos_web ({_WEB_EVENT_COLUMNS})
            select {_WEB_EVENT_COLUMNS}
              from entrada_eventos_web
             order by id_evento
            on conflict do nothing
            """,
        ),
    ),
    Source.CATALOGUE: Merge(
        row=_product,
        stage="id_produto uuid, nome_produto text, descricao_produto text, categoria text, "
        "preco_unitario numeric(14, 2), estoque_disponivel int, produzido_em timestamptz",
        statements=(
            """
            insert into catalogo_produtos_versoes (id_produto, produzido_em, nome_produto, categoria,
                                                   preco_unitario, estoque_disponivel)
            select distinct on (id_produto, produzido_em)
                   id_produto, produzido_em, nome_produto, categoria, preco_unitario, estoque_disponivel
              from entrada_catalogo_produtos
             order by id_produto, produzido_em, ordem
            on conflict do nothing
            """,
            """
            insert into catalogo_produtos as t (id_produto, nome_produto, descricao_produto, categoria,
                                                preco_unitario, estoque_disponivel, produzido_em)
            select distinct on (id_produto) id_produto, nome_produto, descricao_produto, categoria,
                   preco_unitario, estoque_disponivel, produzido_em
              from entrada_catalogo_produtos
             order by id_produto, produzido_em desc, ordem
            on conflict (id_produto) do update
               set nome_produto = excluded.nome_produto, descricao_produto = excluded.descricao_produto,
                   categoria = excluded.categoria, preco_unitario = excluded.preco_unitario,
                   estoque_disponivel = excluded.estoque_disponivel, produzido_em = excluded.produzido_em
             where excluded.produzido_em > t.produzido_em
            """,
        ),
    ),
    Source.CUSTOMERS: Merge(
        row=_customer,
        stage="id_usuario uuid, nome_usuario text, email_usuario text, data_cadastro timestamptz, "
        "segmento_cliente segmento_cliente, cidade text, estado text, pais text, produzido_em timestamptz",
        statements=(
            """
            insert into dados_clientes_versoes (id_usuario, produzido_em, segmento_cliente, cidade, estado)
            select distinct on (id_usuario, produzido_em)
                   id_usuario, produzido_em, segmento_cliente, cidade, estado
              from entrada_dados_clientes
             order by id_usuario, produzido_em, ordem
            on conflict do nothing
            """,
            """
            insert into dados_clientes as t (id_usuario, nome_usuario, email_usuario, data_cadastro,
                                             segmento_cliente, cidade, estado, pais, produzido_em)
            select distinct on (id_usuario) id_usuario, nome_usuario, email_usuario, data_cadastro,
                   segmento_cliente, cidade, estado, pais, produzido_em
              from entrada_dados_clientes
             order by id_usuario, produzido_em desc, ordem
            on conflict (id_usuario) do update
               set nome_usuario = excluded.nome_usuario, email_usuario = excluded.email_usuario,
                   data_cadastro = excluded.data_cadastro, segmento_cliente = excluded.segmento_cliente,
                   cidade = excluded.cidade, estado = excluded.estado, pais = excluded.pais,
                   produzido_em = excluded.produzido_em
             where excluded.produzido_em > t.produzido_em
            """,
        ),
    ),
}
