{#- Where a city lies: the middle of its ZIP codes. Grain: one row per city and state. -#}
with zip_codes as (
    select * from {{ ref('stg_zip_codes') }}
)

select
    lower(city) as city,
    state,
    {{ average_double('latitude') }} as latitude,
    {{ average_double('longitude') }} as longitude
from zip_codes
group by lower(city), state
