select periodo, inicio, completo, liquida, compradores, cadastrados,
       round(liquida::numeric / nullif(compradores, 0))::bigint, round(liquida::numeric / nullif(cadastrados, 0))::bigint
  from (select n.*, (select count(*) from dados_clientes d, parametro p
                      where d.data_cadastro < least(p.instante, n.fim::timestamp at time zone p.fuso)) as cadastrados
          from numero n) x
