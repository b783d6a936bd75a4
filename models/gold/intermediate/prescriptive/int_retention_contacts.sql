{#-
    Contacts that should keep customers and who was held out of them, with what was known of the
    customer at the month end before, and whether the customer left in the months after. Grain:
    one row per touch.
-#}
{%- set horizon = var('retention_horizon_months') | int %}
with clock as (
    select * from {{ ref('data_clock') }}
),

touches as (
    select * from {{ ref('fact_campaign_touches') }}
),

campaigns as (
    select * from {{ ref('dim_campaign') }}
    where lower(objective) = 'retention'
),

features as (
    select * from {{ ref('features_customer') }}
),

leavers as (
    select * from {{ ref('int_customer_leavers') }}
),

contacts as (
    select
        touches.touch_id,
        campaigns.campaign_natural_key,
        {{ known_text('campaigns.offer') }} as action_name,
        touches.customer_natural_key,
        coalesce(touches.is_holdout, false) as is_holdout,
        touches.cost_amount,
        cast(touches.touch_at as date) as touch_date,
        {{ add_months('cast(touches.touch_at as date)', horizon) }} as outcome_date,
        {{ month_end(add_months('cast(touches.touch_at as date)', -1)) }} as cut_date,
        clock.as_of_date
    from touches
    inner join campaigns on touches.campaign_key = campaigns.campaign_key
    inner join clock on cast(touches.touch_at as date) <= clock.as_of_date
)

select
    contacts.touch_id,
    contacts.campaign_natural_key,
    contacts.action_name,
    contacts.customer_natural_key,
    contacts.touch_date,
    contacts.is_holdout,
    contacts.cost_amount,
    case
        when contacts.outcome_date <= contacts.as_of_date then
            coalesce(
                leavers.left_date > contacts.touch_date
                and leavers.left_date <= contacts.outcome_date, false
            )
    end as is_event,
    features.customer_segment,
    features.home_ownership,
    features.is_marketing_opt_in,
    features.tenure_days,
    features.credit_score,
    features.login_days,
    features.has_complaint,
    features.activity_index,
    features.has_savings,
    features.has_autopay,
    features.product_count
from contacts
inner join features
    on
        contacts.customer_natural_key = features.customer_natural_key
        and contacts.cut_date = features.cut_date
left join leavers on contacts.customer_natural_key = leavers.customer_natural_key
-- who has left before is not there to be kept
where leavers.left_date is null or leavers.left_date > contacts.touch_date
