{#-
    Products the bank sells: deposit, credit, loan and investment products with their price
    list: typed, one spelling, latest arrival. Grain: one row per product_id and version
    (updated_at).
-#}
with arrivals as (
    select * from {{ bronze('products') }}
),

latest as (
    {{ latest_arrival('arrivals', ['product_id', 'updated_at']) }}
)

select
    product_id,
    product_name,
    category as product_category,
    interest_rate,
    min_balance as minimum_balance,
    monthly_fee as monthly_fee_amount,
    overdraft_limit as overdraft_limit_amount,
    product_tier,
    is_premium,
    updated_at,
    _batch_id,
    _loaded_at
from latest
