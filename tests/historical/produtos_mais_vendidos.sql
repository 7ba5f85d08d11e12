select p.periodo, p.inicio, c.completo, p.id_produto, p.posicao::int, a.posicao::int, p.unidades, p.receita
  from produto_posicao p join periodo c using (periodo, inicio)
       left join produto_posicao a
              on a.periodo = p.periodo and a.inicio = c.anterior and a.id_produto = p.id_produto
