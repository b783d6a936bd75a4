{#-
    Merchants that cards and transfers are paid to: typed, one spelling, latest arrival. Grain:
    one row per merchant_id and version (updated_at).
-#}
with arrivals as (
    select * from {{ bronze('merchants') }}
),

latest as (
    {{ latest_arrival('arrivals', ['merchant_id', 'updated_at']) }}
)

select
    merchant_id,
    merchant_name,
    category as merchant_category,
    mcc_code,
    city,
    state,
    upper(country) as country,
    latitude,
    longitude,
    risk_rating,
    avg_transaction_amount as average_transaction_amount,
    is_online,
    established_date,
    updated_at,
    _batch_id,
    _loaded_at
from latest
