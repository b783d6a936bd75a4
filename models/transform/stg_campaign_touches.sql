{#-
    Contacts (or deliberate non-contacts, the holdout) of a campaign with a customer: typed, one
    spelling, latest arrival. Grain: one row per touch_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='touch_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('campaign_touches') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['touch_id']) }}
)

select
    touch_id,
    campaign_id,
    customer_id,
    touch_date as touch_at,
    cast(touch_date as date) as touch_date,
    {{ month_number('touch_date') }} as touch_month,
    case when lower(touch_channel) <> 'unknown' then touch_channel end as touch_channel,
    is_holdout,
    opened as is_opened,
    clicked as is_clicked,
    converted as is_converted,
    conversion_date as converted_at,
    conversion_value as conversion_amount,
    cost as cost_amount,
    _batch_id,
    _loaded_at
from latest
