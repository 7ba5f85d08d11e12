-- Why a recomputation failed; and how much was known of an hour's products and customers when its panes were
-- put right, so that a version that comes late has them put right again.

alter table operacao.recomposicoes add column falha text;
alter table operacao.recomposicoes_horas add column versoes bigint not null default -1;
