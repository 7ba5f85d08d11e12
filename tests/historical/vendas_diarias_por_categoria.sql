select v.dia, i.categoria, v.uf, v.metodo_pagamento, v.segmento_cliente,
       count(distinct v.id_transacao) filter (where v.vez = 1 and not v.cancelada),
       coalesce(sum(i.quantidade) filter (where not v.cancelada), 0), sum(i.receita)::bigint,
       coalesce(sum(i.receita) filter (where v.cancelada), 0)::bigint
  from (select v.*, row_number() over (partition by dia, id_pedido order by cancelada, data_compra, centavos) as vez
          from venda_cliente v) v
       join item_receita i using (id_transacao)
 group by 1, 2, 3, 4, 5
