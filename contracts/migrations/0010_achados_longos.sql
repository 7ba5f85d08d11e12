-- A finding may say more than a key can hold: two versions of an order of a hundred items that differ.

alter table achados_qualidade drop constraint achados_qualidade_pkey;
create unique index achados_qualidade_chave on achados_qualidade (tipo, identidade, md5(detalhe));
