select c.periodo, c.inicio, c.completo, k.*, coalesce(s.pedidos, 0), coalesce(s.bruta, 0)::bigint,
       coalesce(s.canceladas, 0)::bigint, coalesce(s.bruta - s.canceladas, 0)::bigint
  from periodo c cross join (select distinct uf, cidade from venda_cliente) k
       join (select periodo, inicio, uf, cidade, sum(centavos) as bruta,
                         coalesce(sum(centavos) filter (where cancelada), 0) as canceladas,
                         count(*) filter (where not cancelada and vez = 1) as pedidos
                    from (select d.periodo, d.inicio, v.*,
                                 row_number() over (partition by d.periodo, d.inicio, v.id_pedido
                                                    order by v.cancelada, v.data_compra, v.centavos) as vez
                            from venda_cliente v join dia_periodo d using (dia)) x
                   group by periodo, inicio, uf, cidade) s
            using (periodo, inicio, uf, cidade)
