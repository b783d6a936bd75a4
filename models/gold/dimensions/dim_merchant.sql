{#- Merchants (Type 1). Grain: one row per merchant, inferred merchants, the unknown one. -#}
with newest as (
    {{ newest_version(ref('stg_merchants'), 'merchant_id') }}
),

codes as (
    select * from {{ ref('stg_merchant_category_codes') }}
),

members as (
    {{ type1_members('merchant', 'newest', 'merchant_id', [
        (ref('stg_transactions'), 'merchant_id'),
    ]) }}
)

select
    members.merchant_key,
    members.merchant_natural_key,
    newest.merchant_name,
    coalesce(newest.merchant_category, codes.category) as merchant_category,
    codes.category_group as merchant_category_group,
    newest.mcc_code,
    newest.city,
    newest.state,
    newest.country,
    newest.latitude,
    newest.longitude,
    newest.risk_rating,
    newest.average_transaction_amount,
    newest.is_online,
    newest.established_date,
    members.is_inferred
from members
left join newest on members.merchant_natural_key = newest.merchant_id
left join codes on newest.mcc_code = codes.mcc_code
