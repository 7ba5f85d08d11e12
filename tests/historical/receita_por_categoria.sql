select c.periodo, c.inicio, c.completo, k.categoria, coalesce(s.unidades, 0), coalesce(s.receita, 0)::bigint
  from periodo c cross join (select distinct categoria from item where not cancelada) k
       left join (select d.periodo, d.inicio, i.categoria, sum(i.quantidade) as unidades, sum(i.receita) as receita
                    from item_receita i join dia_periodo d using (dia) where not i.cancelada
                   group by 1, 2, 3) s
            using (periodo, inicio, categoria)
