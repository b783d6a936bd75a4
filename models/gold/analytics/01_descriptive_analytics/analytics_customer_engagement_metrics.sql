{#-
    How many customers are active per day, week and month, and through what.
    Grain: one row per month and segment.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

customer_months as (
    select * from {{ ref('int_customer_activity_month') }}
),

months as (
    select
        months.month_number,
        months.month_start_date,
        cast({{ dbt.datediff(
            'months.month_start_date',
            feed_end('clock.transaction_end_date', 'months.last_known_date'),
            'day'
        ) }} as integer) + 1 as known_days
    from {{ ref('int_months') }} as months
    inner join clock on months.month_start_date <= clock.transaction_end_date
),

segments as (
    select
        month_number,
        customer_segment,
        count(*) as customer_count,
        sum(active_days) as active_days,
        sum(active_week_days) as active_week_days,
        {{ count_if('active_days > 0') }} as mau_count,
        {{ count_if('is_active_customer') }} as active_customer_count,
        -- the few whose report fell into the month are not all the others
        case
            when 2 * count(login_recency_days) >= count(*) then {{ average('login_recency_days') }}
        end as avg_login_recency_days,
        sum(interaction_count) as interaction_count,
        sum(digital_count) as digital_count,
        sum(channel_known_count) as channel_known_count
    from customer_months
    group by month_number, customer_segment
)

select
    {{ year_month('months.month_start_date') }} as year_month,
    months.month_start_date,
    segments.customer_segment,
    segments.customer_count,
    {{ ratio('segments.active_days', 'months.known_days') }} as dau_count,
    {{ ratio('segments.active_week_days', 'months.known_days') }} as wau_count,
    segments.mau_count,
    segments.active_customer_count,
    {{ percentage(ratio('segments.active_days', 'months.known_days'), 'segments.mau_count') }}
        as stickiness_pct,
    segments.avg_login_recency_days,
    cast(segments.interaction_count as bigint) as interaction_count,
    {{ ratio('segments.interaction_count', 'segments.customer_count') }} as avg_interaction_count,
    cast(segments.digital_count as bigint) as digital_count,
    {{ percentage('segments.digital_count', 'segments.channel_known_count') }} as digital_share_pct,
    {{ status_if('segments.mau_count > 0') }} as status,
    clock.as_of_date
from segments
inner join months on segments.month_number = months.month_number
cross join clock
