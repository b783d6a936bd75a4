{#-
    Revenue of each complete month and the accounts it came from.
    Grain: one row per month, product and segment.
-#}
with months as (
    select * from {{ ref('int_covered_months') }}
    where last_known_date = month_end_date
),

revenue as (
    select
        {{ month_number('revenue_date') }} as month_number,
        product_key,
        customer_segment,
        sum(account_count) as account_count,
        {{ too_many_refuted('sum(refuted_count)', 'sum(owed_count)') }} as is_refuted,
        sum(interest_amount) as interest_amount,
        sum(fee_amount) as fee_amount
    from {{ ref('int_revenue_days') }}
    group by {{ month_number('revenue_date') }}, product_key, customer_segment
)

select
    months.month_start_date,
    revenue.product_key,
    revenue.customer_segment,
    cast(revenue.account_count as bigint) as account_count,
    revenue.is_refuted,
    case
        when not revenue.is_refuted
            then {{ exact_money('coalesce(revenue.interest_amount, 0)') }}
    end as interest_amount,
    {{ exact_money('coalesce(revenue.fee_amount, 0)') }} as fee_amount
from revenue
inner join months on revenue.month_number = months.month_number
