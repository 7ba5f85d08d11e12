-- The four sources as tables, what was rejected, and what is odd about the data.

create type metodo_pagamento as enum ('cartao_credito', 'boleto', 'pix');
-- The order of the members is the order of the merge: the highest status wins.
create type status_pedido as enum ('processando', 'enviado', 'entregue', 'cancelado');
create type segmento_cliente as enum ('novo', 'fiel', 'VIP');
create type tipo_evento as enum (
    'visualizacao_produto', 'adicionar_carrinho', 'remover_carrinho', 'carrinho_criado',
    'checkout_iniciado', 'checkout_concluido', 'pesquisa', 'login'
);

-- Not partitioned: a partitioned table could not have a key on id_transacao alone.
create table transacoes_vendas (
    id_transacao        uuid primary key,
    id_pedido           uuid not null,
    id_usuario          uuid not null,
    id_produto          uuid[] not null,
    quantidade_produto  int[] not null check (cardinality(quantidade_produto) = cardinality(id_produto)),
    valor_total_compra  numeric(14, 2) not null check (valor_total_compra >= 0),
    data_compra         timestamptz not null,
    metodo_pagamento    metodo_pagamento not null,
    status_pedido       status_pedido not null,
    data_status         timestamptz not null,
    id_carrinho         uuid
);
create index transacoes_vendas_pedido on transacoes_vendas (id_pedido);
create index transacoes_vendas_data on transacoes_vendas (data_compra);
create index transacoes_vendas_cancelamento on transacoes_vendas (data_status) where status_pedido = 'cancelado';

create table eventos_web (
    id_evento         uuid not null,
    id_usuario        uuid,
    id_sessao         uuid not null,
    id_carrinho       uuid,
    tipo_evento       tipo_evento not null,
    id_produto        uuid,
    timestamp_evento  timestamptz not null,
    primary key (id_evento, timestamp_evento)
) partition by range (timestamp_evento);

create table catalogo_produtos (
    id_produto          uuid primary key,
    nome_produto        text not null,
    descricao_produto   text not null,
    categoria           text not null,
    preco_unitario      numeric(14, 2) not null,
    estoque_disponivel  int not null,
    produzido_em        timestamptz not null
);
-- A version is valid from its produzido_em until the next one's.
create table catalogo_produtos_versoes (
    id_produto          uuid not null,
    produzido_em        timestamptz not null,
    nome_produto        text not null,
    categoria           text not null,
    preco_unitario      numeric(14, 2) not null,
    estoque_disponivel  int not null,
    primary key (id_produto, produzido_em)
);

create table dados_clientes (
    id_usuario        uuid primary key,
    nome_usuario      text not null,
    email_usuario     text not null,
    data_cadastro     timestamptz not null,
    segmento_cliente  segmento_cliente not null,
    cidade            text not null,
    estado            text not null,
    pais              text not null,
    produzido_em      timestamptz not null
);
create table dados_clientes_versoes (
    id_usuario        uuid not null,
    produzido_em      timestamptz not null,
    segmento_cliente  segmento_cliente not null,
    cidade            text not null,
    estado            text not null,
    primary key (id_usuario, produzido_em)
);

-- What failed the contract. The payload is kept byte by byte: it may be anything. Message ids of the
-- emulator begin again at 1 when it starts, so the publish time is part of the key.
create table eventos_rejeitados (
    topico         text not null,
    id_mensagem    text not null,
    publicado_em   timestamptz not null,
    rejeitado_em   timestamptz not null default clock_timestamp(),
    codigo         text not null,
    campo          text not null,
    valor          text not null,
    regra          text not null,
    atributos      jsonb not null,
    conteudo       bytea not null,
    reenviado_em   timestamptz,
    primary key (topico, id_mensagem, publicado_em)
);
create index eventos_rejeitados_quando on eventos_rejeitados (rejeitado_em);

-- Accepted, yet odd: a version whose fixed fields differ from the first one's, a second transaction
-- for one order. Kept with what was said, because who is right depends on what arrived first.
create table achados_qualidade (
    tipo           text not null,
    identidade     text not null,
    detalhe        text not null,
    encontrado_em  timestamptz not null default clock_timestamp(),
    primary key (tipo, identidade, detalhe)
);
comment on table achados_qualidade is
    'Findings on accepted data: tipo names the rule, identidade the row, detalhe what differs';

-- Month partitions of eventos_web, made when first needed. Attaching takes a weaker lock than
-- CREATE TABLE ... PARTITION OF, so a long read of the table does not stop the writers.
create function garantir_particao_eventos(mes date) returns void language plpgsql as $$
declare
    nome text := 'eventos_web_' || to_char(mes, 'YYYY_MM');
    inicio timestamptz := date_trunc('month', mes)::timestamp at time zone 'UTC';
    fim timestamptz := (date_trunc('month', mes) + interval '1 month')::timestamp at time zone 'UTC';
begin
    if to_regclass('public.' || nome) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('garantir_particao_eventos'));
    -- Another writer may have made it meanwhile. to_regclass would answer from the session's cache, which
    -- the lock does not refresh; a query of the catalogue sees what was committed.
    if exists (select from pg_class where relname = nome and relnamespace = 'public'::regnamespace) then
        return;
    end if;
    execute format('create table public.%I (like public.eventos_web including all)', nome);
    execute format('alter table public.eventos_web attach partition public.%I for values from (%L) to (%L)',
                   nome, inicio, fim);
end $$;
