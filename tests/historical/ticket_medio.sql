select periodo, inicio, completo, liquida, pedidos, round(liquida::numeric / nullif(pedidos, 0))::bigint from numero
