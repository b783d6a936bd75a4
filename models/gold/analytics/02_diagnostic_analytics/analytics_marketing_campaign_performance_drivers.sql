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

contacted as (
    select * from {{ ref('int_campaign_counts') }}
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
    coalesce(added.campaign_natural_key, -1) as campaign_natural_key,
    {{ known_text('added.campaign_name') }} as campaign_name,
    {{ known_text('added.campaign_type') }} as campaign_type,
    {{ known_text('added.target_segment') }} as target_segment,
    added.start_date,
    added.end_date,
    {%- for count in [
        'contacted_count', 'holdout_count', 'opened_count', 'clicked_count', 'converted_count',
        'holdout_converted_count'
    ] %}
    coalesce(added.{{ count }}, 0) as {{ count }},
    {%- endfor %}
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
    {{ coverage_pct() }} as coverage_pct,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if(
        'added.contacted_count >= 30 and (added.holdout_count = 0 or added.holdout_count >= 30)'
    ) }} as status,
    clock.as_of_date
from clock
left join added on 1 = 1  -- one empty row where there is no campaign
