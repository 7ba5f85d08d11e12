select n.periodo, n.inicio, n.completo, n.liquida, a.outra_liquida, y.outra_liquida
  from numero n
       left join comparado a on (a.periodo, a.inicio, a.lado) = (n.periodo, n.inicio, 'anterior')
       left join comparado y on (y.periodo, y.inicio, y.lado) = (n.periodo, n.inicio, 'ano_anterior')
