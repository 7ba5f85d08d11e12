-- Sales of each day by everything that a reader may filter by. Sparse, yet large: some hundred rows a day, so
-- only the current and the newest run keep theirs. Keys begin as readers ask: a span of days, perhaps states.

create table metricas.vendas_diarias_por_execucao (
    execucao             bigint not null,
    inicio               date not null,
    uf                   text not null,
    metodo_pagamento     text not null,
    segmento             text not null,
    pedidos              bigint not null,
    cancelados           bigint not null,
    bruta_centavos       bigint not null,
    canceladas_centavos  bigint not null,
    primary key (execucao, inicio, uf, metodo_pagamento, segmento)
);

create table metricas.vendas_diarias_por_categoria_por_execucao (
    execucao             bigint not null,
    inicio               date not null,
    categoria            text not null,
    uf                   text not null,
    metodo_pagamento     text not null,
    segmento             text not null,
    pedidos              bigint not null,
    unidades             bigint not null,
    bruta_centavos       bigint not null,
    canceladas_centavos  bigint not null,
    primary key (execucao, inicio, uf, categoria, metodo_pagamento, segmento)
);

create view metricas.vendas_diarias as
    select inicio, uf, metodo_pagamento, segmento, pedidos, cancelados,
           metricas.reais(bruta_centavos)::numeric(14, 2) as bruta,
           metricas.reais(canceladas_centavos)::numeric(14, 2) as canceladas,
           metricas.reais(bruta_centavos - canceladas_centavos)::numeric(14, 2) as liquida
    from metricas.vendas_diarias_por_execucao where execucao = (select metricas.atual());

create view metricas.vendas_diarias_por_categoria as
    select inicio, categoria, uf, metodo_pagamento, segmento, pedidos, unidades,
           metricas.reais(bruta_centavos)::numeric(14, 2) as bruta,
           metricas.reais(canceladas_centavos)::numeric(14, 2) as canceladas,
           metricas.reais(bruta_centavos - canceladas_centavos)::numeric(14, 2) as liquida
    from metricas.vendas_diarias_por_categoria_por_execucao where execucao = (select metricas.atual());

comment on view metricas.vendas_diarias is 'Vendas de cada dia por UF, método de pagamento e segmento, só as combinações que houve / sales of each day by state, payment method and segment, only combinations that occurred';
comment on column metricas.vendas_diarias.inicio is 'Dia da compra, no fuso da loja / day of purchase, in the shop''s time zone';
comment on column metricas.vendas_diarias.uf is 'UF do cliente na compra; desconhecido sem cadastro / the customer''s state at purchase; desconhecido when unknown';
comment on column metricas.vendas_diarias.metodo_pagamento is 'Método de pagamento / payment method';
comment on column metricas.vendas_diarias.segmento is 'Segmento do cliente na compra; desconhecido sem cadastro / the customer''s segment at purchase; desconhecido when unknown';
comment on column metricas.vendas_diarias.pedidos is 'Pedidos válidos, cada um uma vez no dia / valid orders, each once a day';
comment on column metricas.vendas_diarias.cancelados is 'Pedidos só com transações canceladas no dia / orders with cancelled transactions only in the day';
comment on column metricas.vendas_diarias.bruta is 'Todas as transações / all transactions (BRL)';
comment on column metricas.vendas_diarias.canceladas is 'Transações canceladas até o instante / transactions cancelled by the instant (BRL)';
comment on column metricas.vendas_diarias.liquida is 'Bruta − canceladas / gross − cancelled (BRL)';

comment on view metricas.vendas_diarias_por_categoria is 'As vendas diárias repartidas entre as categorias; somam vendas_diarias / the daily sales shared among the categories; they add up to vendas_diarias';
comment on column metricas.vendas_diarias_por_categoria.inicio is 'Dia da compra, no fuso da loja / day of purchase, in the shop''s time zone';
comment on column metricas.vendas_diarias_por_categoria.categoria is 'Categoria no momento da compra; desconhecido sem produto no catálogo / category at purchase; desconhecido without a product in the catalogue';
comment on column metricas.vendas_diarias_por_categoria.uf is 'UF do cliente na compra; desconhecido sem cadastro / the customer''s state at purchase; desconhecido when unknown';
comment on column metricas.vendas_diarias_por_categoria.metodo_pagamento is 'Método de pagamento / payment method';
comment on column metricas.vendas_diarias_por_categoria.segmento is 'Segmento do cliente na compra; desconhecido sem cadastro / the customer''s segment at purchase; desconhecido when unknown';
comment on column metricas.vendas_diarias_por_categoria.pedidos is 'Pedidos válidos que contêm a categoria: não se somam entre categorias / valid orders that contain the category: not to be added up over categories';
comment on column metricas.vendas_diarias_por_categoria.unidades is 'Unidades não canceladas / units not cancelled';
comment on column metricas.vendas_diarias_por_categoria.bruta is 'Parte de todas as transações / share of all transactions (BRL)';
comment on column metricas.vendas_diarias_por_categoria.canceladas is 'Parte das transações canceladas até o instante / share of the transactions cancelled by the instant (BRL)';
comment on column metricas.vendas_diarias_por_categoria.liquida is 'Bruta − canceladas / gross − cancelled (BRL)';
