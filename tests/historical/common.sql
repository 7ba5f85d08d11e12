-- What every statement begins with; a part that a statement does not use is not computed. The three
-- parameters are the run's instant, the shop's time zone and the minutes after which a cart is idle.
with
parametro as (
    select :instant::timestamptz as instante, :zone::text as fuso, :idle::int * interval '1 minute' as paciencia
),
venda as (
    select t.id_transacao, t.id_pedido, t.id_usuario, t.id_produto, t.quantidade_produto, t.data_compra, t.id_carrinho,
           t.metodo_pagamento::text as metodo_pagamento, (t.valor_total_compra * 100)::bigint as centavos,
           (t.data_compra at time zone p.fuso)::date as dia,
           extract(hour from t.data_compra at time zone p.fuso)::int as hora,
           t.status_pedido = 'cancelado' and t.data_status < p.instante as cancelada
      from transacoes_vendas t, parametro p
     where t.data_compra < p.instante
),
evento as (
    select e.* from eventos_web e, parametro p where e.timestamp_evento < p.instante
),
dia as (
    select generate_series(
               (select least((select min(data_compra) from venda), (select min(timestamp_evento) from evento))
                       at time zone p.fuso)::date,
               ((p.instante - interval '1 microsecond') at time zone p.fuso)::date,
               interval '1 day')::date as dia
      from parametro p
),
dia_periodo as (
    select d.dia, p.periodo, p.inicio
      from dia d, lateral (values ('dia', d.dia), ('semana', date_trunc('week', d.dia)::date),
                                  ('mes', date_trunc('month', d.dia)::date)) as p (periodo, inicio)
),
periodo as (
    select c.*, (c.fim::timestamp at time zone p.fuso) <= p.instante as completo,
           (c.fim::timestamp at time zone p.fuso) + interval '7 days' <= p.instante as maduro
      from parametro p,
           (select distinct periodo, inicio,
                   (inicio + case periodo when 'dia' then interval '1 day' when 'semana' then interval '7 days'
                                          else interval '1 month' end)::date as fim,
                   (inicio - case periodo when 'dia' then interval '1 day' when 'semana' then interval '7 days'
                                          else interval '1 month' end)::date as anterior,
                   (inicio - case periodo when 'semana' then interval '364 days' else interval '1 year' end)::date
                       as ano_anterior
              from dia_periodo) c
),
tudo as (
    select 'total' as periodo, min(dia) as inicio, false as completo from dia having min(dia) is not null
),
-- Sales and orders of each period; an order is valid where any of its transactions in the period is.
pedido_periodo as (
    select d.periodo, d.inicio, v.id_pedido, bool_or(not v.cancelada) as valido
      from venda v join dia_periodo d using (dia) group by 1, 2, 3
),
soma as (
    select d.periodo, d.inicio, sum(v.centavos) as bruta, coalesce(sum(v.centavos) filter (where v.cancelada), 0)
               as canceladas,
           coalesce(sum(v.centavos) filter (where not v.cancelada), 0) as liquida
      from venda v join dia_periodo d using (dia) group by 1, 2
),
contagem as (
    select periodo, inicio, count(*) filter (where valido) as pedidos, count(*) filter (where not valido) as cancelados
      from pedido_periodo group by 1, 2
),
comprador as (
    select d.periodo, d.inicio, count(distinct v.id_usuario) as compradores
      from venda v join dia_periodo d using (dia) where not v.cancelada group by 1, 2
),
numero as (
    select periodo, inicio, p.completo, p.maduro, p.fim, p.anterior, p.ano_anterior,
           coalesce(s.bruta, 0)::bigint as bruta, coalesce(s.canceladas, 0)::bigint as canceladas,
           coalesce(s.liquida, 0)::bigint as liquida, coalesce(c.pedidos, 0) as pedidos,
           coalesce(c.cancelados, 0) as cancelados, coalesce(b.compradores, 0) as compradores
      from periodo p left join soma s using (periodo, inicio) left join contagem c using (periodo, inicio)
           left join comprador b using (periodo, inicio)
),
-- Each period beside another, up to the same point of it where the period is not over.
comparado as (
    select n.periodo, n.inicio, n.completo, n.liquida, n.pedidos, o.lado,
           case when n.completo then a.liquida else coalesce(x.liquida, 0) end as outra_liquida,
           case when n.completo then a.pedidos else coalesce(x.pedidos, 0) end as outros_pedidos
      from numero n cross join parametro p
           cross join lateral (values ('anterior', n.anterior), ('ano_anterior', n.ano_anterior)) as o (lado, outro)
           join numero a on a.periodo = n.periodo and a.inicio = o.outro
           left join lateral (
               select sum(v.centavos)::bigint as liquida, count(distinct v.id_pedido) as pedidos
                 from venda v
                where not n.completo and not v.cancelada
                  and v.data_compra >= o.outro::timestamp at time zone p.fuso
                  and v.data_compra < least(o.outro + ((p.instante at time zone p.fuso) - n.inicio), a.fim::timestamp)
                                      at time zone p.fuso) x on true
),
-- The customer as of the purchase; before the first version that one holds.
venda_cliente as (
    select v.*, coalesce(c.estado, 'desconhecido') as uf, coalesce(c.cidade, 'desconhecido') as cidade,
           coalesce(c.segmento_cliente::text, 'desconhecido') as segmento_cliente
      from venda v
           left join lateral (
               select d.* from dados_clientes_versoes d, parametro p
                where d.id_usuario = v.id_usuario and d.produzido_em < p.instante
                order by d.produzido_em <= v.data_compra desc,
                         case when d.produzido_em <= v.data_compra then d.produzido_em end desc,
                         d.produzido_em limit 1) c on true
),
-- Orders shared among their items: by price and quantity, or by quantity alone where a price is not known.
-- Partitions name cancelada, which follows from the transaction, so that a filter by it is applied first.
item as (
    select v.id_transacao, v.dia, v.cancelada, v.centavos, i.lugar, i.id_produto, i.quantidade,
           coalesce(c.categoria, 'desconhecido') as categoria, (c.preco_unitario * 100)::bigint as preco
      from venda v
           cross join lateral unnest(v.id_produto, v.quantidade_produto) with ordinality
               as i (id_produto, quantidade, lugar)
           left join lateral (
               select d.* from catalogo_produtos_versoes d, parametro p
                where d.id_produto = i.id_produto and d.produzido_em < p.instante
                order by d.produzido_em <= v.data_compra desc,
                         case when d.produzido_em <= v.data_compra then d.produzido_em end desc,
                         d.produzido_em limit 1) c on true
),
item_peso as (
    select *, quantidade::numeric * case when bool_or(preco is null) over w then 1 else preco end as peso_simples
      from item window w as (partition by id_transacao, cancelada)
),
item_parte as (
    select *, case when sum(peso_simples) over w = 0 then 1 else peso_simples end as peso from item_peso
    window w as (partition by id_transacao, cancelada)
),
item_resto as (
    select *, div(centavos * peso, sum(peso) over w) as parte, mod(centavos * peso, sum(peso) over w) as resto
      from item_parte window w as (partition by id_transacao, cancelada)
),
item_receita as (
    select *, (parte + case when row_number() over (partition by id_transacao, cancelada order by resto desc, lugar)
                                 <= centavos - sum(parte) over (partition by id_transacao, cancelada) then 1 else 0 end)::bigint
               as receita
      from item_resto
),
produto_periodo as (
    select d.periodo, d.inicio, i.id_produto, sum(i.quantidade) as unidades, sum(i.receita)::bigint as receita
      from item_receita i join dia_periodo d using (dia) where not i.cancelada group by 1, 2, 3
),
produto_posicao as (
    select *, row_number() over (partition by periodo, inicio order by unidades desc, receita desc, id_produto) as posicao
      from produto_periodo
),
-- What became of each cart; pausa is the longest time without an event between its first item and its order.
carrinho_marca as (
    select *, min(momento) filter (where adiciona) over w as adicionado, min(momento) filter (where compra) over w as pedido,
           lag(momento) over (w order by momento) as antes
      from (select id_carrinho, timestamp_evento as momento, tipo_evento = 'adicionar_carrinho' as adiciona,
                   false as compra
              from evento where id_carrinho is not null
            union all
            select id_carrinho, data_compra, false, true from venda where id_carrinho is not null) x
    window w as (partition by id_carrinho)
),
carrinho_visto as (
    select id_carrinho, min(momento) filter (where not compra) as criado, max(momento) filter (where not compra) as ultimo,
           min(adicionado) as adicionado, min(pedido) as pedido,
           max(momento - antes) filter (where antes >= adicionado and momento <= pedido) as pausa
      from carrinho_marca group by 1 having bool_or(not compra)
),
carrinho as (
    select c.id_carrinho, (c.criado at time zone p.fuso)::date as dia, c.pedido - c.criado as espera,
           case when c.pedido is not null then 'convertido' when p.instante - c.ultimo <= p.paciencia then 'aberto'
                when c.adicionado is not null then 'abandonado' else 'vazio' end as estado,
           coalesce(c.pausa > p.paciencia, false) as recuperado
      from carrinho_visto c, parametro p
),
visita as (
    select id_sessao, (min(timestamp_evento) at time zone (select fuso from parametro))::date as dia,
           array_agg(distinct tipo_evento::text) as passos
      from evento group by 1
),
cliente as (
    select id_usuario, min(dia) as primeiro, max(dia) as ultimo, count(distinct id_pedido) as pedidos,
           sum(centavos)::bigint as valor
      from venda where not cancelada group by 1
)
