-- Recomputations of live panes from Postgres: when, why, and what they put right.

create table operacao.recomposicoes (
    numero         bigint generated always as identity primary key,
    motivo         text not null,
    situacao       text not null default 'em_curso' check (situacao in ('em_curso', 'concluida', 'falhou')),
    iniciada_em    timestamptz not null default clock_timestamp(),
    terminada_em   timestamptz,
    -- What decided which panes are closed, and which of them Postgres holds whole.
    marca_dagua    timestamptz,
    persistido_ate timestamptz,
    horas          int not null default 0,
    substituidos   int not null default 0,
    preenchidos    int not null default 0
);

-- One row for each dimension of a closed pane that Postgres said something else of: the sums over its
-- keys before and after, and how many keys differed. Panes that were empty are not differences.
create table operacao.recomposicoes_diferencas (
    recomposicao   bigint not null references operacao.recomposicoes on delete cascade,
    segundos       int not null,
    inicio         timestamptz not null,
    dimensao       text not null,
    chaves         int not null,
    antes          jsonb not null,
    depois         jsonb not null,
    primary key (recomposicao, segundos, inicio, dimensao)
);

-- How many rows an hour had when its panes were last put right: as long as that is so, they are right.
create table operacao.recomposicoes_horas (
    hora           timestamptz primary key,
    vendas         bigint not null,
    cancelamentos  bigint not null,
    eventos        bigint not null,
    recomposicao   bigint not null references operacao.recomposicoes on delete cascade
);

-- Web events come nearly in the order of their times: a few bytes for each stretch of the table tell
-- where an hour's are.
create index eventos_web_quando on eventos_web using brin (timestamp_evento)
    with (pages_per_range = 32, autosummarize = on);
