{#- The only clock of every model. Grain: one row. -#}
{%- set event_dates = [
    ('stg_transactions', 'transaction_date'),
    ('stg_customer_interactions', 'interaction_date'),
    ('stg_account_events', 'event_date'),
    ('stg_credit_applications', 'application_date'),
    ('stg_fraud_alerts', 'alert_date'),
    ('stg_loan_payments', 'paid_date'),
    ('stg_customer_segments_history', 'effective_date'),
    ('stg_risk_assessments', 'assessment_date'),
    ('stg_campaign_touches', 'touch_date'),
] %}
with event_days as (
    {%- for relation, column in event_dates %}
    {% if not loop.first %}union all{% endif %}
    select
        min({{ column }}) as first_date,
        max({{ column }}) as last_date
    from {{ ref(relation) }}
    {%- endfor %}
),

movements as (
    select min(transaction_date) as first_transaction_date
    from {{ ref('stg_transactions') }}
)

select
    {% if var('as_of') is not none -%}
    cast('{{ var("as_of") }}' as date) as as_of_date,
    {%- else -%}
    max(event_days.last_date) as as_of_date,
    {%- endif %}
    min(event_days.first_date) as first_event_date,
    max(event_days.last_date) as last_event_date,
    min(movements.first_transaction_date) as first_transaction_date
from event_days
cross join movements
