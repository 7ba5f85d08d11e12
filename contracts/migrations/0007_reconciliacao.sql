-- Reconciliations of the live panes with Postgres and with the shop's own books.

-- When an order was first written, whatever version that was: one that was first heard of by a later status
-- is no sale that anybody counted in time. Orders from before this file have its own moment.
alter table transacoes_vendas add column persistido_em timestamptz not null default now();
comment on column transacoes_vendas.persistido_em is 'When the first version of the order was written, by the wall''s clock';

create table operacao.reconciliacoes (
    numero          bigint generated always as identity primary key,
    situacao        text not null default 'em_curso' check (situacao in ('em_curso', 'confere', 'diverge', 'falhou')),
    motivo          text,
    iniciada_em     timestamptz not null default clock_timestamp(),
    terminada_em    timestamptz,
    instante        timestamptz not null,
    marca_dagua     timestamptz,
    persistido_ate  timestamptz,
    com_livro       boolean not null
);
comment on table operacao.reconciliacoes is 'Every run of the reconciliation';
comment on column operacao.reconciliacoes.situacao is
    'em_curso: under way; confere: every difference is explained; diverge: some are not, or panes are missing; falhou: it did not come to an end';
comment on column operacao.reconciliacoes.motivo is 'Why it failed';
comment on column operacao.reconciliacoes.instante is 'The shop''s instant before which the compared hours ended';
comment on column operacao.reconciliacoes.marca_dagua is 'The stream''s watermark, which with persistido_ate decides which hours are closed';
comment on column operacao.reconciliacoes.com_livro is 'Whether the simulators'' ledger was there and compared as well';

create table operacao.reconciliacoes_horas (
    reconciliacao   bigint not null references operacao.reconciliacoes on delete cascade,
    hora            timestamptz not null,
    bruta_centavos  bigint not null,
    pedidos         bigint not null,
    cancelados      bigint not null,
    eventos         bigint not null,
    comparados      int not null,
    explicadas      int not null,
    inexplicadas    int not null,
    ausentes        int not null,
    primary key (reconciliacao, hora)
);
comment on table operacao.reconciliacoes_horas is 'The UTC hours that a run compared, with Postgres'' totals of each';
comment on column operacao.reconciliacoes_horas.comparados is 'Keys compared, over all sources, panes and dimensions';
comment on column operacao.reconciliacoes_horas.explicadas is 'Keys that differ by orders or events named one by one';
comment on column operacao.reconciliacoes_horas.inexplicadas is 'Keys that differ and must not';
comment on column operacao.reconciliacoes_horas.ausentes is 'Panes, or dimensions of panes, that are not there at all';

create table operacao.reconciliacoes_diferencas (
    reconciliacao   bigint not null references operacao.reconciliacoes on delete cascade,
    hora            timestamptz not null,
    fonte           text not null check (fonte in ('redis', 'livro')),
    segundos        int not null,
    inicio          timestamptz not null,
    dimensao        text not null,
    chave           text not null,
    situacao        text not null check (situacao in ('explicada', 'inexplicada', 'ausente')),
    postgres        jsonb not null,
    encontrado      jsonb not null,
    motivos         text[] not null,
    ids             text[] not null,
    primary key (reconciliacao, hora, fonte, segundos, inicio, dimensao, chave)
);
comment on table operacao.reconciliacoes_diferencas is 'Differences by hour, dimension and key: what Postgres says, and what was found';
comment on column operacao.reconciliacoes_diferencas.fonte is 'redis: the live panes; livro: the simulators'' ledger';
comment on column operacao.reconciliacoes_diferencas.segundos is 'Length of the pane; the ledger is compared by hours';
comment on column operacao.reconciliacoes_diferencas.chave is 'Key of the dimension; empty for totals and where a whole dimension is missing';
comment on column operacao.reconciliacoes_diferencas.postgres is 'Measures that Postgres gives; money in centavos; those that are 0 are left out';
comment on column operacao.reconciliacoes_diferencas.motivos is
    'evento_atrasado, produto_recente, cliente_recente, status_antes_do_pedido: why those in ids differ';
comment on column operacao.reconciliacoes_diferencas.ids is 'The orders (id_transacao) and web events (id_evento) that explain the difference';

create view operacao.reconciliacao as
    select * from operacao.reconciliacoes where situacao in ('confere', 'diverge') order by numero desc limit 1;
comment on view operacao.reconciliacao is 'The latest reconciliation that came to its end';

create view operacao.reconciliacao_horas as
    select h.* from operacao.reconciliacoes_horas h join operacao.reconciliacao r on r.numero = h.reconciliacao;
comment on view operacao.reconciliacao_horas is 'The hours of the latest reconciliation';

create view operacao.reconciliacao_diferencas as
    select d.* from operacao.reconciliacoes_diferencas d join operacao.reconciliacao r on r.numero = d.reconciliacao;
comment on view operacao.reconciliacao_diferencas is 'The differences of the latest reconciliation';
