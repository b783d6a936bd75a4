{#-
    What has happened in the last minutes, beside what is normal for the hour. Grain: one row per
    window and channel; All is the sum of the channels.
-#}
{{ config(materialized='view') }}
{%- set z = normal_quantile() %}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

transactions as (
    select * from {{ ref('int_realtime_transactions') }}
),

normal as (
    select * from {{ ref('int_realtime_hours') }}
),

windows as (
    {% for minutes in (1, 5, 15, 60) -%}
    select
        cast({{ minutes }} as integer) as window_minutes,
        {{ dbt.dateadd('minute', -minutes, 'clock_at') }} as window_start_at
    from clock
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

channels as (
    select distinct channel from transactions

    union all

    select 'All' as channel from clock
),

counted as (
    select
        windows.window_minutes,
        windows.window_start_at,
        channels.channel,
        count(transactions.transaction_id) as transaction_count,
        {{ count_if('transactions.is_declined') }} as declined_count,
        {{ money('coalesce(sum(transactions.posted_amount), 0)') }} as volume
    from windows
    cross join channels
    left join transactions
        on
            windows.window_start_at < transactions.transaction_at
            and (channels.channel = transactions.channel or channels.channel = 'All')
    group by windows.window_minutes, windows.window_start_at, channels.channel
),

compared as (
    select
        counted.*,
        clock.clock_at,
        clock.as_of_date,
        cast(counted.window_minutes as {{ type_double() }}) / 60 * normal.mean_count
            as expected_count,
        -- a count varies by chance, and as hours of other weeks differ: how many times as much
        1 + cast(counted.window_minutes as {{ type_double() }}) / 60 * case
            when normal.variance_count > normal.mean_count
                then (normal.variance_count - normal.mean_count) / normal.mean_count
            else 0
        end as dispersion
    from counted
    cross join clock
    left join normal
        on
            counted.channel = normal.channel
            and {{ iso_weekday('clock.clock_at') }} = normal.weekday_number
            and cast({{ calendar_part('hour', 'clock.clock_at') }} as integer) = normal.hour_number
),

-- the square root of a count has about the same spread whatever its mean (Anscombe 1948)
roots as (
    select
        compared.*,
        sqrt(expected_count + 0.375) as root,
        {{ z / 2 }} * sqrt(dispersion) as reach
    from compared
),

bounded as (
    select
        roots.*,
        case
            when root > reach and (root - reach) * (root - reach) > 0.375
                then (root - reach) * (root - reach) - 0.375
            when root is not null then 0
        end as expected_count_lower,
        (root + reach) * (root + reach) - 0.375 as expected_count_upper
    from roots
)

select
    bounded.window_minutes,
    bounded.channel,
    bounded.window_start_at,
    bounded.clock_at as window_end_at,
    bounded.transaction_count,
    bounded.declined_count,
    bounded.volume,
    cast(bounded.transaction_count as {{ type_double() }}) / bounded.window_minutes
        as transactions_per_minute,
    cast(bounded.expected_count as {{ type_double() }}) as expected_count,
    cast(bounded.expected_count_lower as {{ type_double() }}) as expected_count_lower,
    cast(bounded.expected_count_upper as {{ type_double() }}) as expected_count_upper,
    case
        when bounded.expected_count is null then 'unknown'
        when bounded.transaction_count > bounded.expected_count_upper then 'above'
        when bounded.transaction_count < bounded.expected_count_lower then 'below'
        else 'normal'
    end as band,
    {{ coverage_pct() }} as coverage_pct,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('bounded.clock_at is not null') }} as status,
    bounded.as_of_date
from bounded
