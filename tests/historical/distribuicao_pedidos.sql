select c.periodo, c.inicio, c.completo, x.pedidos, count(*)
  from (select date_trunc('month', dia)::date as inicio, id_usuario, count(distinct id_pedido) as pedidos
          from venda where not cancelada group by 1, 2) x
       join periodo c on c.periodo = 'mes' and c.inicio = x.inicio
 group by 1, 2, 3, 4
union all
select t.periodo, t.inicio, t.completo, c.pedidos, count(*) from tudo t, cliente c group by 1, 2, 3, 4
