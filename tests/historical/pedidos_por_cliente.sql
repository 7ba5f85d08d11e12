select periodo, inicio, completo, pedidos, compradores from numero
union all
select periodo, inicio, completo, (select count(distinct id_pedido) from venda where not cancelada),
       (select count(*) from cliente)
  from tudo
