{#-
    What selling campaigns cost and brought up to the clock, contacted and held out apart. Grain:
    one row per campaign and segment of its customers then.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

touches as (
    select * from {{ ref('fact_campaign_touches') }}
),

campaigns as (
    -- who is contacted to be kept is not sold to
    select * from {{ ref('dim_campaign') }}
    where campaign_key <> {{ unknown_key() }} and lower(coalesce(objective, 'sales')) <> 'retention'
),

customers as (
    select * from {{ ref('dim_customer') }}
),

members as (
    select
        {{ known_text('customer_segment') }} as customer_segment,
        cast(count(*) as bigint) as member_count
    from customers
    where is_current and not is_inferred
    group by {{ known_text('customer_segment') }}
),

assigned as (
    select
        touches.campaign_key,
        {{ known_text('customers.customer_segment') }} as customer_segment,
        coalesce(touches.is_holdout, false) as is_holdout,
        -- conversions after the clock have not happened yet
        coalesce(touches.is_converted, false)
        and coalesce(cast(touches.converted_at as date) <= clock.as_of_date, true)
            as is_converted,
        touches.conversion_amount,
        touches.cost_amount
    from touches
    inner join clock on cast(touches.touch_at as date) <= clock.as_of_date
    left join customers on touches.customer_key = customers.customer_key
),

counted as (
    select
        campaign_key,
        customer_segment,
        {{ count_if('not is_holdout') }} as contacted_count,
        {{ count_if('not is_holdout and is_converted') }} as converted_count,
        {{ count_if('is_holdout') }} as holdout_count,
        {{ count_if('is_holdout and is_converted') }} as holdout_converted_count,
        {{ count_if('is_converted and conversion_amount is not null') }} as valued_count,
        {{ money_if('is_converted', 'conversion_amount') }} as conversion_amount,
        {{ money_if('not is_holdout', 'cost_amount') }} as spend_amount
    from assigned
    group by campaign_key, customer_segment
)

select
    campaigns.campaign_natural_key,
    counted.customer_segment,
    {{ known_text('campaigns.campaign_type') }} as channel,
    campaigns.start_date,
    coalesce(members.member_count, 0) as member_count,
    counted.contacted_count,
    counted.converted_count,
    counted.holdout_count,
    counted.holdout_converted_count,
    counted.valued_count,
    counted.conversion_amount,
    counted.spend_amount
from counted
inner join campaigns on counted.campaign_key = campaigns.campaign_key
left join members on counted.customer_segment = members.customer_segment
