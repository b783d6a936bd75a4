{#- What happened to accounts other than money movements. Grain: one row per event. Partition: event_month. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='event_month',
    partition_source='silver.stg_account_events',
    on_schema_change='fail'
) }}
{%- set affected = affected_partitions('event_month', ref('stg_account_events'), stale_rows=[
    rekeyed_partitions(
        'event_month', ref('dim_customer'), 'facts.event_at', 'customer_key', 'customer_natural_key'
    ),
    rekeyed_partitions(
        'event_month', ref('dim_account'), 'facts.event_at', 'account_key', 'account_natural_key'
    ),
]) %}
with events as (
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
    events.old_value,
    events.new_value,
    events.triggered_by,
    events.channel,
    events.is_reversible,
    events.is_approval_required,
    events.approval_status,
    events._batch_id
from events
{{ as_of_version('customers', ref('dim_customer'), ('events.customer_id', 'customer_natural_key'), 'events.event_at') }}
{{ as_of_version('accounts', ref('dim_account'), ('events.account_id', 'account_natural_key'), 'events.event_at') }}
