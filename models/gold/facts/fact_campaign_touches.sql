{#-
    Contacts of campaigns with customers, and the customers deliberately not contacted. Grain:
    one row per touch. Partition: touch_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='touch_month',
    partition_source='silver.stg_campaign_touches',
    on_schema_change='fail'
) }}
{%- set affected = affected_partitions('touch_month', ref('stg_campaign_touches'), stale_rows=[
    rekeyed_customers('touch_month', 'facts.touch_at'),
]) %}
with events as {{ in_place() }}(
    select * from {{ ref('stg_campaign_touches') }}
    where {{ in_partitions('touch_month', affected) }}
)

select
    events.touch_id,
    events.touch_month,
    {{ date_key('events.touch_date') }} as date_key,
    events.touch_at,
    {{ foreign_key('events.campaign_id') }} as campaign_key,
    events.campaign_id as campaign_natural_key,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    events.customer_id as customer_natural_key,
    {{ foreign_key('events.touch_channel') }} as channel_key,
    events.touch_channel,
    events.is_holdout,
    coalesce(events.is_opened, false) as is_opened,
    coalesce(events.is_clicked, false) as is_clicked,
    coalesce(events.is_converted, false) as is_converted,
    events.converted_at,
    events.conversion_amount,
    events.cost_amount,
    events._batch_id
from events
{{ customer_version('events.customer_id', 'events.touch_at') }}
