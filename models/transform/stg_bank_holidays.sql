{#-
    Bank holidays by country, by the Federal Reserve rule (Sunday moves to Monday, Saturday does
    not move): typed, one spelling, latest arrival. Grain: one row per holiday_date and country,
    its latest arrival.
-#}
with arrivals as (
    select * from {{ bronze('bank_holidays') }}
),

latest as (
    {{ latest_arrival('arrivals', ['holiday_date', 'country']) }}
)

select
    holiday_date,
    holiday_name,
    upper(country) as country,
    _batch_id,
    _loaded_at
from latest
