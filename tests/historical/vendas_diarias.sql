select dia, uf, metodo_pagamento, segmento_cliente, count(*) filter (where vez = 1 and not cancelada),
       count(*) filter (where vez = 1 and cancelada), sum(centavos)::bigint,
       coalesce(sum(centavos) filter (where cancelada), 0)::bigint
  from (select v.*, row_number() over (partition by dia, id_pedido order by cancelada, data_compra, centavos) as vez
          from venda_cliente v) x
 group by 1, 2, 3, 4
