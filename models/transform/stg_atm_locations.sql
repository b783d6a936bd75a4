{#-
    Cash machines, own and third-party: typed, one spelling, latest arrival. Grain: one row per
    atm_id and version (updated_at).
-#}
with arrivals as (
    select * from {{ bronze('atm_locations') }}
),

latest as (
    {{ latest_arrival('arrivals', ['atm_id', 'updated_at']) }}
)

select
    atm_id,
    atm_code,
    location_name,
    location_type as atm_type,
    address,
    city,
    state,
    coalesce({{ postal_code('zip_code', 'country', 'state') }}, zip_code) as zip_code,
    upper(country) as country,
    latitude,
    longitude,
    install_date,
    is_operational,
    is_deposit_enabled,
    is_cash_only,
    max_withdrawal_amount as maximum_withdrawal_amount,
    daily_transaction_limit as daily_transaction_limit_count,
    avg_daily_transactions as average_daily_transaction_count,
    cash_capacity as cash_capacity_amount,
    last_refill_date,
    last_maintenance_date,
    surcharge_fee as surcharge_fee_amount,
    is_24_hour,
    has_camera,
    branch_id,
    updated_at,
    _batch_id,
    _loaded_at
from latest
