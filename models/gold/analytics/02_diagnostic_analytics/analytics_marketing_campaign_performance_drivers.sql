{#-
    Funnel, cost and return of campaigns, against the randomised holdout where there is one.
    Grain: one row per campaign.
-#}
{%- set text = dbt.type_string() %}
{%- set contacted = ['contacted.converted_count', 'contacted.contacted_count'] %}
{%- set spared = ['contacted.holdout_converted_count', 'contacted.holdout_count'] %}
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
),

contacted as (
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
),

rated as (
    select
        contacted.*,
        {{ percentage(contacted[0], contacted[1]) }} as conversion_rate_pct,
        {{ wilson_lower(contacted[0], contacted[1]) }} as conversion_rate_pct_lower,
        {{ wilson_upper(contacted[0], contacted[1]) }} as conversion_rate_pct_upper,
        {{ percentage(spared[0], spared[1]) }} as holdout_conversion_rate_pct,
        {{ wilson_lower(spared[0], spared[1]) }} as holdout_conversion_rate_pct_lower,
        {{ wilson_upper(spared[0], spared[1]) }} as holdout_conversion_rate_pct_upper
    from contacted
),

compared as (
    -- Newcombe (1998), method 10: the interval of a difference from the two score intervals
    select
        rated.*,
        conversion_rate_pct - holdout_conversion_rate_pct as incremental_rate_pct,
        conversion_rate_pct - holdout_conversion_rate_pct - sqrt(
            power(conversion_rate_pct - conversion_rate_pct_lower, 2)
            + power(holdout_conversion_rate_pct_upper - holdout_conversion_rate_pct, 2)
        ) as incremental_rate_pct_lower,
        conversion_rate_pct - holdout_conversion_rate_pct + sqrt(
            power(conversion_rate_pct_upper - conversion_rate_pct, 2)
            + power(holdout_conversion_rate_pct - holdout_conversion_rate_pct_lower, 2)
        ) as incremental_rate_pct_upper
    from rated
),

added as (
    select
        compared.*,
        cast(contacted_count as {{ type_double() }}) * incremental_rate_pct / 100
            as incremental_conversion_count,
        case
            when incremental_rate_pct > 0
                then contacted_count * incremental_rate_pct / 100
        end as added_count,
        case
            when incremental_rate_pct_upper > 0
                then contacted_count * incremental_rate_pct_upper / 100
        end as most_added_count,
        case
            when incremental_rate_pct_lower > 0
                then contacted_count * incremental_rate_pct_lower / 100
        end as least_added_count
    from compared
)

select
    added.campaign_natural_key,
    {{ known_text('added.campaign_name') }} as campaign_name,
    {{ known_text('added.campaign_type') }} as campaign_type,
    {{ known_text('added.target_segment') }} as target_segment,
    added.start_date,
    added.end_date,
    added.contacted_count,
    added.holdout_count,
    added.opened_count,
    added.clicked_count,
    added.converted_count,
    added.holdout_converted_count,
    {{ percentage('added.opened_count', 'added.contacted_count') }} as open_rate_pct,
    {{ wilson_lower('added.opened_count', 'added.contacted_count') }} as open_rate_pct_lower,
    {{ wilson_upper('added.opened_count', 'added.contacted_count') }} as open_rate_pct_upper,
    {{ percentage('added.clicked_count', 'added.opened_count') }} as click_rate_pct,
    {{ wilson_lower('added.clicked_count', 'added.opened_count') }} as click_rate_pct_lower,
    {{ wilson_upper('added.clicked_count', 'added.opened_count') }} as click_rate_pct_upper,
    added.conversion_rate_pct,
    added.conversion_rate_pct_lower,
    added.conversion_rate_pct_upper,
    added.holdout_conversion_rate_pct,
    added.holdout_conversion_rate_pct_lower,
    added.holdout_conversion_rate_pct_upper,
    added.incremental_rate_pct,
    added.incremental_rate_pct_lower,
    added.incremental_rate_pct_upper,
    added.incremental_conversion_count,
    {{ money('added.spend_amount') }} as spend_amount,
    {{ money('added.conversion_amount') }} as conversion_amount,
    {{ money(ratio('added.spend_amount', 'added.converted_count')) }}
        as cost_per_conversion_amount,
    {{ money(ratio('added.spend_amount', 'added.added_count')) }}
        as cost_per_incremental_conversion_amount,
    {{ money(ratio('added.spend_amount', 'added.most_added_count')) }}
        as cost_per_incremental_conversion_amount_lower,
    {{ money(ratio('added.spend_amount', 'added.least_added_count')) }}
        as cost_per_incremental_conversion_amount_upper,
    {{ ratio('added.conversion_amount - added.spend_amount', 'added.spend_amount') }}
        as return_on_spend_rate,
    -- an added conversion is worth what a conversion of the campaign is worth on average
    {{ ratio(
        'added.incremental_conversion_count * ' ~ ratio(
            'added.conversion_amount', 'added.converted_count'
        ) ~ ' - added.spend_amount',
        'added.spend_amount'
    ) }} as incremental_return_rate,
    cast(
        case when added.holdout_count > 0 then 'randomised holdout' else 'association only' end
        as {{ text }}
    ) as evidence,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if(
        'added.contacted_count >= 30 and (added.holdout_count = 0 or added.holdout_count >= 30)'
    ) }} as status,
    clock.as_of_date
from added
cross join clock
