{#-
    Contacts, holdouts and conversions of each campaign up to the clock. Grain: one row per
    campaign.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

touches as (
    select * from {{ ref('fact_campaign_touches') }}
),

campaigns as (
    select * from {{ ref('dim_campaign') }}
    where campaign_key <> {{ unknown_key() }}
),

known_touches as (
    -- conversions after the clock have not happened yet
    select
        touches.campaign_key,
        not coalesce(touches.is_holdout, false) as is_contact,
        coalesce(touches.is_opened, false) as is_opened,
        coalesce(touches.is_clicked, false) as is_clicked,
        coalesce(touches.is_converted, false)
        and coalesce(cast(touches.converted_at as date) <= clock.as_of_date, true)
            as is_converted,
        touches.conversion_amount,
        touches.cost_amount
    from touches
    inner join clock on cast(touches.touch_at as date) <= clock.as_of_date
),

counted as (
    select
        campaign_key,
        {{ count_if('is_contact') }} as contacted_count,
        {{ count_if('not is_contact') }} as holdout_count,
        {{ count_if('is_contact and is_opened') }} as opened_count,
        {{ count_if('is_contact and is_clicked') }} as clicked_count,
        {{ count_if('is_contact and is_converted') }} as converted_count,
        {{ count_if('not is_contact and is_converted') }} as holdout_converted_count,
        {{ money_if('is_contact', 'cost_amount') }} as spend_amount,
        {{ money_if('is_contact and is_converted', 'conversion_amount') }} as conversion_amount
    from known_touches
    group by campaign_key
)

select
    campaigns.campaign_natural_key,
    campaigns.campaign_name,
    campaigns.campaign_type,
    campaigns.target_segment,
    campaigns.start_date,
    campaigns.end_date,
    coalesce(counted.contacted_count, 0) as contacted_count,
    coalesce(counted.holdout_count, 0) as holdout_count,
    coalesce(counted.opened_count, 0) as opened_count,
    coalesce(counted.clicked_count, 0) as clicked_count,
    coalesce(counted.converted_count, 0) as converted_count,
    coalesce(counted.holdout_converted_count, 0) as holdout_converted_count,
    coalesce(counted.spend_amount, 0) as spend_amount,
    coalesce(counted.conversion_amount, 0) as conversion_amount
from campaigns
left join counted on campaigns.campaign_key = counted.campaign_key
