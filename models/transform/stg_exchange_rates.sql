{#-
    Daily price of one unit of a currency in US dollars: typed, one spelling, latest arrival.
    Grain: one row per rate_date and currency, its latest arrival.
-#}
with arrivals as (
    -- earlier versions let in the zeros of providers without a rate
    select * from {{ bronze('exchange_rates') }}
    where rate_to_usd > 0
),

latest as (
    {{ latest_arrival('arrivals', ['rate_date', 'currency']) }}
)

select
    rate_date,
    upper(currency) as currency,
    rate_to_usd,
    _batch_id,
    _loaded_at
from latest
