{#-
    Natural persons and businesses that hold or use an account: typed, one spelling, latest
    arrival. Grain: one row per customer_id and version (updated_at).
-#}
with arrivals as (
    select * from {{ bronze('customers') }}
),

latest as (
    {{ latest_arrival('arrivals', ['customer_id', 'updated_at']) }}
)

select
    customer_id,
    city,
    state,
    upper(country) as country,
    {{ postal_prefix('zip_code', 'country', 'state') }} as zip3,
    signup_date,
    credit_score,
    annual_income as annual_income_amount,
    employment_status,
    education_level,
    marital_status,
    number_of_dependents as dependent_count,
    home_ownership,
    customer_segment,
    life_stage,
    risk_segment,
    is_active,
    preferred_channel,
    marketing_opt_in as is_marketing_opt_in,
    loyalty_tier,
    customer_lifetime_value as customer_lifetime_value_amount,
    churn_risk_score,
    last_login_date,
    acquisition_channel,
    updated_at,
    {{ personal_hash('email') }} as email_hash,
    {{ personal_hash('phone') }} as phone_hash,
    _batch_id,
    _loaded_at
from latest
