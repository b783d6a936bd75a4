{#-
    Merchants of the last two hours, the most unusual first. Grain: one row per merchant; one of
    merchant -1 where there is none.
-#}
{{ config(materialized='view') }}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

recent as (
    select
        transactions.merchant_natural_key,
        min(transactions.merchant_name) as merchant_name,
        {{ count_if('transactions.transaction_at > ' ~ dbt.dateadd('hour', -1, 'clock.clock_at')) }}
            as this_hour_count,
        count(*) as both_count,
        {{ money('coalesce(sum(transactions.posted_amount), 0)') }} as volume
    from {{ ref('int_realtime_transactions') }} as transactions
    inner join clock
        on transactions.transaction_at > {{ dbt.dateadd('hour', -2, 'clock.clock_at') }}
    where transactions.merchant_natural_key <> -1  -- that is no merchant
    group by transactions.merchant_natural_key
),

compared as (
    select
        recent.*,
        recent.both_count - recent.this_hour_count as previous_hour_count,
        coalesce(normal.hourly_mean_count, 0) as expected_count,
        -- twice the difference of roots, about normal whatever the mean (Anscombe 1948)
        2 * (
            sqrt(recent.this_hour_count + 0.375)
            - sqrt(coalesce(normal.hourly_mean_count, 0) + 0.375)
        ) as z_score
    from recent
    left join {{ ref('int_realtime_merchants') }} as normal
        on recent.merchant_natural_key = normal.merchant_natural_key
)

select
    coalesce(compared.merchant_natural_key, -1) as merchant_natural_key,
    compared.merchant_name,
    compared.this_hour_count,
    compared.previous_hour_count,
    compared.expected_count,
    compared.this_hour_count / cast(60 as {{ type_double() }}) as transactions_per_minute,
    {{ percentage(
        'compared.this_hour_count - compared.previous_hour_count', 'compared.previous_hour_count'
    ) }} as growth_pct,
    compared.z_score,
    case
        when compared.merchant_natural_key is not null
            then cast(row_number() over (
                    order by
                        compared.z_score desc nulls last,
                        compared.both_count desc nulls last,
                        compared.merchant_natural_key asc
                ) as bigint)
    end as rank_number,
    compared.volume,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('compared.merchant_natural_key is not null') }} as status,
    clock.as_of_date
from clock
left join compared on 1 = 1
