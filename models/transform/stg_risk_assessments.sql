{#-
    KYC, AML and credit risk assessments of customers: typed, one spelling, latest arrival.
    Grain: one row per assessment_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='assessment_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('risk_assessments') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['assessment_id']) }}
)

select
    assessment_id,
    customer_id,
    assessment_date,
    {{ month_number('assessment_date') }} as assessment_month,
    assessment_type,
    risk_rating,
    risk_score,
    credit_risk,
    fraud_risk,
    aml_risk,
    kyc_status,
    kyc_last_updated as kyc_updated_date,
    pep_flag as is_politically_exposed,
    sanctions_flag as is_sanctioned,
    adverse_media_flag as has_adverse_media,
    high_value_customer as is_high_value,
    transaction_volume_last_90d as transaction_volume_amount,
    num_accounts as account_count,
    years_as_customer as tenure_years,
    employment_verified as is_employment_verified,
    income_verified as is_income_verified,
    address_verified as is_address_verified,
    next_review_date,
    requires_enhanced_due_diligence as is_enhanced_due_diligence,
    _batch_id,
    _loaded_at
from latest
