{#-
    Things that happened to an account other than money movements: typed, one spelling, latest
    arrival. Grain: one row per event_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='event_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('account_events') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['event_id']) }}
)

select
    event_id,
    account_id,
    customer_id,
    product_id,
    event_date as event_at,
    cast(event_date as date) as event_date,
    {{ month_number('event_date') }} as event_month,
    event_type,
    event_category,
    cast({{ event_limit('event_type', 'old_value') }} as decimal(18, 2)) as limit_before_amount,
    cast({{ event_limit('event_type', 'new_value') }} as decimal(18, 2)) as limit_after_amount,
    cast({{ event_rate('event_type', 'old_value') }} as decimal(9, 6)) as interest_before_rate,
    cast({{ event_rate('event_type', 'new_value') }} as decimal(9, 6)) as interest_after_rate,
    {{ event_status('old_value') }} as status_before,
    {{ event_status('new_value') }} as status_after,
    {{ event_trigger('triggered_by') }} as triggered_by,
    channel,
    is_reversible,
    requires_approval as is_approval_required,
    approval_status,
    case
        when lower(event_type) like '%clos%' or lower(event_type) like '%charge%off%'
            then {{ closing_reason('notes') }}
    end as closing_reason,
    _batch_id,
    _loaded_at
from latest
