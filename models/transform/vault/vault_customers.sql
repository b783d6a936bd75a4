{#-
    Personal data of customers, apart from everything else. Grain: one row per customer_id and
    version (updated_at).
-#}
{{ config(schema='silver_vault') }}
with arrivals as (
    select * from {{ bronze('customers') }}
),

latest as (
    {{ latest_arrival('arrivals', ['customer_id', 'updated_at']) }}
)

select
    customer_id,
    first_name,
    last_name,
    email,
    phone,
    date_of_birth,
    age as age_years,
    ssn,
    address,
    coalesce({{ postal_code('zip_code', 'country', 'state') }}, zip_code) as zip_code,
    employer,
    job_title,
    updated_at,
    _batch_id,
    _loaded_at
from latest
