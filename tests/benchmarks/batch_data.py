"""What ``bench_batch`` measures over: a generated year in Postgres, the same rows for DuckDB, and its dialect."""

# What ``FILL`` fills, emptied.
EMPTY = """
drop table if exists pg_temp.produto, pg_temp.cliente, pg_temp.quando;
truncate catalogo_produtos_versoes, dados_clientes, dados_clientes_versoes, eventos_web, transacoes_vendas;
"""

# A year up to now. Carts have five events, one of each step; the first 40 of 100 orders have one.
FILL = """
create temp table produto as select n, gen_random_uuid() as id from generate_series(0, 999) n;
create temp table cliente as select n, gen_random_uuid() as id from generate_series(0, {transactions} / 20) n;
create temp table quando as select clock_timestamp() - interval '365 days' as inicio, interval '365 days' as tudo;
insert into catalogo_produtos_versoes
  select id, inicio + versao * tudo / 3, 'Produto ' || n, 'Categoria ' || n % 20, 10 + (n + 31 * versao) % 90, 5
    from produto, quando, generate_series(0, 2) versao;
insert into dados_clientes
  select id, 'Nome', 'nome@example.com', inicio + random() * tudo, 'novo', 'Cidade ' || n % 97, chr(65 + n % 26) || 'X',
         'Brasil', inicio
    from cliente, quando;
insert into dados_clientes_versoes
  select id, inicio + versao * tudo / 2, (enum_range(null::segmento_cliente))[1 + (n + versao) % 3],
         'Cidade ' || n % 97, chr(65 + n % 26) || 'X'
    from cliente, quando, generate_series(0, 1) versao;
select garantir_particao_eventos(mes::date) from quando,
       generate_series(date_trunc('month', inicio), clock_timestamp() + interval '1 day', interval '1 month') mes;
insert into eventos_web
  select gen_random_uuid(), null, md5('s' || n)::uuid, case when passo > 0 then md5('c' || n)::uuid end,
         (array['visualizacao_produto', 'carrinho_criado', 'adicionar_carrinho', 'checkout_iniciado',
                'checkout_concluido'])[1 + passo]::tipo_evento,
         null, inicio + n::float8 / {carts} * tudo + passo * interval '7 minutes'
    from quando, generate_series(0, {carts} - 1) n, generate_series(0, 4) passo;
insert into transacoes_vendas
  select gen_random_uuid(), gen_random_uuid(), c.id, array[p.id, q.id], array[1, 2], (i % 50000)::numeric / 100 + 1,
         inicio + i::float8 / {transactions} * tudo, (enum_range(null::metodo_pagamento))[1 + i % 3],
         case when i % 50 = 0 then 'cancelado' else 'entregue' end::status_pedido,
         inicio + i::float8 / {transactions} * tudo, case when i % 100 < 40 then md5('c' || i * 4 / 5)::uuid end
    from quando, generate_series(0, {transactions} - 1) i
         join cliente c on c.n = (i::bigint * 7919) % ({transactions} / 20)
         join produto p on p.n = i % 1000 join produto q on q.n = (i::bigint * 7) % 1000;
"""

# Parquet has neither Postgres' uuid nor its numeric: both as text, and back again.
PARQUET = {
    "transacoes_vendas": "select id_transacao::text, id_pedido::text, id_usuario::text, id_produto::text[], "
    "quantidade_produto, valor_total_compra::text, data_compra, metodo_pagamento::text, status_pedido::text, "
    "data_status, id_carrinho::text from transacoes_vendas",
    "eventos_web": "select id_sessao::text, id_carrinho::text, tipo_evento::text, timestamp_evento from eventos_web",
    "catalogo_produtos_versoes": "select id_produto::text, produzido_em, categoria, preco_unitario::text "
    "from catalogo_produtos_versoes",
    "dados_clientes_versoes": "select id_usuario::text, produzido_em, segmento_cliente::text, estado, cidade "
    "from dados_clientes_versoes",
    "dados_clientes": "select id_usuario::text, data_cadastro from dados_clientes",
}
VIEWS = {
    "transacoes_vendas": "select * replace (id_produto::uuid[] as id_produto, "
    "valor_total_compra::decimal(14, 2) as valor_total_compra) from '{file}'",
    "eventos_web": "select * from '{file}'",
    "catalogo_produtos_versoes": "select * replace (id_produto::uuid as id_produto, "
    "preco_unitario::decimal(14, 2) as preco_unitario) from '{file}'",
    "dados_clientes_versoes": "select * from '{file}'",
    "dados_clientes": "select * from '{file}'",
}

_DIALECT = {
    "select generate_series(\n": "select unnest(generate_series(\n",
    "interval '1 day')::date as dia": "interval '1 day'))::date as dia",
    "cross join lateral unnest(v.id_produto, v.quantidade_produto) with ordinality\n"
    "               as i (id_produto, quantidade, lugar)": "cross join lateral (select "
    "unnest(v.id_produto) as id_produto, unnest(v.quantidade_produto) as quantidade, "
    "unnest(range(1, len(v.id_produto) + 1)) as lugar) i",
    "cross join unnest(array['visita', 'visualizacao_produto', 'adicionar_carrinho', 'checkout_iniciado',\n"
    "                               'checkout_concluido']) with ordinality as s (passo, ordem)": "cross join (values "
    "('visita', 1), ('visualizacao_produto', 2), ('adicionar_carrinho', 3), ('checkout_iniciado', 4), "
    "('checkout_concluido', 5)) as s (passo, ordem)",
    "from visita, unnest(passos || array['visita']) as passo": "from (select dia, "
    "unnest(passos || ['visita']) as passo from visita)",
    "div(centavos * peso, sum(peso) over w)": "(centavos::hugeint * peso::hugeint // (sum(peso) over w)::hugeint)",
    "mod(centavos * peso, sum(peso) over w)": "(centavos::hugeint * peso::hugeint % (sum(peso) over w)::hugeint)",
    "(w order by momento)": "(partition by id_carrinho order by momento)",
    "/ count(*) over ()": "// count(*) over ()",
}


def for_duckdb(statement: str) -> str:
    """A statement of ``tests.historical`` in DuckDB's words."""
    for ours, theirs in _DIALECT.items():
        statement = statement.replace(ours, theirs)
    return statement
