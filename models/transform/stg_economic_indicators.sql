{#-
    Macroeconomic series by date: typed, one spelling, every arrival, for a revision replaces
    nothing that was known before it. Grain: one row per date and arrival.
-#}
with arrivals as (
    select * from {{ bronze('economic_indicators') }}
)

select
    date as indicator_date,
    cast(row_number() over (
        partition by date order by _batch_id, _source_row
    ) as integer) as arrival_number,
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
    cast(created_at as date) as published_date,
    cast(_loaded_at as date) as arrived_date,
    _batch_id,
    _loaded_at
from arrivals
