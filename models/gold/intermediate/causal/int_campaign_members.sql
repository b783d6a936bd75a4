{#-
    Customers of each campaign up to the clock: those contacted and held out; of campaigns that
    drew no holdout, all who could have been contacted and were not too. Grain: one row per
    campaign and customer.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

numbered as (
    select
        facts.campaign_key,
        facts.customer_natural_key,
        coalesce(facts.is_holdout, false) as is_holdout,
        cast(facts.touch_at as date) as touch_date,
        -- conversions after the clock have not happened yet
        coalesce(facts.is_converted, false)
        and coalesce(cast(facts.converted_at as date) <= clock.as_of_date, true) as is_converted,
        row_number() over (
            partition by facts.campaign_key, facts.customer_natural_key
            order by facts.touch_at nulls last, facts.touch_id
        ) as touch_number
    from {{ ref('fact_campaign_touches') }} as facts
    inner join clock on cast(facts.touch_at as date) <= clock.as_of_date
    where facts.customer_natural_key is not null
),

assigned as (
    select
        campaign_key,
        customer_natural_key,
        is_holdout,
        touch_date,
        is_converted
    from numbered
    where touch_number = 1
),

sizes as (
    select
        campaign_key,
        min(touch_date) as first_date,
        max(touch_date) as last_date,
        {{ count_if('is_holdout') }} as holdout_count
    from assigned
    group by campaign_key
),

campaigns as (
    select
        dim_campaign.campaign_key,
        dim_campaign.campaign_natural_key,
        dim_campaign.campaign_name,
        {{ known_text('dim_campaign.campaign_type') }} as campaign_type,
        dim_campaign.target_segment,
        sizes.first_date,
        sizes.last_date,
        -- a holdout that nobody drew by lot is no comparison
        sizes.holdout_count > 0 and coalesce(dim_campaign.is_randomised, true) as has_holdout,
        {{ month_number(add_months('sizes.first_date', -1)) }} as known_month
    from {{ ref('dim_campaign') }} as dim_campaign
    inner join sizes on dim_campaign.campaign_key = sizes.campaign_key
    where dim_campaign.campaign_key <> {{ unknown_key() }}
),

known as (
    select * from {{ ref('fact_customer_monthly_summary') }}
    where open_account_count > 0
),

members as (
    select
        campaign_key,
        customer_natural_key,
        not is_holdout as is_contacted,
        is_converted
    from assigned
    union all
    select
        campaigns.campaign_key,
        known.customer_natural_key,
        false as is_contacted,
        cast(null as boolean) as is_converted
    from campaigns
    inner join known on campaigns.known_month = known.summary_month
    left join assigned
        on
            campaigns.campaign_key = assigned.campaign_key
            and known.customer_natural_key = assigned.customer_natural_key
    where
        not campaigns.has_holdout
        and assigned.campaign_key is null
        and (
            lower(coalesce(campaigns.target_segment, 'all')) = 'all'
            or lower(campaigns.target_segment) = lower(known.customer_segment)
        )
)

select
    campaigns.campaign_natural_key,
    campaigns.campaign_name,
    campaigns.campaign_type,
    campaigns.has_holdout,
    campaigns.first_date,
    campaigns.last_date,
    members.customer_natural_key,
    members.is_contacted,
    members.is_converted,
    {{ known_text('known.customer_segment') }} as customer_segment,
    customers.annual_income_amount,
    {{ days_between('customers.signup_date', 'campaigns.first_date') }} as tenure_days
from members
inner join campaigns on members.campaign_key = campaigns.campaign_key
left join known
    on
        members.customer_natural_key = known.customer_natural_key
        and campaigns.known_month = known.summary_month
left join {{ ref('dim_customer') }} as customers on known.customer_key = customers.customer_key
left join {{ ref('int_customer_leavers') }} as leavers
    on
        members.customer_natural_key = leavers.customer_natural_key
        and campaigns.last_date > leavers.left_date
-- without lots, only who was known before and stays to the end is compared: who leaves has bought
-- less for a while, and is contacted less
where
    campaigns.has_holdout
    or (leavers.customer_natural_key is null and known.customer_natural_key is not null)
