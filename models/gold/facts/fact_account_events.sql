{#-
    What happened to accounts other than money movements. Grain: one row per event. Partition:
    event_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='event_month',
    partition_source='silver.stg_account_events',
    on_schema_change='fail'
) }}
{%- set affected = affected_partitions('event_month', ref('stg_account_events'), stale_rows=[
    rekeyed_customers('event_month', 'facts.event_at'),
    rekeyed_accounts('event_month', 'facts.event_at'),
]) %}
with events as {{ in_place() }}(
    select * from {{ ref('stg_account_events') }}
    where {{ in_partitions('event_month', affected) }}
)

select
    events.event_id,
    events.event_month,
    {{ date_key('events.event_date') }} as date_key,
    events.event_at,
    {{ version_key('accounts', 'account_key') }} as account_key,
    events.account_id as account_natural_key,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    events.customer_id as customer_natural_key,
    {{ foreign_key('events.product_id') }} as product_key,
    events.event_type,
    events.event_category,
    events.limit_before_amount,
    events.limit_after_amount,
    events.interest_before_rate,
    events.interest_after_rate,
    events.status_before,
    events.status_after,
    events.triggered_by,
    events.channel,
    events.is_reversible,
    events.is_approval_required,
    events.approval_status,
    events.closing_reason,
    events._batch_id
from events
{{ customer_version('events.customer_id', 'events.event_at') }}
{{ account_version('events.account_id', 'events.event_at') }}
