{#-
    Assessments of customers: know your customer, money laundering, credit. Grain: one row per
    assessment. Partition: assessment_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='assessment_month',
    partition_source='silver.stg_risk_assessments',
    on_schema_change='fail'
) }}
{%- set affected = affected_partitions('assessment_month', ref('stg_risk_assessments'), stale_rows=[
    rekeyed_customers('assessment_month', end_of_day('facts.assessment_date')),
]) %}
with events as {{ in_place() }}(
    select * from {{ ref('stg_risk_assessments') }}
    where {{ in_partitions('assessment_month', affected) }}
)

select
    events.assessment_id,
    events.assessment_month,
    {{ date_key('events.assessment_date') }} as date_key,
    events.assessment_date,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    events.customer_id as customer_natural_key,
    events.assessment_type,
    events.risk_rating,
    events.risk_score,
    events.credit_risk,
    events.fraud_risk,
    events.aml_risk,
    events.kyc_status,
    events.is_politically_exposed,
    events.is_sanctioned,
    events.has_adverse_media,
    events.is_high_value,
    events.transaction_volume_amount,
    events.account_count,
    events.next_review_date,
    events.is_enhanced_due_diligence,
    events._batch_id
from events
{{ customer_version('events.customer_id', end_of_day('events.assessment_date')) }}
