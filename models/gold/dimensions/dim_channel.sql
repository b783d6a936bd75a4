{#-
    Channels through which customers act and are reached. Grain: one row per channel, and the
    unknown one.
-#}
with named as (
    select channel as channel_name from {{ ref('stg_transactions') }}
    union
    select interaction_type as channel_name from {{ ref('stg_customer_interactions') }}
    union
    select touch_channel as channel_name from {{ ref('stg_campaign_touches') }}
    union
    select preferred_channel as channel_name from {{ ref('stg_customers') }}
),

grouped as (
    select
        channel_name,
        case
            when
                channel_name in ('Online', 'Mobile', 'Email', 'Chat')
                or channel_name in ('Social Media', 'Online Display', 'SMS', 'Push')
                then 'digital'
            when channel_name in ('ATM', 'Branch', 'POS', 'Branch Visit') then 'physical'
            when channel_name in ('Phone', 'Phone Call', 'Direct Mail', 'TV', 'Radio') then 'remote'
            else 'unknown'
        end as channel_group
    from named
    where channel_name is not null
)

select
    {{ surrogate_key(['channel_name']) }} as channel_key,
    channel_name,
    channel_group,
    channel_group = 'digital' as is_digital
from grouped

union all

select
    {{ unknown_key() }} as channel_key,
    'Unknown' as channel_name,
    'unknown' as channel_group,
    false as is_digital
