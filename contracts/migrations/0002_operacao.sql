-- How the parts run: the shop's clock, their heartbeats, requests to them, the live generations.

create table operacao.relogio (
    unico        boolean primary key default true check (unico),
    epoca_real   timestamptz not null,
    epoca_loja   timestamptz not null,
    velocidade   double precision not null check (velocidade > 0)
);

-- One row a process. `dados` holds cumulative counters since the process started.
create table operacao.batimentos (
    parte          text not null,
    instancia      text not null,
    iniciado_em    timestamptz not null default clock_timestamp(),
    atualizado_em  timestamptz not null default clock_timestamp(),
    estado         text not null,
    dados          jsonb not null,
    primary key (parte, instancia)
);

-- Requests that processes look at, such as "simulators pause"; each ends by itself at `ate`.
create table operacao.controle (
    chave   text primary key,
    valor   jsonb not null,
    ate     timestamptz not null
);

-- A generation is drawn when a streaming checkpoint is made; only the newest may write panes.
create sequence operacao.geracao_tempo_real;
