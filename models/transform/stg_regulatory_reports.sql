{#-
    Regulatory filings (CTR, SAR, call reports and so on): typed, one spelling, latest arrival.
    Grain: one row per report_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='report_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('regulatory_reports') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['report_id']) }}
)

select
    report_id,
    report_type_code,
    report_type_name,
    report_period_start as period_start_date,
    report_period_end as period_end_date,
    filing_date,
    due_date,
    actual_filing_date as filed_date,
    lower(filing_status) as filing_status,
    report_frequency,
    regulator,
    customer_id,
    account_id,
    transaction_id,
    amount_reported as reported_amount,
    risk_level,
    requires_follow_up as is_follow_up_required,
    follow_up_date,
    approval_date,
    filing_method,
    confirmation_number,
    is_amended,
    original_report_id,
    penalty_amount,
    _batch_id,
    _loaded_at
from latest
