select c.periodo, c.inicio, c.completo, s.ordem::int - 1, s.passo,
       coalesce(sum(v.visitas) filter (where v.passo = s.passo), 0)::bigint
  from periodo c join dia_periodo d using (periodo, inicio)
       cross join unnest(array['visita', 'visualizacao_produto', 'adicionar_carrinho', 'checkout_iniciado',
                               'checkout_concluido']) with ordinality as s (passo, ordem)
       left join (select dia, passo, count(*) as visitas from visita, unnest(passos || array['visita']) as passo
                   group by 1, 2) v using (dia)
 group by 1, 2, 3, 4, 5
