select c.periodo, c.inicio, c.completo, k.*, coalesce(s.pedidos, 0), coalesce(s.bruta, 0)::bigint,
       coalesce(s.canceladas, 0)::bigint, coalesce(s.bruta - s.canceladas, 0)::bigint
  from periodo c cross join (select distinct metodo_pagamento from venda) k
       left join (select d.periodo, d.inicio, metodo_pagamento, sum(centavos) as bruta,
                         coalesce(sum(centavos) filter (where cancelada), 0) as canceladas,
                         count(distinct id_pedido) filter (where not cancelada) as pedidos
                    from venda join dia_periodo d using (dia) group by d.periodo, d.inicio, metodo_pagamento) s
            using (periodo, inicio, metodo_pagamento)
