select periodo, inicio, completo, pedidos, cancelados from numero
