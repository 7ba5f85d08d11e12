-- Two writers at the turn of a month: to_regclass answers from the session's cache, which an advisory
-- lock does not refresh, so the second of them made the partition again and was refused. A query of
-- the catalogue sees what was committed while it waited.
create or replace function garantir_particao_eventos(mes date) returns void language plpgsql as $$
declare
    nome text := 'eventos_web_' || to_char(mes, 'YYYY_MM');
    inicio timestamptz := date_trunc('month', mes)::timestamp at time zone 'UTC';
    fim timestamptz := (date_trunc('month', mes) + interval '1 month')::timestamp at time zone 'UTC';
begin
    if to_regclass('public.' || nome) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('garantir_particao_eventos'));
    if exists (select from pg_class where relname = nome and relnamespace = 'public'::regnamespace) then
        return;
    end if;
    execute format('create table public.%I (like public.eventos_web including all)', nome);
    execute format('alter table public.eventos_web attach partition public.%I for values from (%L) to (%L)',
                   nome, inicio, fim);
end $$;
