{#-
    Products that each customer holds an open account of, on the day of the clock.
    Grain: one row per customer and product.
-#}
with accounts as (
    select * from {{ ref('int_accounts_at_dates') }}
)

select
    customer_natural_key,
    product_natural_key,
    product_name,
    product_category,
    count(*) as account_count,
    count(*) over (partition by customer_natural_key) as held_product_count
from accounts
where
    position_name = 'current'
    and is_open
    and customer_natural_key is not null
    and product_natural_key <> -1
group by customer_natural_key, product_natural_key, product_name, product_category
