{#-
    Customers of the last hour, beside what is usual for each. Grain: one row per active customer;
    one of customer -1 where there is none.
-#}
{{ config(materialized='view') }}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

usual as (
    select * from {{ ref('int_realtime_customers') }}
),

active as (
    select
        transactions.customer_natural_key,
        count(*) as transaction_count,
        {{ money('coalesce(sum(transactions.posted_amount), 0)') }} as volume,
        {{ money('coalesce(sum(transactions.reporting_amount), 0)') }} as asked_amount,
        count(distinct transactions.channel) as channel_count,
        {{ count_if('transactions.is_declined') }} as declined_count,
        max(transactions.transaction_at) as last_transaction_at
    from {{ ref('int_realtime_transactions') }} as transactions
    inner join clock
        on transactions.transaction_at > {{ dbt.dateadd('hour', -1, 'clock.clock_at') }}
    where transactions.customer_natural_key is not null
    group by transactions.customer_natural_key
)

select
    coalesce(active.customer_natural_key, -1) as customer_natural_key,
    active.transaction_count,
    active.volume,
    active.channel_count,
    active.declined_count,
    active.last_transaction_at,
    usual.daily_mean_count,
    usual.mean_amount,
    usual.transaction_count as history_count,
    case
        when usual.transaction_count >= {{ var('minimum_sample_count') }}
            -- more in an hour than on three usual days
            then active.transaction_count >= 3 and active.transaction_count
                > 3 * usual.daily_mean_count
    end as is_unusual_frequency,
    case
        when usual.transaction_count >= {{ var('minimum_sample_count') }}
            then active.asked_amount > active.transaction_count * (
                    usual.mean_amount + 4 * usual.deviation_amount
                )
    end as is_unusual_volume,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('active.customer_natural_key is not null') }} as status,
    clock.as_of_date
from clock
left join active on 1 = 1
left join usual on active.customer_natural_key = usual.customer_natural_key
