{#-
    Branches of the bank: typed, one spelling, latest arrival. Grain: one row per branch_id and
    version (updated_at).
-#}
with arrivals as (
    select * from {{ bronze('branch_locations') }}
),

latest as (
    {{ latest_arrival('arrivals', ['branch_id', 'updated_at']) }}
)

select
    branch_id,
    branch_name,
    branch_code,
    branch_type,
    address,
    city,
    state,
    coalesce({{ postal_code('zip_code', 'country', 'state') }}, zip_code) as zip_code,
    upper(country) as country,
    latitude,
    longitude,
    open_date,
    close_date,
    is_active,
    square_footage as square_feet_count,
    num_employees as employee_count,
    avg_daily_customers as average_daily_customer_count,
    has_safe_deposit,
    has_notary,
    has_coin_counter,
    wheelchair_accessible as is_wheelchair_accessible,
    operating_hours,
    region,
    updated_at,
    _batch_id,
    _loaded_at
from latest
