select t.periodo, t.inicio, t.completo, r.recencia, r.frequencia, r.quintil_valor,
       case when recencia >= 4 and frequencia >= 4 then 'campeoes' when recencia >= 3 and frequencia >= 3 then 'fieis'
            when recencia >= 4 then 'recentes' when recencia = 3 then 'promissores'
            when frequencia >= 4 then 'nao_perder' when frequencia = 3 then 'em_risco'
            when recencia = 2 then 'adormecendo' else 'perdidos' end,
       count(*), sum(r.pedidos)::bigint, sum(r.valor)::bigint, sum(hoje.dia - r.ultimo)
  from tudo t, (select max(dia) as dia from dia) hoje,
       (select c.*, (1 + 5 * (rank() over (order by ultimo) - 1) / count(*) over ())::int as recencia,
               (1 + 5 * (rank() over (order by pedidos) - 1) / count(*) over ())::int as frequencia,
               (1 + 5 * (rank() over (order by valor) - 1) / count(*) over ())::int as quintil_valor
          from cliente c) r
 group by 1, 2, 3, 4, 5, 6, 7
