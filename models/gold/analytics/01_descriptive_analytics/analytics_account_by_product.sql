{#- Accounts at the clock by product and status. Grain: one row per product and account status. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

accounts as (
    select * from {{ ref('int_accounts_at_dates') }}
    where position_name = 'current'
),

products as (
    select
        product_natural_key,
        product_name,
        product_category,
        account_status,
        count(*) as account_count,
        {{ money('sum(account_balance)') }} as balance,
        count(distinct customer_natural_key) as unique_customers
    from accounts
    group by product_natural_key, product_name, product_category, account_status
)

select
    products.product_natural_key,
    products.product_name,
    products.product_category,
    products.account_status,
    products.account_count,
    {{ percentage('products.account_count', 'sum(products.account_count) over ()') }}
        as pct_of_total,
    {{ percentage(
        'products.account_count',
        'sum(products.account_count) over (partition by products.product_natural_key)'
    ) }} as pct_of_product,
    products.balance,
    products.unique_customers,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('products.account_count > 0') }} as status,
    clock.as_of_date
from products
cross join clock
