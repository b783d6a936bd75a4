{#-
    Transactions by what was paid for.
    Grain: one row per merchant category group and merchant category.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
),

known as (
    select
        {{ known_text('transactions.merchant_category_group') }} as merchant_category_group,
        {{ known_text('transactions.merchant_category') }} as merchant_category,
        transactions.customer_natural_key,
        transactions.is_declined,
        transactions.posted_amount
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
),

categories as (
    select
        merchant_category_group,
        merchant_category,
        count(*) as transaction_count,
        {{ count_if('not is_declined') }} as posted_count,
        {{ count_if('not is_declined and posted_amount is not null') }} as priced_count,
        {{ money('coalesce(sum(abs(posted_amount)), 0)') }} as volume,
        count(distinct customer_natural_key) as unique_customers
    from known
    group by merchant_category_group, merchant_category
)

select
    categories.merchant_category_group,
    categories.merchant_category,
    categories.transaction_count,
    categories.posted_count,
    {{ percentage('categories.transaction_count', 'sum(categories.transaction_count) over ()') }}
        as pct_of_total,
    categories.volume,
    {{ money(ratio('categories.volume', 'categories.priced_count')) }} as avg_amount,
    categories.unique_customers,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('categories.transaction_count > 0') }} as status,
    clock.as_of_date
from categories
cross join clock
