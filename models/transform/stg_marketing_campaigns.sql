{#-
    Marketing campaigns with budget and reported results: typed, one spelling, latest arrival.
    Grain: one row per campaign_id and version (updated_at).
-#}
with arrivals as (
    select * from {{ bronze('marketing_campaigns') }}
),

latest as (
    {{ latest_arrival('arrivals', ['campaign_id', 'updated_at']) }}
)

select
    campaign_id,
    campaign_name,
    campaign_type,
    start_date,
    end_date,
    target_segment,
    budget as budget_amount,
    impressions as impression_count,
    clicks as click_count,
    conversions as conversion_count,
    cost_per_acquisition as cost_per_acquisition_amount,
    roi as reported_roi_rate,
    product_promoted,
    objective,
    offer,
    is_randomised,
    cost_per_contact as contact_cost_amount,
    updated_at,
    _batch_id,
    _loaded_at
from latest
