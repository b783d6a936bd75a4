{#- Campaigns with what they cost and brought. Grain: one row per campaign. -#}
with campaigns as (
    {{ newest_version(ref('stg_marketing_campaigns'), 'campaign_id') }}
),

touches as (
    select
        campaign_id,
        sum(case when is_holdout then 0 else 1 end) as touch_count,
        sum(case when is_holdout then 1 else 0 end) as holdout_count,
        sum(cost_amount) as spend_amount,
        sum(case when is_converted and not is_holdout then 1 else 0 end) as touch_conversion_count,
        sum(case when is_converted and not is_holdout then conversion_amount end)
            as touch_conversion_amount
    from {{ ref('stg_campaign_touches') }}
    group by campaign_id
)

select
    {{ surrogate_key(['campaigns.campaign_id']) }} as campaign_key,
    campaigns.campaign_id as campaign_natural_key,
    {{ date_key('campaigns.start_date') }} as date_key,
    {{ foreign_key('campaigns.product_promoted') }} as product_key,
    campaigns.budget_amount,
    campaigns.impression_count,
    campaigns.click_count,
    campaigns.conversion_count,
    campaigns.cost_per_acquisition_amount,
    campaigns.reported_roi_rate,
    cast(coalesce(touches.touch_count, 0) as bigint) as touch_count,
    cast(coalesce(touches.holdout_count, 0) as bigint) as holdout_count,
    {{ money('touches.spend_amount') }} as spend_amount,
    cast(coalesce(touches.touch_conversion_count, 0) as bigint) as touch_conversion_count,
    {{ money('touches.touch_conversion_amount') }} as touch_conversion_amount
from campaigns
left join touches on campaigns.campaign_id = touches.campaign_id
