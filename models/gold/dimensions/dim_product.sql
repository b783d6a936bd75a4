{#-
    Products (Type 1). Grain: one row per product, inferred products, the unknown one.
    Rates and fees change with time: they are in history_product_rates.
-#}
with newest as (
    {{ newest_version(ref('stg_products'), 'product_id') }}
),

members as (
    {{ type1_members('product', 'newest', 'product_id', [
        (ref('stg_accounts'), 'product_id'),
        (ref('stg_credit_applications'), 'product_id'),
        (ref('stg_account_events'), 'product_id'),
        (ref('stg_marketing_campaigns'), 'product_promoted'),
    ]) }}
)

select
    members.product_key,
    members.product_natural_key,
    newest.product_name,
    newest.product_category,
    newest.product_tier,
    newest.is_premium,
    members.is_inferred
from members
left join newest on members.product_natural_key = newest.product_id
