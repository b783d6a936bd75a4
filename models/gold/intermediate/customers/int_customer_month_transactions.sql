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
    count(*) as transaction_count,
    {{ count_if('not is_declined') }} as posted_count,
    {{ count_if('is_declined') }} as declined_count,
    {{ exact_money("sum(case when posted_amount > 0 then posted_amount else 0 end)") }}
        as credit_amount,
    {{ exact_money("sum(case when posted_amount < 0 then posted_amount else 0 end)") }}
        as debit_amount,
    {{ count_if("transaction_type = 'Purchase' and not is_declined") }} as purchase_count,
    {{ exact_money("sum(case when transaction_type = 'Purchase' then -posted_amount else 0 end)") }}
        as purchase_amount,
    {{ count_if("transaction_type = 'Fee' and not is_declined") }} as fee_count,
    {{ exact_money("sum(case when transaction_type = 'Fee' then -posted_amount else 0 end)") }}
        as fee_amount,
    {{ count_if('is_international and not is_declined') }} as international_count,
    {{ count_if("channel in ('Online', 'Mobile') and not is_declined") }} as digital_count,
    {{ count_if('is_fraud') }} as fraud_count,
    {{ exact_money("sum(case when is_fraud then abs(posted_amount) else 0 end)") }} as fraud_amount,
    count(distinct case when not is_declined then transaction_date end) as active_day_count,
    count(distinct case when not is_declined then merchant_category end)
        as distinct_category_count
from transactions
cross join clock
where transaction_date <= clock.as_of_date and customer_natural_key is not null
group by customer_natural_key, transaction_month
