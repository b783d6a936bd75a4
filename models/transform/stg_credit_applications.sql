{#-
    Applications for credit and their decisions: typed, one spelling, latest arrival. Grain: one
    row per application_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='application_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('credit_applications') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['application_id']) }}
)

select
    application_id,
    customer_id,
    product_id,
    application_date,
    {{ month_number('application_date') }} as application_month,
    requested_amount,
    requested_term_months,
    credit_score_at_application as credit_score,
    annual_income as annual_income_amount,
    debt_to_income_ratio as debt_to_income_rate,
    employment_length_years as employment_years,
    decision,
    decision_date,
    approved_amount,
    approved_rate,
    application_channel,
    approval_probability_score as approval_score,
    risk_grade,
    _batch_id,
    _loaded_at
from latest
