-- What the shop is going through, by its own clock: the log that all simulator processes follow, and
-- from which the same events can be made again. One at a time: a new one ends the one before.
create table operacao.cenarios (
    numero      bigint generated always as identity primary key,
    cenario     text not null,
    parametros  jsonb not null default '{}',
    inicio      timestamptz not null,
    fim         timestamptz not null check (fim >= inicio),
    pedido_em   timestamptz not null default clock_timestamp()
);
create index cenarios_fim on operacao.cenarios (fim);
