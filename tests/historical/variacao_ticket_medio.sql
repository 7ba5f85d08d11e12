select n.periodo, n.inicio, n.completo, n.liquida, n.pedidos,
       a.outra_liquida, a.outros_pedidos, y.outra_liquida, y.outros_pedidos
  from numero n
       left join comparado a on (a.periodo, a.inicio, a.lado) = (n.periodo, n.inicio, 'anterior')
       left join comparado y on (y.periodo, y.inicio, y.lado) = (n.periodo, n.inicio, 'ano_anterior')
