{#-
    Days on which a customer was active: a posted transaction or a contact.
    Grain: one row per customer and such a day.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

channels as (
    select * from {{ ref('dim_channel') }}
),

actions as (
    select
        customer_natural_key,
        cast(interaction_at as date) as activity_date,
        channel_key,
        1 as interaction_count
    from {{ ref('fact_customer_interactions') }}
    union all
    select
        customer_natural_key,
        transaction_date as activity_date,
        channel_key,
        0 as interaction_count
    from {{ ref('fact_transactions') }}
    where not is_declined
)

select
    actions.customer_natural_key,
    actions.activity_date,
    {{ count_if('actions.interaction_count = 1') }} as interaction_count,
    {{ count_if('channels.is_digital') }} as digital_count,
    {{ count_if("channels.channel_group <> 'unknown'") }} as channel_known_count
from actions
inner join clock
    on
        actions.activity_date >= clock.first_event_date
        and actions.activity_date <= clock.transaction_end_date
inner join channels on actions.channel_key = channels.channel_key
where actions.customer_natural_key is not null  -- of an erased customer
group by actions.customer_natural_key, actions.activity_date
