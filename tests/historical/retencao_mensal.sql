select 'mes', c.coorte, m.completo,
       ((extract(year from m.inicio) - extract(year from c.coorte)) * 12
        + extract(month from m.inicio) - extract(month from c.coorte))::int,
       c.clientes, count(distinct v.id_usuario)
  from (select date_trunc('month', primeiro)::date as coorte, count(*) as clientes from cliente group by 1) c
       join periodo m on m.periodo = 'mes' and m.inicio >= c.coorte
       left join (select v.id_usuario, date_trunc('month', v.dia)::date as mes,
                         date_trunc('month', k.primeiro)::date as coorte
                    from venda v join cliente k using (id_usuario) where not v.cancelada) v
              on v.coorte = c.coorte and v.mes = m.inicio
 group by 1, 2, 3, 4, 5
