-- What the batch leaves: runs, one pointer to the current one, a table of results per metric keyed by
-- run, and a view of the current run per metric. Results carry no foreign key to their run: checking
-- one per row costs more than the COPY, and rows and run are written in the same transaction.
-- Money is integer centavos in tables and NUMERIC(20,2) in views: a sum of many NUMERIC(14,2) does not fit one.

create schema metricas;

create table metricas.execucoes (
    id             bigint generated always as identity primary key,
    instante       timestamptz not null,
    ate_o_dia      date,
    iniciada_em    timestamptz not null default clock_timestamp(),
    terminada_em   timestamptz,
    situacao       text not null default 'em_andamento' check (situacao in ('em_andamento', 'concluida', 'falhou')),
    motivo         text,
    dados          jsonb not null default '{}',
    versao_codigo  text not null
);
comment on table metricas.execucoes is 'Every run of the batch';
comment on column metricas.execucoes.instante is 'The shop''s instant the run describes: events from it on are left out';
comment on column metricas.execucoes.ate_o_dia is 'The day asked for with --as-of; null for a run as of now';
comment on column metricas.execucoes.motivo is 'Why the run failed';
comment on column metricas.execucoes.dados is 'linhas: rows by table read and by metric written; achados: findings on the data; segundos: time by phase';

create table metricas.execucao_atual (
    unico     boolean primary key default true check (unico),
    execucao  bigint not null references metricas.execucoes
);
comment on table metricas.execucao_atual is 'The run that the views show; moved in the transaction that inserts the run''s rows';

create table metricas.vendas_totais_por_execucao (
    execucao             bigint not null,
    periodo              text not null,
    inicio               date not null,
    completo             boolean not null,
    bruta_centavos       bigint not null,
    canceladas_centavos  bigint not null,
    liquida_centavos     bigint not null,
    primary key (execucao, periodo, inicio)
);

create table metricas.numero_pedidos_por_execucao (
    execucao    bigint not null,
    periodo     text not null,
    inicio      date not null,
    completo    boolean not null,
    pedidos     bigint not null,
    cancelados  bigint not null,
    primary key (execucao, periodo, inicio)
);

create table metricas.ticket_medio_por_execucao (
    execucao          bigint not null,
    periodo           text not null,
    inicio            date not null,
    completo          boolean not null,
    liquida_centavos  bigint not null,
    pedidos           bigint not null,
    ticket_centavos   bigint,
    primary key (execucao, periodo, inicio)
);

create table metricas.produtos_mais_vendidos_por_execucao (
    execucao          bigint not null,
    periodo           text not null,
    inicio            date not null,
    completo          boolean not null,
    id_produto        uuid not null,
    posicao           int not null,
    posicao_anterior  int,
    unidades          bigint not null,
    receita_centavos  bigint not null,
    primary key (execucao, periodo, inicio, posicao)
);

create table metricas.receita_por_categoria_por_execucao (
    execucao          bigint not null,
    periodo           text not null,
    inicio            date not null,
    completo          boolean not null,
    categoria         text not null,
    unidades          bigint not null,
    receita_centavos  bigint not null,
    primary key (execucao, periodo, inicio, categoria)
);

create table metricas.receita_media_usuario_por_execucao (
    execucao              bigint not null,
    periodo               text not null,
    inicio                date not null,
    completo              boolean not null,
    liquida_centavos      bigint not null,
    compradores           bigint not null,
    clientes_cadastrados  bigint not null,
    por_comprador_centavos  bigint,
    por_cliente_centavos    bigint,
    primary key (execucao, periodo, inicio)
);

create table metricas.crescimento_receita_por_execucao (
    execucao                bigint not null,
    periodo                 text not null,
    inicio                  date not null,
    completo                boolean not null,
    liquida_centavos        bigint not null,
    anterior_centavos       bigint,
    ano_anterior_centavos   bigint,
    primary key (execucao, periodo, inicio)
);

create table metricas.variacao_ticket_medio_por_execucao (
    execucao                       bigint not null,
    periodo                        text not null,
    inicio                         date not null,
    completo                       boolean not null,
    liquida_centavos               bigint not null,
    pedidos                        bigint not null,
    anterior_liquida_centavos      bigint,
    anterior_pedidos               bigint,
    ano_anterior_liquida_centavos  bigint,
    ano_anterior_pedidos           bigint,
    primary key (execucao, periodo, inicio)
);

create table metricas.pedidos_por_cliente_por_execucao (
    execucao     bigint not null,
    periodo      text not null,
    inicio       date not null,
    completo     boolean not null,
    pedidos      bigint not null,
    compradores  bigint not null,
    primary key (execucao, periodo, inicio)
);

create function metricas.atual() returns bigint language sql stable as
    'select execucao from metricas.execucao_atual';
comment on function metricas.atual() is 'The run that the views show; null before the first one';

create function metricas.reais(centavos numeric) returns numeric language sql immutable as
    'select centavos / 100';
comment on function metricas.reais(numeric) is 'Centavos as BRL';

create function metricas.variacao(agora numeric, antes numeric) returns numeric language sql immutable as
    'select case when antes > 0 then round((agora - antes) / antes, 6) end';
comment on function metricas.variacao(numeric, numeric) is '(now − before) ÷ before; null when before is 0, less or unknown';

create view metricas.execucao as
    select id as execucao, instante, ate_o_dia, iniciada_em, terminada_em, dados, versao_codigo
    from metricas.execucoes where id = (select metricas.atual());

create view metricas.vendas_totais as
    select periodo, inicio, completo, metricas.reais(bruta_centavos)::numeric(20, 2) as bruta,
           metricas.reais(canceladas_centavos)::numeric(20, 2) as canceladas,
           metricas.reais(liquida_centavos)::numeric(20, 2) as liquida
    from metricas.vendas_totais_por_execucao where execucao = (select metricas.atual());

create view metricas.numero_pedidos as
    select periodo, inicio, completo, pedidos, cancelados
    from metricas.numero_pedidos_por_execucao where execucao = (select metricas.atual());

create view metricas.ticket_medio as
    select periodo, inicio, completo, metricas.reais(liquida_centavos)::numeric(20, 2) as liquida, pedidos,
           metricas.reais(ticket_centavos)::numeric(20, 2) as ticket_medio
    from metricas.ticket_medio_por_execucao where execucao = (select metricas.atual());

create view metricas.produtos_mais_vendidos as
    select m.periodo, m.inicio, m.completo, m.posicao, m.id_produto, p.nome_produto, p.categoria, m.unidades,
           metricas.reais(m.receita_centavos)::numeric(20, 2) as receita, m.posicao_anterior,
           m.posicao_anterior - m.posicao as movimento
    from metricas.produtos_mais_vendidos_por_execucao m
    left join public.catalogo_produtos p using (id_produto)
    where m.execucao = (select metricas.atual());

create view metricas.produtos_ao_longo_do_tempo as
    select m.id_produto, p.nome_produto, m.periodo, m.inicio, m.completo, m.posicao, m.posicao_anterior,
           m.posicao_anterior - m.posicao as movimento, m.unidades
    from metricas.produtos_mais_vendidos_por_execucao m
    left join public.catalogo_produtos p using (id_produto)
    where m.execucao = (select metricas.atual());

create view metricas.receita_por_categoria as
    select periodo, inicio, completo, categoria, unidades, metricas.reais(receita_centavos)::numeric(20, 2) as receita
    from metricas.receita_por_categoria_por_execucao where execucao = (select metricas.atual());

create view metricas.receita_media_usuario as
    select periodo, inicio, completo, metricas.reais(liquida_centavos)::numeric(20, 2) as liquida, compradores,
           clientes_cadastrados, metricas.reais(por_comprador_centavos)::numeric(20, 2) as por_comprador,
           metricas.reais(por_cliente_centavos)::numeric(20, 2) as por_cliente
    from metricas.receita_media_usuario_por_execucao where execucao = (select metricas.atual());

create view metricas.crescimento_receita as
    select periodo, inicio, completo, metricas.reais(liquida_centavos)::numeric(20, 2) as liquida,
           metricas.reais(anterior_centavos)::numeric(20, 2) as anterior,
           metricas.reais(ano_anterior_centavos)::numeric(20, 2) as ano_anterior,
           metricas.variacao(liquida_centavos, anterior_centavos) as crescimento,
           metricas.variacao(liquida_centavos, ano_anterior_centavos) as crescimento_anual
    from metricas.crescimento_receita_por_execucao where execucao = (select metricas.atual());

create view metricas.variacao_ticket_medio as
    select periodo, inicio, completo,
           round(liquida_centavos::numeric / nullif(pedidos, 0) / 100, 2)::numeric(20, 2) as ticket_medio,
           round(anterior_liquida_centavos::numeric / nullif(anterior_pedidos, 0) / 100, 2)::numeric(20, 2) as anterior,
           round(ano_anterior_liquida_centavos::numeric / nullif(ano_anterior_pedidos, 0) / 100, 2)::numeric(20, 2)
               as ano_anterior,
           metricas.variacao(liquida_centavos::numeric / nullif(pedidos, 0),
                             anterior_liquida_centavos::numeric / nullif(anterior_pedidos, 0)) as variacao,
           metricas.variacao(liquida_centavos::numeric / nullif(pedidos, 0),
                             ano_anterior_liquida_centavos::numeric / nullif(ano_anterior_pedidos, 0))
               as variacao_anual
    from metricas.variacao_ticket_medio_por_execucao where execucao = (select metricas.atual());

create view metricas.pedidos_por_cliente as
    select periodo, inicio, completo, pedidos, compradores,
           round(pedidos::numeric / nullif(compradores, 0), 4) as pedidos_por_cliente
    from metricas.pedidos_por_cliente_por_execucao where execucao = (select metricas.atual());

comment on view metricas.execucao is 'A execução que as visões mostram / the run that the views show';
comment on column metricas.execucao.execucao is 'Número da execução / number of the run';
comment on column metricas.execucao.instante is 'Instante da loja que a execução descreve / the shop''s instant that the run describes';
comment on column metricas.execucao.ate_o_dia is 'Dia pedido com --as-of, vazio para agora / day asked for with --as-of, null for now';
comment on column metricas.execucao.iniciada_em is 'Início, no relógio da máquina / start, by the wall''s clock';
comment on column metricas.execucao.terminada_em is 'Fim, no relógio da máquina / end, by the wall''s clock';
comment on column metricas.execucao.dados is 'Linhas, achados e tempos / rows, findings and times';
comment on column metricas.execucao.versao_codigo is 'Versão do código / version of the code';

comment on view metricas.vendas_totais is 'Vendas por período da compra / sales by period of purchase (BRL)';
comment on column metricas.vendas_totais.bruta is 'Todas as transações / all transactions (BRL)';
comment on column metricas.vendas_totais.canceladas is 'Transações canceladas até o instante / transactions cancelled by the instant (BRL)';
comment on column metricas.vendas_totais.liquida is 'Bruta − canceladas / gross − cancelled (BRL)';

comment on view metricas.numero_pedidos is 'Pedidos distintos por período da compra / distinct orders by period of purchase';
comment on column metricas.numero_pedidos.pedidos is 'Pedidos com transação não cancelada / orders with a transaction not cancelled';
comment on column metricas.numero_pedidos.cancelados is 'Pedidos só com transações canceladas / orders with cancelled transactions only';

comment on view metricas.ticket_medio is 'Líquida ÷ pedidos válidos / net ÷ valid orders (BRL)';
comment on column metricas.ticket_medio.liquida is 'Vendas líquidas / net sales (BRL)';
comment on column metricas.ticket_medio.pedidos is 'Pedidos válidos / valid orders';
comment on column metricas.ticket_medio.ticket_medio is 'Líquida ÷ pedidos, vazio sem pedidos / net ÷ orders, null without orders (BRL)';

comment on view metricas.produtos_mais_vendidos is 'Produtos por unidades vendidas em cada período / products by units sold in each period';
comment on column metricas.produtos_mais_vendidos.posicao is 'Posição no período, 1 é o mais vendido / rank in the period, 1 sold most';
comment on column metricas.produtos_mais_vendidos.id_produto is 'Produto / product';
comment on column metricas.produtos_mais_vendidos.nome_produto is 'Nome no catálogo de hoje, vazio se desconhecido / name in today''s catalogue, null when unknown';
comment on column metricas.produtos_mais_vendidos.categoria is 'Categoria no catálogo de hoje / category in today''s catalogue';
comment on column metricas.produtos_mais_vendidos.unidades is 'Unidades não canceladas / units not cancelled';
comment on column metricas.produtos_mais_vendidos.receita is 'Parte da líquida que cabe ao produto / the product''s share of net (BRL)';
comment on column metricas.produtos_mais_vendidos.posicao_anterior is 'Posição no período anterior, vazio se não vendeu / rank in the previous period, null when not sold';
comment on column metricas.produtos_mais_vendidos.movimento is 'Posições ganhas desde o período anterior / ranks gained since the previous period';

comment on view metricas.produtos_ao_longo_do_tempo is 'Posição de cada produto período a período / each product''s rank period by period';
comment on column metricas.produtos_ao_longo_do_tempo.id_produto is 'Produto / product';
comment on column metricas.produtos_ao_longo_do_tempo.nome_produto is 'Nome no catálogo de hoje, vazio se desconhecido / name in today''s catalogue, null when unknown';
comment on column metricas.produtos_ao_longo_do_tempo.posicao is 'Posição no período, 1 é o mais vendido / rank in the period, 1 sold most';
comment on column metricas.produtos_ao_longo_do_tempo.posicao_anterior is 'Posição no período anterior, vazio se não vendeu / rank in the previous period, null when not sold';
comment on column metricas.produtos_ao_longo_do_tempo.movimento is 'Posições ganhas desde o período anterior / ranks gained since the previous period';
comment on column metricas.produtos_ao_longo_do_tempo.unidades is 'Unidades não canceladas / units not cancelled';

comment on view metricas.receita_por_categoria is 'A líquida repartida entre as categorias / net shared among the categories (BRL)';
comment on column metricas.receita_por_categoria.categoria is 'Categoria no momento da compra; desconhecido sem produto no catálogo / category at purchase; desconhecido without a product in the catalogue';
comment on column metricas.receita_por_categoria.unidades is 'Unidades não canceladas / units not cancelled';
comment on column metricas.receita_por_categoria.receita is 'Parte da líquida; as categorias somam o total / share of net; categories add up to the total (BRL)';

comment on view metricas.receita_media_usuario is 'Líquida por comprador e por cliente cadastrado / net per buyer and per registered customer (BRL)';
comment on column metricas.receita_media_usuario.liquida is 'Vendas líquidas / net sales (BRL)';
comment on column metricas.receita_media_usuario.compradores is 'Usuários distintos com compra válida / distinct users with a valid purchase';
comment on column metricas.receita_media_usuario.clientes_cadastrados is 'Clientes cadastrados até o fim do período / customers registered by the period''s end';
comment on column metricas.receita_media_usuario.por_comprador is 'Líquida ÷ compradores, vazio sem compradores / net ÷ buyers, null without buyers (BRL)';
comment on column metricas.receita_media_usuario.por_cliente is 'Líquida ÷ clientes cadastrados, vazio sem clientes / net ÷ registered customers, null without customers (BRL)';

comment on view metricas.crescimento_receita is 'Crescimento da líquida; período incompleto comparado até o mesmo ponto / growth of net; an incomplete period compared up to the same point';
comment on column metricas.crescimento_receita.liquida is 'Vendas líquidas do período / net sales of the period (BRL)';
comment on column metricas.crescimento_receita.anterior is 'Líquida do período anterior, vazio antes da primeira venda / net of the previous period, null before the first sale (BRL)';
comment on column metricas.crescimento_receita.ano_anterior is 'Líquida do mesmo período um ano antes / net of the same period a year before (BRL)';
comment on column metricas.crescimento_receita.crescimento is '(P − P₋₁) ÷ P₋₁, vazio quando P₋₁ ≤ 0 / null when P₋₁ ≤ 0; 0.25 is 25 %';
comment on column metricas.crescimento_receita.crescimento_anual is 'O mesmo em relação a um ano antes / the same against a year before';

comment on view metricas.variacao_ticket_medio is 'Variação do ticket médio; período incompleto comparado até o mesmo ponto / change of the average order value; an incomplete period compared up to the same point';
comment on column metricas.variacao_ticket_medio.ticket_medio is 'Ticket médio do período / average order value of the period (BRL)';
comment on column metricas.variacao_ticket_medio.anterior is 'Ticket médio do período anterior / of the previous period (BRL)';
comment on column metricas.variacao_ticket_medio.ano_anterior is 'Ticket médio um ano antes / a year before (BRL)';
comment on column metricas.variacao_ticket_medio.variacao is '(T − T₋₁) ÷ T₋₁, vazio sem ticket anterior / null without a previous one; 0.25 is 25 %';
comment on column metricas.variacao_ticket_medio.variacao_anual is 'O mesmo em relação a um ano antes / the same against a year before';

comment on view metricas.pedidos_por_cliente is 'Pedidos válidos por comprador; periodo = total desde o início / valid orders per buyer; periodo = total since the beginning';
comment on column metricas.pedidos_por_cliente.pedidos is 'Pedidos válidos / valid orders';
comment on column metricas.pedidos_por_cliente.compradores is 'Usuários distintos com compra válida / distinct users with a valid purchase';
comment on column metricas.pedidos_por_cliente.pedidos_por_cliente is 'Pedidos ÷ compradores, vazio sem compradores / orders ÷ buyers, null without buyers';

-- The three columns that all metrics have.
do $$
declare
    visao text;
begin
    foreach visao in array array['vendas_totais', 'numero_pedidos', 'ticket_medio', 'produtos_mais_vendidos',
        'produtos_ao_longo_do_tempo', 'receita_por_categoria', 'receita_media_usuario', 'crescimento_receita',
        'variacao_ticket_medio', 'pedidos_por_cliente'] loop
        execute format('comment on column metricas.%I.periodo is %L', visao,
            'dia, semana (ISO, de segunda-feira) ou mes / day, ISO week (from Monday) or month');
        execute format('comment on column metricas.%I.inicio is %L', visao,
            'Primeiro dia do período, no fuso da loja / first day of the period, in the shop''s time zone');
        execute format('comment on column metricas.%I.completo is %L', visao,
            'Se o período já tinha terminado no instante da execução / whether the period had ended at the run''s instant');
    end loop;
end $$;
