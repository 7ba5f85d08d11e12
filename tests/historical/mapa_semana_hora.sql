select x.periodo, x.inicio, c.completo, extract(isodow from d.dia)::int, h.hora, count(*)::bigint,
       coalesce(sum(s.pedidos), 0)::bigint, coalesce(sum(s.liquida), 0)::bigint
  from dia d cross join generate_series(0, 23) as h (hora)
       cross join lateral (select 'mes' as periodo, date_trunc('month', d.dia)::date as inicio
                           union all select periodo, inicio from tudo) x
       join (select periodo, inicio, completo from periodo union all select * from tudo) c using (periodo, inicio)
       left join (select dia, hora, count(*) filter (where vez = 1) as pedidos, sum(centavos) as liquida
                    from (select *, row_number() over (partition by dia, id_pedido order by data_compra, centavos) as vez
                            from venda where not cancelada) v
                   group by 1, 2) s using (dia, hora)
 group by 1, 2, 3, 4, 5
