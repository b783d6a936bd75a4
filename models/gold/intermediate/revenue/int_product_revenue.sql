{#-
    What products earned in the twelve months up to the last day that transactions tell of.
    Grain: one row per product.
-#}
with clock as (
    select
        transaction_end_date,
        {{ add_months('transaction_end_date', -12) }} as after_date
    from {{ ref('data_clock') }}
),

revenue as (
    select * from {{ ref('int_revenue_days') }}
    where owed_count > 0 or refuted_count > 0 or fee_amount is not null
)

select
    revenue.product_key,
    {{ exact_money('coalesce(sum(revenue.fee_amount), 0)') }} as fee_revenue_amount,
    cast(sum(revenue.owed_count) as bigint) as owed_month_count,
    cast(sum(revenue.refuted_count) as bigint) as refuted_month_count,
    case
        when not {{ too_many_refuted('sum(revenue.refuted_count)', 'sum(revenue.owed_count)') }}
            then {{ exact_money('sum(revenue.interest_amount)') }}
    end as interest_revenue_amount
from revenue
inner join clock
    on
        revenue.revenue_date > clock.after_date
        and revenue.revenue_date <= clock.transaction_end_date
group by revenue.product_key
