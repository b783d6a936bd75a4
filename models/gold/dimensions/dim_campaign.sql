{#-
    Marketing campaigns (Type 1). Grain: one row per campaign, inferred campaigns, the unknown
    one.
-#}
with newest as (
    {{ newest_version(ref('stg_marketing_campaigns'), 'campaign_id') }}
),

members as (
    {{ type1_members('campaign', 'newest', 'campaign_id', [
        (ref('stg_campaign_touches'), 'campaign_id'),
    ]) }}
)

select
    members.campaign_key,
    members.campaign_natural_key,
    newest.campaign_name,
    newest.campaign_type,
    newest.start_date,
    newest.end_date,
    newest.target_segment,
    newest.budget_amount,
    {{ foreign_key('newest.product_promoted') }} as product_key,
    newest.objective,
    newest.offer,
    newest.is_randomised,
    newest.contact_cost_amount,
    members.is_inferred
from members
left join newest on members.campaign_natural_key = newest.campaign_id
