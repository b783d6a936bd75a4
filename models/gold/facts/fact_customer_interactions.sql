{#-
    Contacts between customers and the bank. Grain: one row per contact. Partition:
    interaction_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='interaction_month',
    partition_source='silver.stg_customer_interactions',
    on_schema_change='fail'
) }}
{%- set source = ref('stg_customer_interactions') -%}
{%- set affected = affected_partitions('interaction_month', source, stale_rows=[
    rekeyed_customers('interaction_month', 'facts.interaction_at'),
]) %}
with events as {{ in_place() }}(
    select * from {{ ref('stg_customer_interactions') }}
    where {{ in_partitions('interaction_month', affected) }}
)

select
    events.interaction_id,
    events.interaction_month,
    {{ date_key('events.interaction_date') }} as date_key,
    events.interaction_at,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    events.customer_id as customer_natural_key,
    {{ foreign_key('events.agent_id') }} as agent_key,
    case
        when events.branch_id is null then {{ unknown_key() }}
        else {{ surrogate_key(["'branch'", 'events.branch_id']) }}
    end as location_key,
    {{ foreign_key('events.interaction_type') }} as channel_key,
    events.interaction_type,
    events.interaction_reason,
    events.duration_minutes,
    events.sentiment_score,
    events.satisfaction_score,
    events.is_resolved,
    events.is_escalated,
    coalesce(lower(events.interaction_reason) like '%complaint%', false) as is_complaint,
    events._batch_id
from events
{{ customer_version('events.customer_id', 'events.interaction_at') }}
