{#-
    Rate of every currency to the reporting currency, no day missing. Grain: one row per
    currency and day.
-#}
with rates as {{ in_place() }}(
    select * from {{ ref('stg_exchange_rates') }}
),

clock as (
    -- balances are converted up to the clock, which may stand after the last event
    select greatest(as_of_date, last_event_date) as last_date
    from {{ ref('data_clock') }}
),

spans as (
    select
        rates.currency,
        min(rates.rate_date) as first_rate_date,
        case
            when max(clock.last_date) > max(rates.rate_date) then max(clock.last_date)
            else max(rates.rate_date)
        end as last_rate_date
    from rates
    cross join clock
    group by rates.currency
),

days as (
    {{ day_series('spans', 'first_rate_date', 'last_rate_date', ['currency'], 'rate_date') }}
),

runs as (
    select
        days.currency,
        days.rate_date,
        rates.rate_to_usd,
        count(rates.rate_to_usd) over (
            partition by days.currency order by days.rate_date rows unbounded preceding
        ) as rate_run
    from days
    left join rates on days.currency = rates.currency and days.rate_date = rates.rate_date
),

filled as (
    select
        currency,
        rate_date,
        max(rate_to_usd) over (partition by currency, rate_run) as rate_to_usd
    from runs
),

reporting as (
    select
        rate_date,
        rate_to_usd as reporting_rate_to_usd
    from filled
    where currency = '{{ var("reporting_currency") }}'
)

select
    filled.currency,
    filled.rate_date,
    filled.rate_to_usd,
    cast(
        filled.rate_to_usd / case
            when '{{ var("reporting_currency") }}' = 'USD' then 1
            else nullif(reporting.reporting_rate_to_usd, 0)
        end as decimal(18, 8)
    ) as exchange_rate
from filled
left join reporting on filled.rate_date = reporting.rate_date
