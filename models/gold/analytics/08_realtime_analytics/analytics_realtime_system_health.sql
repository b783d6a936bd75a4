{#-
    How channels process what comes: speed, refusals, silence. Grain: one row per channel and
    window.
-#}
{{ config(materialized='view') }}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

transactions as (
    select * from {{ ref('int_realtime_transactions') }}
),

windows as (
    {% for minutes in (15, 60, 1440) -%}
    select
        cast({{ minutes }} as integer) as window_minutes,
        {{ dbt.dateadd('minute', -minutes, 'clock_at') }} as window_start_at,
        clock_at,
        as_of_date
    from clock
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- a channel that fell silent within two days is still there
channels as (
    select
        channel,
        max(transaction_at) as newest_at
    from transactions
    group by channel
),

present as (
    select
        {{ known_text('channels.channel') }} as channel,
        channels.newest_at,
        clock.clock_at
    from clock
    left join channels on 1 = 1
),

measured as (
    select
        windows.window_minutes,
        present.channel,
        present.newest_at,
        windows.clock_at,
        windows.as_of_date,
        count(transactions.transaction_id) as transaction_count,
        {{ count_if('transactions.is_declined') }} as declined_count,
        {{ quantile(0.5, 'transactions.processing_time_ms') }} as processing_p50_ms,
        {{ quantile(0.95, 'transactions.processing_time_ms') }} as processing_p95_ms,
        {{ quantile(0.99, 'transactions.processing_time_ms') }} as processing_p99_ms
    from windows
    cross join present
    left join transactions
        on
            present.channel = transactions.channel
            and windows.window_start_at < transactions.transaction_at
    group by
        windows.window_minutes,
        present.channel,
        present.newest_at,
        windows.clock_at,
        windows.as_of_date
),

rated as (
    select
        measured.*,
        cast(
            {{ dbt.datediff('newest_at', 'clock_at', 'second') }}
            as {{ type_double() }}
        ) / 60 as lag_minutes,
        {{ percentage('declined_count', 'transaction_count') }} as decline_rate_pct,
        {{ wilson_lower('declined_count', 'transaction_count') }} as decline_rate_pct_lower,
        {{ wilson_upper('declined_count', 'transaction_count') }} as decline_rate_pct_upper
    from measured
)

select
    channel,
    window_minutes,
    transaction_count,
    cast(transaction_count as {{ type_double() }}) / window_minutes as transactions_per_minute,
    processing_p50_ms,
    processing_p95_ms,
    processing_p99_ms,
    declined_count,
    100 - decline_rate_pct as success_rate_pct,
    decline_rate_pct,
    decline_rate_pct_lower,
    decline_rate_pct_upper,
    lag_minutes,
    case
        when transaction_count = 0 then 'silent'
        when decline_rate_pct_lower > 10 then 'refusing'
        when processing_p95_ms > 2000 then 'slow'
        else 'healthy'
    end as health,
    {{ coverage_pct() }} as coverage_pct,
    {{ status_if('newest_at is not null') }} as status,
    as_of_date
from rated
