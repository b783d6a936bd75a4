{#-
    Contacts between customers and the bank: typed, one spelling, latest arrival. Grain: one row
    per interaction_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='interaction_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('customer_interactions') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['interaction_id']) }}
)

select
    interaction_id,
    customer_id,
    interaction_date as interaction_at,
    cast(interaction_date as date) as interaction_date,
    {{ month_number('interaction_date') }} as interaction_month,
    interaction_type,
    reason as interaction_reason,
    duration_minutes,
    sentiment_score,
    satisfaction_rating as satisfaction_score,
    resolved as is_resolved,
    escalated as is_escalated,
    agent_id,
    branch_id,
    _batch_id,
    _loaded_at
from latest
