{#-
    The last two days by the hour, beside what is normal. Grain: one row per hour and channel; All
    is the sum of the channels.
-#}
{{ config(materialized='view', meta={'beside': 'analytics_realtime_transaction_monitoring'}) }}
{%- set z = normal_quantile() %}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

transactions as (
    select
        channel,
        cast(transaction_at as date) as transaction_date,
        cast({{ calendar_part('hour', 'transaction_at') }} as integer) as hour_number
    from {{ ref('int_realtime_transactions') }}
),

-- added up before they meet every hour and channel
sums as (
    select
        channel,
        transaction_date,
        hour_number,
        count(*) as transaction_count
    from transactions
    group by channel, transaction_date, hour_number
),

normal as (
    select * from {{ ref('int_realtime_hours') }}
),

-- 48 hours as six times eight: an engine plans fourteen selects sooner than 48
eights as (
    {% for number in range(6) -%}
    select cast({{ 8 * number }} as integer) as hour_count from clock
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ones as (
    {% for number in range(8) -%}
    select cast({{ number }} as integer) as hour_count from clock
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

hours as (
    select
        eights.hour_count + ones.hour_count as hours_ago_number,
        {{ dbt.dateadd('hour', '-1 * (eights.hour_count + ones.hour_count)', 'clock.clock_at') }}
            as within_at
    from clock
    cross join eights
    cross join ones
),

named as (
    select
        hours_ago_number,
        cast(within_at as date) as hour_date,
        cast({{ calendar_part('hour', 'within_at') }} as integer) as hour_number,
        {{ iso_weekday('within_at') }} as weekday_number
    from hours
    where within_at is not null
),

channels as (
    select distinct channel from sums

    union all

    select 'All' as channel from clock
),

counted as (
    select
        channels.channel,
        named.hours_ago_number,
        named.hour_date,
        named.hour_number,
        named.weekday_number,
        cast(coalesce(sum(sums.transaction_count), 0) as bigint) as transaction_count
    from named
    cross join channels
    left join sums
        on
            named.hour_date = sums.transaction_date
            and named.hour_number = sums.hour_number
            and (channels.channel = sums.channel or channels.channel = 'All')
    group by
        channels.channel,
        named.hours_ago_number,
        named.hour_date,
        named.hour_number,
        named.weekday_number
),

roots as (
    select
        counted.*,
        normal.mean_count,
        sqrt(normal.mean_count + 0.375) as root,
        {{ z / 2 }} * sqrt(case
            when normal.variance_count > normal.mean_count
                then normal.variance_count / normal.mean_count
            else 1
        end) as reach
    from counted
    left join normal
        on
            counted.channel = normal.channel
            and counted.weekday_number = normal.weekday_number
            and counted.hour_number = normal.hour_number
)

select
    coalesce(known.channel, 'Unknown') as channel,
    known.hour_date,
    known.hour_number,
    coalesce(known.hours_ago_number, 0) as hours_ago_number,
    -- the hour that is not over is never compared, nor the one that began before the two days
    coalesce(known.hours_ago_number in (0, 47), true) as is_partial,
    known.transaction_count,
    known.mean_count as expected_count,
    cast(case
        when known.root > known.reach
            and (known.root - known.reach) * (known.root - known.reach) > 0.375
            then (known.root - known.reach) * (known.root - known.reach) - 0.375
        when known.root is not null then 0
    end as {{ type_double() }}) as expected_count_lower,
    cast((known.root + known.reach) * (known.root + known.reach) - 0.375 as {{ type_double() }})
        as expected_count_upper,
    {{ coverage_pct() }} as coverage_pct,
    {{ status_if('known.channel is not null') }} as status,
    clock.as_of_date
from clock
left join roots as known on 1 = 1
