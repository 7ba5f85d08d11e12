-- The historical metrics beyond sales: carts, the funnel, breakdowns, loyalty, the forecast. As in 0003 a
-- table per metric keyed by run, money in integer centavos, and a view of the current run in BRL.

create table metricas.conversao_carrinho_por_execucao (
    execucao        bigint not null,
    periodo         text not null,
    inicio          date not null,
    completo        boolean not null,
    maduro          boolean not null,
    carrinhos       bigint not null,
    convertidos_1h  bigint not null,
    convertidos_1d  bigint not null,
    convertidos_7d  bigint not null,
    convertidos     bigint not null,
    primary key (execucao, periodo, inicio)
);

create table metricas.abandono_carrinho_por_execucao (
    execucao     bigint not null,
    periodo      text not null,
    inicio       date not null,
    completo     boolean not null,
    carrinhos    bigint not null,
    vazios       bigint not null,
    abertos      bigint not null,
    abandonados  bigint not null,
    convertidos  bigint not null,
    recuperados  bigint not null,
    primary key (execucao, periodo, inicio)
);

create table metricas.funil_por_execucao (
    execucao  bigint not null,
    periodo   text not null,
    inicio    date not null,
    completo  boolean not null,
    ordem     int not null,
    passo     text not null,
    sessoes   bigint not null,
    primary key (execucao, periodo, inicio, ordem)
);

create table metricas.vendas_por_uf_por_execucao (
    execucao             bigint not null,
    periodo              text not null,
    inicio               date not null,
    completo             boolean not null,
    uf                   text not null,
    pedidos              bigint not null,
    bruta_centavos       bigint not null,
    canceladas_centavos  bigint not null,
    liquida_centavos     bigint not null,
    primary key (execucao, periodo, inicio, uf)
);

create table metricas.vendas_por_cidade_por_execucao (
    execucao             bigint not null,
    periodo              text not null,
    inicio               date not null,
    completo             boolean not null,
    uf                   text not null,
    cidade               text not null,
    pedidos              bigint not null,
    bruta_centavos       bigint not null,
    canceladas_centavos  bigint not null,
    liquida_centavos     bigint not null,
    primary key (execucao, periodo, inicio, uf, cidade)
);

create table metricas.vendas_por_pagamento_por_execucao (
    execucao             bigint not null,
    periodo              text not null,
    inicio               date not null,
    completo             boolean not null,
    metodo_pagamento     text not null,
    pedidos              bigint not null,
    bruta_centavos       bigint not null,
    canceladas_centavos  bigint not null,
    liquida_centavos     bigint not null,
    primary key (execucao, periodo, inicio, metodo_pagamento)
);

create table metricas.vendas_por_segmento_por_execucao (
    execucao             bigint not null,
    periodo              text not null,
    inicio               date not null,
    completo             boolean not null,
    segmento_cliente     text not null,
    pedidos              bigint not null,
    bruta_centavos       bigint not null,
    canceladas_centavos  bigint not null,
    liquida_centavos     bigint not null,
    primary key (execucao, periodo, inicio, segmento_cliente)
);

create table metricas.mapa_semana_hora_por_execucao (
    execucao          bigint not null,
    periodo           text not null,
    inicio            date not null,
    completo          boolean not null,
    dia_semana        int not null,
    hora              int not null,
    dias              bigint not null,
    pedidos           bigint not null,
    liquida_centavos  bigint not null,
    primary key (execucao, periodo, inicio, dia_semana, hora)
);

create table metricas.distribuicao_pedidos_por_execucao (
    execucao  bigint not null,
    periodo   text not null,
    inicio    date not null,
    completo  boolean not null,
    pedidos   bigint not null,
    clientes  bigint not null,
    primary key (execucao, periodo, inicio, pedidos)
);

create table metricas.retencao_mensal_por_execucao (
    execucao  bigint not null,
    periodo   text not null,
    inicio    date not null,
    completo  boolean not null,
    meses     int not null,
    coorte    bigint not null,
    clientes  bigint not null,
    primary key (execucao, periodo, inicio, meses)
);

create table metricas.rfm_por_execucao (
    execucao           bigint not null,
    periodo            text not null,
    inicio             date not null,
    completo           boolean not null,
    recencia           int not null,
    frequencia         int not null,
    valor              int not null,
    segmento           text not null,
    clientes           bigint not null,
    pedidos            bigint not null,
    valor_centavos     bigint not null,
    dias_desde_ultima  bigint not null,
    primary key (execucao, periodo, inicio, recencia, frequencia, valor)
);

create table metricas.previsao_receita_por_execucao (
    execucao           bigint not null,
    periodo            text not null,
    inicio             date not null,
    completo           boolean not null,
    prevista_centavos  bigint not null,
    inferior_centavos  bigint not null,
    superior_centavos  bigint not null,
    primary key (execucao, periodo, inicio)
);

create table metricas.erro_previsao_por_execucao (
    execucao             bigint not null,
    periodo              text not null,
    inicio               date not null,
    completo             boolean not null,
    modelo               text not null,
    origens              int not null,
    dias                 bigint not null,
    real_centavos        bigint not null,
    erro_centavos        bigint not null,
    dentro_do_intervalo  bigint,
    primary key (execucao, periodo, inicio, modelo)
);

create view metricas.conversao_carrinho as
    select periodo, inicio, completo, maduro, carrinhos, convertidos,
           round(convertidos::numeric / nullif(carrinhos, 0), 6) as taxa,
           round(convertidos_1h::numeric / nullif(carrinhos, 0), 6) as taxa_1h,
           round(convertidos_1d::numeric / nullif(carrinhos, 0), 6) as taxa_1d,
           round(convertidos_7d::numeric / nullif(carrinhos, 0), 6) as taxa_7d
    from metricas.conversao_carrinho_por_execucao where execucao = (select metricas.atual());

create view metricas.abandono_carrinho as
    select periodo, inicio, completo, carrinhos, vazios, abertos, abandonados, convertidos, recuperados,
           round(abandonados::numeric / nullif((abandonados + convertidos), 0), 6) as taxa,
           round(recuperados::numeric / nullif((abandonados + recuperados), 0), 6) as taxa_recuperacao
    from metricas.abandono_carrinho_por_execucao where execucao = (select metricas.atual());

create view metricas.funil as
    select periodo, inicio, completo, ordem, passo, sessoes,
           round(sessoes::numeric / nullif(max(sessoes) filter (where ordem = 0) over (partition by periodo, inicio), 0), 6)
               as parte
    from metricas.funil_por_execucao where execucao = (select metricas.atual());

create view metricas.vendas_por_uf as
    select periodo, inicio, completo, uf, pedidos, metricas.reais(bruta_centavos)::numeric(20, 2) as bruta,
           metricas.reais(canceladas_centavos)::numeric(20, 2) as canceladas,
           metricas.reais(liquida_centavos)::numeric(20, 2) as liquida
    from metricas.vendas_por_uf_por_execucao where execucao = (select metricas.atual());

create view metricas.vendas_por_cidade as
    select periodo, inicio, completo, uf, cidade, pedidos, metricas.reais(bruta_centavos)::numeric(20, 2) as bruta,
           metricas.reais(canceladas_centavos)::numeric(20, 2) as canceladas,
           metricas.reais(liquida_centavos)::numeric(20, 2) as liquida
    from metricas.vendas_por_cidade_por_execucao where execucao = (select metricas.atual());

create view metricas.vendas_por_pagamento as
    select periodo, inicio, completo, metodo_pagamento, pedidos, metricas.reais(bruta_centavos)::numeric(20, 2) as bruta,
           metricas.reais(canceladas_centavos)::numeric(20, 2) as canceladas,
           metricas.reais(liquida_centavos)::numeric(20, 2) as liquida
    from metricas.vendas_por_pagamento_por_execucao where execucao = (select metricas.atual());

create view metricas.vendas_por_segmento as
    select periodo, inicio, completo, segmento_cliente, pedidos, metricas.reais(bruta_centavos)::numeric(20, 2) as bruta,
           metricas.reais(canceladas_centavos)::numeric(20, 2) as canceladas,
           metricas.reais(liquida_centavos)::numeric(20, 2) as liquida
    from metricas.vendas_por_segmento_por_execucao where execucao = (select metricas.atual());

create view metricas.mapa_semana_hora as
    select periodo, inicio, completo, dia_semana, hora, dias, pedidos,
           metricas.reais(liquida_centavos)::numeric(20, 2) as liquida,
           round(liquida_centavos::numeric / dias / 100, 2)::numeric(20, 2) as media_por_dia
    from metricas.mapa_semana_hora_por_execucao where execucao = (select metricas.atual());

create view metricas.distribuicao_pedidos as
    select periodo, inicio, completo, pedidos, clientes
    from metricas.distribuicao_pedidos_por_execucao where execucao = (select metricas.atual());

create view metricas.retencao_mensal as
    select periodo, inicio, completo, meses, coorte, clientes, round(clientes::numeric / nullif(coorte, 0), 6) as taxa
    from metricas.retencao_mensal_por_execucao where execucao = (select metricas.atual());

create view metricas.rfm as
    select periodo, inicio, completo, recencia, frequencia, valor, segmento, clientes, pedidos,
           metricas.reais(valor_centavos)::numeric(20, 2) as liquida,
           round(dias_desde_ultima::numeric / clientes, 1) as dias_desde_ultima
    from metricas.rfm_por_execucao where execucao = (select metricas.atual());

create view metricas.previsao_receita as
    select periodo, inicio, completo, metricas.reais(prevista_centavos)::numeric(20, 2) as prevista,
           metricas.reais(inferior_centavos)::numeric(20, 2) as inferior,
           metricas.reais(superior_centavos)::numeric(20, 2) as superior
    from metricas.previsao_receita_por_execucao where execucao = (select metricas.atual());

create view metricas.erro_previsao as
    select periodo, inicio, completo, modelo, origens, dias, round(erro_centavos::numeric / nullif(real_centavos, 0), 6) as erro,
           round(erro_centavos::numeric / dias / 100, 2)::numeric(20, 2) as erro_medio_por_dia,
           round(dentro_do_intervalo::numeric / nullif(dias, 0), 6) as cobertura
    from metricas.erro_previsao_por_execucao where execucao = (select metricas.atual());

comment on view metricas.conversao_carrinho is 'Carrinhos criados no período que geraram um pedido / carts created in the period that got an order';
comment on column metricas.conversao_carrinho.maduro is 'Se o período terminou há 7 dias ou mais: antes, carrinhos ainda podem converter / whether the period ended 7 days ago or more: until then carts may still convert';
comment on column metricas.conversao_carrinho.carrinhos is 'Carrinhos cujo primeiro evento foi no período / carts whose first event was in the period';
comment on column metricas.conversao_carrinho.convertidos is 'Com pedido até o instante, seja qual for o seu destino / with an order by the instant, whatever became of it';
comment on column metricas.conversao_carrinho.taxa is 'Convertidos ÷ carrinhos, vazio sem carrinhos / converted ÷ carts, null without carts; 0.25 is 25 %';
comment on column metricas.conversao_carrinho.taxa_1h is 'Com pedido em até 1 hora / with an order within an hour';
comment on column metricas.conversao_carrinho.taxa_1d is 'Com pedido em até 24 horas / with an order within 24 hours';
comment on column metricas.conversao_carrinho.taxa_7d is 'Com pedido em até 7 dias / with an order within 7 days';

comment on view metricas.abandono_carrinho is 'O que foi dos carrinhos criados no período / what became of the carts created in the period';
comment on column metricas.abandono_carrinho.carrinhos is 'Carrinhos cujo primeiro evento foi no período / carts whose first event was in the period';
comment on column metricas.abandono_carrinho.vazios is 'Parados e sem item nem pedido / idle, without item and order';
comment on column metricas.abandono_carrinho.abertos is 'Sem pedido e ainda não parados / without an order and not idle yet';
comment on column metricas.abandono_carrinho.abandonados is 'Com item, sem pedido e parados / with an item, without an order, idle';
comment on column metricas.abandono_carrinho.convertidos is 'Com pedido, recuperados incluídos / with an order, recovered ones included';
comment on column metricas.abandono_carrinho.recuperados is 'Com pedido depois de parados com item / with an order after having been idle with an item';
comment on column metricas.abandono_carrinho.taxa is 'Abandonados ÷ (abandonados + convertidos), vazio sem eles / abandoned ÷ (abandoned + converted), null without any; 0.25 is 25 %';
comment on column metricas.abandono_carrinho.taxa_recuperacao is 'Recuperados ÷ (abandonados + recuperados) / recovered ÷ (abandoned + recovered)';

comment on view metricas.funil is 'Visitas (sessões) iniciadas no período que chegaram a cada passo / visits (sessions) begun in the period that reached each step';
comment on column metricas.funil.ordem is 'Lugar do passo, de 0 / place of the step, from 0';
comment on column metricas.funil.passo is 'visita ou tipo de evento / visita (a visit) or type of event';
comment on column metricas.funil.sessoes is 'Sessões distintas / distinct sessions';
comment on column metricas.funil.parte is 'Sessões ÷ visitas, vazio sem visitas / sessions ÷ visits, null without visits; 0.25 is 25 %';

comment on view metricas.vendas_por_uf is 'Vendas por UF / sales by state';
comment on column metricas.vendas_por_uf.uf is 'UF do cliente na compra; desconhecido sem cadastro / the customer''s state at purchase; desconhecido when unknown';
comment on column metricas.vendas_por_uf.pedidos is 'Pedidos válidos / valid orders';
comment on column metricas.vendas_por_uf.bruta is 'Todas as transações / all transactions (BRL)';
comment on column metricas.vendas_por_uf.canceladas is 'Transações canceladas até o instante / transactions cancelled by the instant (BRL)';
comment on column metricas.vendas_por_uf.liquida is 'Bruta − canceladas / gross − cancelled (BRL)';

comment on view metricas.vendas_por_cidade is 'Vendas por cidade, só as que compraram / sales by city, those that bought';
comment on column metricas.vendas_por_cidade.uf is 'UF do cliente na compra; desconhecido sem cadastro / the customer''s state at purchase; desconhecido when unknown';
comment on column metricas.vendas_por_cidade.cidade is 'Cidade do cliente na compra / the customer''s city at purchase';
comment on column metricas.vendas_por_cidade.pedidos is 'Pedidos válidos / valid orders';
comment on column metricas.vendas_por_cidade.bruta is 'Todas as transações / all transactions (BRL)';
comment on column metricas.vendas_por_cidade.canceladas is 'Transações canceladas até o instante / transactions cancelled by the instant (BRL)';
comment on column metricas.vendas_por_cidade.liquida is 'Bruta − canceladas / gross − cancelled (BRL)';

comment on view metricas.vendas_por_pagamento is 'Vendas por método de pagamento / sales by payment method';
comment on column metricas.vendas_por_pagamento.metodo_pagamento is 'Método de pagamento / payment method';
comment on column metricas.vendas_por_pagamento.pedidos is 'Pedidos válidos / valid orders';
comment on column metricas.vendas_por_pagamento.bruta is 'Todas as transações / all transactions (BRL)';
comment on column metricas.vendas_por_pagamento.canceladas is 'Transações canceladas até o instante / transactions cancelled by the instant (BRL)';
comment on column metricas.vendas_por_pagamento.liquida is 'Bruta − canceladas / gross − cancelled (BRL)';

comment on view metricas.vendas_por_segmento is 'Vendas por segmento de cliente / sales by customer segment';
comment on column metricas.vendas_por_segmento.segmento_cliente is 'Segmento do cliente na compra; desconhecido sem cadastro / the customer''s segment at purchase; desconhecido when unknown';
comment on column metricas.vendas_por_segmento.pedidos is 'Pedidos válidos / valid orders';
comment on column metricas.vendas_por_segmento.bruta is 'Todas as transações / all transactions (BRL)';
comment on column metricas.vendas_por_segmento.canceladas is 'Transações canceladas até o instante / transactions cancelled by the instant (BRL)';
comment on column metricas.vendas_por_segmento.liquida is 'Bruta − canceladas / gross − cancelled (BRL)';

comment on view metricas.mapa_semana_hora is 'Vendas por dia da semana e hora; periodo mes ou total / sales by weekday and hour; periodo mes or total';
comment on column metricas.mapa_semana_hora.dia_semana is '1 = segunda-feira ... 7 = domingo / 1 = Monday ... 7 = Sunday';
comment on column metricas.mapa_semana_hora.hora is 'Hora da compra no fuso da loja / hour of purchase in the shop''s time zone';
comment on column metricas.mapa_semana_hora.dias is 'Quantos desses dias o período teve até o instante / how many such days the period had by the instant';
comment on column metricas.mapa_semana_hora.pedidos is 'Pedidos válidos / valid orders';
comment on column metricas.mapa_semana_hora.liquida is 'Vendas líquidas / net sales (BRL)';
comment on column metricas.mapa_semana_hora.media_por_dia is 'Líquida ÷ dias / net ÷ days (BRL)';

comment on view metricas.distribuicao_pedidos is 'Clientes por número de pedidos; periodo mes ou total / customers by number of orders; periodo mes or total';
comment on column metricas.distribuicao_pedidos.pedidos is 'Pedidos válidos de um cliente; 0 = só transações de pedidos contados para outro / a customer''s valid orders; 0 = only transactions of orders that count for another';
comment on column metricas.distribuicao_pedidos.clientes is 'Clientes com esse número / customers with that number';

comment on view metricas.retencao_mensal is 'Clientes que voltaram a comprar, pelo mês da primeira compra / customers who bought again, by the month of their first purchase';
comment on column metricas.retencao_mensal.meses is 'Meses desde o da primeira compra / months since that of the first purchase';
comment on column metricas.retencao_mensal.coorte is 'Clientes cuja primeira compra válida foi no mês de inicio / customers whose first valid purchase was in the month of inicio';
comment on column metricas.retencao_mensal.clientes is 'Deles, os que compraram nesse mês / those of them who bought in that month';
comment on column metricas.retencao_mensal.taxa is 'Clientes ÷ coorte / customers ÷ cohort; 0.25 is 25 %';

comment on view metricas.rfm is 'Clientes por quintil de recência, frequência e valor, 5 = melhor / customers by quintile of recency, frequency and value, 5 = best';
comment on column metricas.rfm.recencia is 'Quintil do dia da última compra / quintile of the day of the last purchase';
comment on column metricas.rfm.frequencia is 'Quintil do número de pedidos / quintile of the number of orders';
comment on column metricas.rfm.valor is 'Quintil da líquida / quintile of net';
comment on column metricas.rfm.segmento is 'Nome do segmento / name of the segment: campeoes, fieis, recentes, promissores, nao_perder, em_risco, adormecendo, perdidos';
comment on column metricas.rfm.clientes is 'Clientes com compra válida / customers with a valid purchase';
comment on column metricas.rfm.pedidos is 'Seus pedidos válidos / their valid orders';
comment on column metricas.rfm.liquida is 'Suas compras / their purchases (BRL)';
comment on column metricas.rfm.dias_desde_ultima is 'Dias desde a última compra, em média / days since the last purchase, on average';

comment on view metricas.previsao_receita is 'Líquida prevista dos próximos 30 dias / net predicted for the next 30 days (BRL)';
comment on column metricas.previsao_receita.prevista is 'Valor esperado / what is expected (BRL)';
comment on column metricas.previsao_receita.inferior is 'Início do intervalo de 80 % / lower end of the 80 % interval (BRL)';
comment on column metricas.previsao_receita.superior is 'Fim do intervalo de 80 % / upper end of the 80 % interval (BRL)';

comment on view metricas.erro_previsao is 'Erro de previsões feitas sobre o passado / error of forecasts made over the past';
comment on column metricas.erro_previsao.modelo is 'ets (a previsão) ou semana_anterior (repetir a última semana) / ets (the forecast) or semana_anterior (repeating the last week)';
comment on column metricas.erro_previsao.origens is 'Previsões feitas / forecasts made';
comment on column metricas.erro_previsao.dias is 'Dias previstos / days predicted';
comment on column metricas.erro_previsao.erro is 'Soma dos erros absolutos ÷ soma das vendas / sum of absolute errors ÷ sum of sales (WAPE)';
comment on column metricas.erro_previsao.erro_medio_por_dia is 'Erro absoluto médio / mean absolute error (BRL)';
comment on column metricas.erro_previsao.cobertura is 'Parte dos dias dentro do intervalo de 80 % / share of days within the 80 % interval';

-- The three columns that all metrics have.
do $$
declare
    visao text;
begin
    foreach visao in array array['conversao_carrinho', 'abandono_carrinho', 'funil', 'vendas_por_uf', 'vendas_por_cidade',
        'vendas_por_pagamento', 'vendas_por_segmento', 'mapa_semana_hora', 'distribuicao_pedidos',
        'retencao_mensal', 'rfm', 'previsao_receita', 'erro_previsao'] loop
        execute format('comment on column metricas.%I.periodo is %L', visao,
            'dia, semana (ISO, de segunda-feira), mes ou total / day, ISO week (from Monday), month or total');
        execute format('comment on column metricas.%I.inicio is %L', visao,
            'Primeiro dia do período, no fuso da loja / first day of the period, in the shop''s time zone');
        execute format('comment on column metricas.%I.completo is %L', visao,
            'Se o período já tinha terminado no instante da execução / whether the period had ended at the run''s instant');
    end loop;
    comment on column metricas.retencao_mensal.completo is
        'Se o mês observado (inicio + meses) já tinha terminado / whether the month observed (inicio + meses) had ended';
end $$;
