{#-
    Where, when and how fraud happens, and which merchants and devices link its victims.
    Grain: one row per record type and pattern cell, merchant or device.
-#}
{%- set text = dbt.type_string() %}
{%- set double = type_double() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

links as (
    select * from {{ ref('int_fraud_links') }}
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
    cast('pattern' as {{ text }}) as record_type,
    cast(0 as integer) as link_number,
    cast(null as {{ text }}) as link_name,
    cast(null as integer) as merchant_natural_key,
    labelled.merchant_category,
    labelled.channel,
    cast(
        case labelled.hour_band_number
            {%- for hour in range(0, 24, 3) %}
            when {{ hour }} then '{{ "%02d-%02d" | format(hour, hour + 3) }}'
            {%- endfor %}
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
    false as is_suspicious,
    labelled.first_fraud_date,
    labelled.last_fraud_date,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('labelled.has_labels and labelled.transaction_count >= 30') }} as status,
    clock.as_of_date
from labelled
cross join clock

union all

select
    links.record_type,
    links.link_number,
    links.link_name,
    links.merchant_natural_key,
    cast('All' as {{ text }}) as merchant_category,
    cast('All' as {{ text }}) as channel,
    cast('All' as {{ text }}) as hour_band,
    cast(null as integer) as hour_band_number,
    cast(0 as integer) as weekday_number,
    cast('All' as {{ text }}) as day_name,
    false as is_international,
    links.transaction_count,
    links.fraud_count,
    cast(null as {{ double }}) as fraud_rate_pct,
    cast(null as {{ double }}) as fraud_rate_pct_lower,
    cast(null as {{ double }}) as fraud_rate_pct_upper,
    100.0 * links.base_rate as base_rate_pct,
    {{ ratio('links.victim_count', 'links.exposed_customer_count') }}
    / nullif(links.base_rate, 0) as lift,
    links.fraud_amount,
    {{ money(ratio('links.fraud_amount', 'links.fraud_count')) }} as avg_fraud_amount,
    cast(null as decimal(18, 2)) as avg_amount,
    cast(null as {{ double }}) as fraud_velocity_index,
    cast(null as {{ double }}) as velocity_index,
    cast(null as {{ double }}) as fraud_distance_km,
    cast(null as {{ double }}) as distance_km,
    links.exposed_customer_count,
    links.victim_count,
    {{ percentage('links.victim_count', 'links.exposed_customer_count') }} as victim_rate_pct,
    {{ wilson_lower('links.victim_count', 'links.exposed_customer_count') }}
        as victim_rate_pct_lower,
    {{ wilson_upper('links.victim_count', 'links.exposed_customer_count') }}
        as victim_rate_pct_upper,
    links.is_suspicious,
    links.first_fraud_date,
    links.last_fraud_date,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('links.exposed_customer_count >= 10 or links.record_type = \'device\'') }}
        as status,
    clock.as_of_date
from links
cross join clock
