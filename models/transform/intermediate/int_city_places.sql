{#- Where a city lies: the middle of its ZIP codes. Grain: one row per city and state. -#}
with zip_codes as (
    select * from {{ ref('stg_zip_codes') }}
)

select
    lower(city) as city,
    state,
    cast(avg(latitude) as {{ type_double() }}) as latitude,
    cast(avg(longitude) as {{ type_double() }}) as longitude
from zip_codes
group by lower(city), state
