{#-
    What each customer moved in a month with transactions.
    Grain: one row per customer and month.
-#}
{{ config(materialized='view') }}
with transactions as (
    select * from {{ ref('fact_transactions') }}
),

clock as (
    select * from {{ ref('data_clock') }}
)

select
    customer_natural_key,
    transaction_month as summary_month,
    max(case when not is_declined then transaction_date end) as last_posted_date,
    cast(count(*) as bigint) as transaction_count,
    cast(sum(case when is_declined then 0 else 1 end) as bigint) as posted_count,
    cast(sum(case when is_declined then 1 else 0 end) as bigint) as declined_count,
    {{ money('sum(case when posted_amount > 0 then posted_amount else 0 end)') }} as credit_amount,
    {{ money('sum(case when posted_amount < 0 then posted_amount else 0 end)') }} as debit_amount,
    cast(
        sum(case when transaction_type = 'Purchase' and not is_declined then 1 else 0 end) as bigint
    ) as purchase_count,
    {{ money("sum(case when transaction_type = 'Purchase' then -posted_amount else 0 end)") }}
        as purchase_amount,
    cast(
        sum(case when transaction_type = 'Fee' and not is_declined then 1 else 0 end) as bigint
    ) as fee_count,
    {{ money("sum(case when transaction_type = 'Fee' then -posted_amount else 0 end)") }}
        as fee_amount,
    cast(
        sum(case when is_international and not is_declined then 1 else 0 end) as bigint
    ) as international_count,
    cast(
        sum(case when channel in ('Online', 'Mobile') and not is_declined then 1 else 0 end)
        as bigint
    ) as digital_count,
    cast(sum(case when is_fraud then 1 else 0 end) as bigint) as fraud_count,
    {{ money('sum(case when is_fraud then abs(posted_amount) else 0 end)') }} as fraud_amount,
    cast(
        count(distinct case when not is_declined then transaction_date end) as bigint
    ) as active_day_count,
    cast(
        count(distinct case when not is_declined then merchant_category end) as bigint
    ) as distinct_category_count
from transactions
cross join clock
where transaction_date <= clock.as_of_date and customer_natural_key is not null
group by customer_natural_key, transaction_month
