{#-
    Purchases of each merchant category, at most so many, evenly over the numbers of transactions.
    Grain: one row per purchase of the sample.
-#}
{%- set most = 5000 %}
with purchases as (
    select * from {{ ref('int_customer_purchases') }}
    where spend_amount > 0
),

numbered as (
    select
        transaction_id,
        merchant_category,
        transaction_date,
        spend_amount,
        row_number() over (
            partition by merchant_category order by transaction_id nulls last
        ) as place,
        count(*) over (partition by merchant_category) as purchase_count
    from purchases
)

select
    transaction_id,
    merchant_category,
    transaction_date,
    spend_amount,
    cast(purchase_count as bigint) as purchase_count
from numbered
-- the first of every so many, that no more than the most are left
where (place - 1) % cast(ceiling(purchase_count / {{ most }}.0) as integer) = 0
