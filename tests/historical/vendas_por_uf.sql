select c.periodo, c.inicio, c.completo, k.*, coalesce(s.pedidos, 0), coalesce(s.bruta, 0)::bigint,
       coalesce(s.canceladas, 0)::bigint, coalesce(s.bruta - s.canceladas, 0)::bigint
  from periodo c cross join (select distinct uf from venda_cliente) k
       left join (select d.periodo, d.inicio, uf, sum(centavos) as bruta,
                         coalesce(sum(centavos) filter (where cancelada), 0) as canceladas,
                         count(distinct id_pedido) filter (where not cancelada) as pedidos
                    from venda_cliente join dia_periodo d using (dia) group by d.periodo, d.inicio, uf) s
            using (periodo, inicio, uf)
