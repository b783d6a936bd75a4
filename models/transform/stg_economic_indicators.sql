{#-
    Macroeconomic series by date: typed, one spelling, latest arrival. Grain: one row per date,
    its latest arrival.
-#}
with arrivals as (
    select * from {{ source('ingestion_raw_data', 'economic_indicators') }}
),

latest as (
    {{ latest_arrival('arrivals', ['date']) }}
)

select
    date as indicator_date,
    gdp_growth_rate,
    unemployment_rate,
    inflation_rate,
    federal_funds_rate,
    sp500_index,
    vix_index,
    consumer_confidence_index,
    housing_price_index,
    treasury_yield_10yr,
    mortgage_rate_30yr,
    _batch_id,
    _loaded_at
from latest
