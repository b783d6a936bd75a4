{#-
    Posted transactions of each day, all and by channel, and the days that are forecast.
    Grain: one row per series and day, without gaps.
-#}
with clock as (
    select
        first_transaction_date,
        transaction_end_date,
        {{ add_days('transaction_end_date', var('volume_forecast_days')) }} as forecast_end_date
    from {{ ref('data_clock') }}
),

calendar as (
    select
        full_date,
        is_bank_holiday
    from {{ ref('dim_date') }}
),

counted as (
    select
        {{ known_text('transactions.channel') }} as series_name,
        transactions.transaction_date,
        count(*) as posted_count
    from {{ ref('fact_transactions') }} as transactions
    inner join clock
        on
            transactions.transaction_date >= clock.first_transaction_date
            and transactions.transaction_date <= clock.transaction_end_date
    where not transactions.is_declined
    group by {{ known_text('transactions.channel') }}, transactions.transaction_date
),

daily as (
    select
        series_name,
        transaction_date,
        posted_count
    from counted
    union all
    select
        'All channels' as series_name,
        transaction_date,
        sum(posted_count) as posted_count
    from counted
    group by transaction_date
),

series as (
    select distinct series_name from daily
)

select
    series.series_name,
    calendar.full_date as observation_date,
    coalesce(calendar.is_bank_holiday, false) as is_bank_holiday,
    calendar.full_date > clock.transaction_end_date as is_ahead,
    -- a day of the feed without a transaction counts 0; of a day ahead nothing is known
    case
        when calendar.full_date <= clock.transaction_end_date
            then cast(coalesce(daily.posted_count, 0) as bigint)
    end as transaction_count
from series
cross join clock
inner join calendar
    on
        clock.first_transaction_date <= calendar.full_date
        and clock.forecast_end_date >= calendar.full_date
left join daily
    on
        series.series_name = daily.series_name
        and calendar.full_date = daily.transaction_date
