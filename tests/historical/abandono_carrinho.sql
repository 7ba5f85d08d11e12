select periodo, inicio, c.completo, coalesce(sum(k.carrinhos), 0)::bigint, coalesce(sum(k.vazios), 0)::bigint,
       coalesce(sum(k.abertos), 0)::bigint, coalesce(sum(k.abandonados), 0)::bigint,
       coalesce(sum(k.convertidos), 0)::bigint, coalesce(sum(k.recuperados), 0)::bigint
  from periodo c join dia_periodo d using (periodo, inicio)
       left join (select dia, count(*) as carrinhos, count(*) filter (where estado = 'vazio') as vazios,
                         count(*) filter (where estado = 'aberto') as abertos,
                         count(*) filter (where estado = 'abandonado') as abandonados,
                         count(*) filter (where estado = 'convertido') as convertidos,
                         count(*) filter (where recuperado) as recuperados
                    from carrinho group by 1) k using (dia)
 group by 1, 2, 3
