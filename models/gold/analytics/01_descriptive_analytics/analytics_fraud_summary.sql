{#-
    What became of the fraud alerts raised in each month, none missing since the first alert;
    the last month alone where there never was one. Grain: one row per month.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

alerts as {{ in_place() }}(
    select * from {{ ref('int_alert_stages') }}
),

first_alerts as (
    select coalesce(min(alerts.raised_month), max(known.month_number)) as first_month
    from {{ ref('int_months') }} as known
    left join alerts on known.month_number = alerts.raised_month
),

months as (
    select
        months.month_number,
        months.month_start_date
    from {{ ref('int_months') }} as months
    inner join first_alerts on months.month_number >= first_alerts.first_month
),

stages as (
    select
        raised_month,
        count(*) as raised_count,
        {{ count_if('is_reviewed') }} as reviewed_count,
        {{ count_if('is_confirmed') }} as confirmed_count,
        {{ count_if('is_recovered') }} as recovered_count,
        {{ count_if('is_dismissed') }} as dismissed_count,
        {{ count_if('is_undecidable') }} as undecidable_count,
        {{ count_if('not is_resolved') }} as open_count,
        {{ count_if('is_resolved') }} as resolved_count,
        {{ money_if('is_first_of_transaction', 'alert_amount') }} as alert_amount,
        {{ money_if('is_first_confirmed_of_transaction', 'alert_amount') }} as confirmed_amount,
        {{ money_if('is_recovered', 'recovered_amount') }} as recovered_amount,
        {{ quantile(0.5, 'resolution_days') }} as median_resolution_days
    from alerts
    group by raised_month
),

dense as (
    select
        months.month_start_date,
        {{ year_month('months.month_start_date') }} as year_month,
        {%- for measure in [
            'raised_count', 'reviewed_count', 'confirmed_count', 'recovered_count',
            'dismissed_count', 'open_count',
            'resolved_count', 'undecidable_count'
        ] %}
        coalesce(stages.{{ measure }}, 0) as {{ measure }},
        {%- endfor %}
        {%- for amount in ['alert_amount', 'confirmed_amount', 'recovered_amount'] %}
        {{ money('coalesce(stages.' ~ amount ~ ', 0)') }} as {{ amount }},
        {%- endfor %}
        case
            when coalesce(stages.undecidable_count, 0) = 0
                then coalesce(stages.confirmed_count + stages.dismissed_count, 0)
        end as decided_count,
        stages.median_resolution_days
    from months
    left join stages on months.month_number = stages.raised_month
)

select
    dense.year_month,
    dense.month_start_date,
    dense.raised_count,
    dense.reviewed_count,
    dense.confirmed_count,
    dense.recovered_count,
    dense.dismissed_count,
    dense.open_count,
    dense.resolved_count,
    dense.undecidable_count,
    dense.alert_amount,
    dense.confirmed_amount,
    dense.recovered_amount,
    dense.median_resolution_days,
    {{ percentage('dense.confirmed_count', 'dense.decided_count') }} as precision_pct,
    {{ wilson_lower('dense.confirmed_count', 'dense.decided_count') }} as precision_pct_lower,
    {{ wilson_upper('dense.confirmed_count', 'dense.decided_count') }} as precision_pct_upper,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('dense.raised_count > 0 and dense.undecidable_count = 0') }} as status,
    clock.as_of_date
from dense
cross join clock
