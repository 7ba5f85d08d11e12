, dias as (
    select inicio, liquida, row_number() over (order by inicio) - 1 as lugar, count(*) over () as quantos
      from numero where periodo = 'dia' and completo
),
origem as (
    select distinct quantos - 30 - 7 * atras as lugar
      from dias, generate_series(0, 5) as atras where quantos - 30 - 7 * atras >= 28
)
select 'dia', min(d.inicio), true, 'semana_anterior', count(distinct o.lugar)::int, count(*), sum(d.liquida)::bigint,
       sum(abs(d.liquida - a.liquida))::bigint, null::bigint
  from origem o join dias d on d.lugar >= o.lugar and d.lugar < o.lugar + 30
       join dias a on a.lugar = o.lugar - 7 + (d.lugar - o.lugar) % 7
having count(*) > 0
