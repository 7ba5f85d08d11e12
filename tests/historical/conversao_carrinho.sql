select periodo, inicio, c.completo, c.maduro, coalesce(sum(k.carrinhos), 0)::bigint,
       coalesce(sum(k.em_1h), 0)::bigint, coalesce(sum(k.em_1d), 0)::bigint, coalesce(sum(k.em_7d), 0)::bigint,
       coalesce(sum(k.convertidos), 0)::bigint
  from periodo c join dia_periodo d using (periodo, inicio)
       left join (select dia, count(*) as carrinhos, count(espera) as convertidos,
                         count(*) filter (where espera <= interval '1 hour') as em_1h,
                         count(*) filter (where espera <= interval '24 hours') as em_1d,
                         count(*) filter (where espera <= interval '168 hours') as em_7d
                    from carrinho group by 1) k using (dia)
 group by 1, 2, 3, 4
