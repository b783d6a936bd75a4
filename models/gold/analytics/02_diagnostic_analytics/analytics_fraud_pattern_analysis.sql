{#-
    Where, when and how fraud happens. Grain: one row per merchant category, channel, three hours
    of the day, weekday, and at home or abroad.
-#}
{%- set text = dbt.type_string() %}
{%- set double = type_double() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

cells as (
    select * from {{ ref('int_fraud_cells') }}
),

labelled as (
    -- a feed without any label knows nothing of fraud; its zeros would be invented
    select
        cells.*,
        sum(labelled_count) over () > 0 as has_labels,
        {{ ratio('sum(fraud_count) over ()', 'sum(transaction_count) over ()') }} as base_rate
    from cells
)

select
    labelled.merchant_category,
    labelled.channel,
    cast(
        case labelled.hour_band_number
            {%- for hour in range(0, 24, 3) %}
            when {{ hour }} then '{{ "%02d-%02d" | format(hour, hour + 3) }}'
            {%- endfor %}
            else 'Unknown'
        end as {{ text }}
    ) as hour_band,
    labelled.hour_band_number,
    labelled.weekday_number,
    cast({{ day_name('labelled.weekday_number') }} as {{ text }}) as day_name,
    labelled.is_international,
    labelled.transaction_count,
    case when labelled.has_labels then labelled.fraud_count end as fraud_count,
    case
        when labelled.has_labels
            then {{ percentage('labelled.fraud_count', 'labelled.transaction_count') }}
    end as fraud_rate_pct,
    case
        when labelled.has_labels
            then {{ wilson_lower('labelled.fraud_count', 'labelled.transaction_count') }}
    end as fraud_rate_pct_lower,
    case
        when labelled.has_labels
            then {{ wilson_upper('labelled.fraud_count', 'labelled.transaction_count') }}
    end as fraud_rate_pct_upper,
    case when labelled.has_labels then 100.0 * labelled.base_rate end as base_rate_pct,
    case
        when labelled.has_labels
            then
                {{ ratio('labelled.fraud_count', 'labelled.transaction_count') }}
                / nullif(labelled.base_rate, 0)
    end as lift,
    case when labelled.has_labels then labelled.fraud_amount end as fraud_amount,
    labelled.avg_fraud_amount,
    labelled.avg_amount,
    cast(labelled.fraud_velocity_index as {{ double }}) as fraud_velocity_index,
    cast(labelled.velocity_index as {{ double }}) as velocity_index,
    cast(labelled.fraud_distance_km as {{ double }}) as fraud_distance_km,
    cast(labelled.distance_km as {{ double }}) as distance_km,
    labelled.exposed_customer_count,
    case when labelled.has_labels then labelled.victim_count end as victim_count,
    case
        when labelled.has_labels
            then {{ percentage('labelled.victim_count', 'labelled.exposed_customer_count') }}
    end as victim_rate_pct,
    case
        when labelled.has_labels
            then {{ wilson_lower('labelled.victim_count', 'labelled.exposed_customer_count') }}
    end as victim_rate_pct_lower,
    case
        when labelled.has_labels
            then {{ wilson_upper('labelled.victim_count', 'labelled.exposed_customer_count') }}
    end as victim_rate_pct_upper,
    labelled.first_fraud_date,
    labelled.last_fraud_date,
    {{ coverage_pct() }} as coverage_pct,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('labelled.has_labels and labelled.transaction_count >= 30') }} as status,
    clock.as_of_date
from labelled
cross join clock
