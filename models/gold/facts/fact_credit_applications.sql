{#-
    Applications for credit and their decisions. Grain: one row per application. Partition:
    application_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='application_month',
    partition_source='silver.stg_credit_applications',
    on_schema_change='fail'
) }}
{%- set source = ref('stg_credit_applications') -%}
{%- set affected = affected_partitions('application_month', source, stale_rows=[
    rekeyed_customers('application_month', end_of_day('facts.application_date')),
]) %}
with events as {{ in_place() }}(
    select * from {{ ref('stg_credit_applications') }}
    where {{ in_partitions('application_month', affected) }}
)

select
    events.application_id,
    events.application_month,
    {{ date_key('events.application_date') }} as date_key,
    events.application_date,
    events.decision_date,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    events.customer_id as customer_natural_key,
    {{ foreign_key('events.product_id') }} as product_key,
    events.requested_amount,
    events.approved_amount,
    events.requested_term_months,
    events.credit_score,
    events.annual_income_amount,
    events.debt_to_income_rate,
    events.employment_years,
    events.decision,
    coalesce(events.decision = 'Approved', false) as is_approved,
    coalesce(events.decision = 'Declined', false) as is_declined,
    events.approved_rate,
    events.application_channel,
    events.approval_score,
    events.risk_grade,
    {{ days_between('events.application_date', 'events.decision_date') }} as decision_days,
    events._batch_id
from events
{{ customer_version('events.customer_id', end_of_day('events.application_date')) }}
