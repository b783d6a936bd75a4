{#-
    When in the week customers pay, and when fraud comes.
    Grain: one row per weekday, hour and channel.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

cells as (
    select * from {{ ref('int_transaction_time_cells') }}
)

select
    cells.day_of_week_number,
    cells.day_name,
    cells.hour_number,
    cells.channel,
    cells.day_count,
    cells.transaction_count,
    cells.posted_count,
    {{ money('cells.volume') }} as volume,
    {{ percentage('cells.transaction_count', 'cells.channel_count') }} as pct_of_channel,
    {{ percentage('cells.transaction_count', 'sum(cells.transaction_count) over ()') }}
        as pct_of_total,
    cells.expected_count,
    case
        when cells.is_measurable
            then {{ percentage('cells.transaction_count', 'cells.expected_count') }}
    end as uniform_index,
    case
        when cells.is_measurable
            then {{ wilson_lower('cells.transaction_count', 'cells.timed_count') }}
                * cells.timed_count / cells.expected_count
    end as uniform_index_lower,
    case
        when cells.is_measurable
            then {{ wilson_upper('cells.transaction_count', 'cells.timed_count') }}
                * cells.timed_count / cells.expected_count
    end as uniform_index_upper,
    cells.labelled_count,
    case
        when cells.labelled_count > 0 or cells.transaction_count = 0 then cells.fraud_count
    end as fraud_count,
    {{ percentage('cells.fraud_count', 'cells.labelled_count') }} as fraud_rate_pct,
    {{ wilson_lower('cells.fraud_count', 'cells.labelled_count') }} as fraud_rate_pct_lower,
    {{ wilson_upper('cells.fraud_count', 'cells.labelled_count') }} as fraud_rate_pct_upper,
    {{ reporting_currency() }} as reporting_currency,
    cast(
        case
            when not cells.is_timed then 'no_time_of_day'
            when cells.is_measurable then 'ok'
            else 'insufficient_data'
        end as {{ dbt.type_string() }}
    ) as status,
    clock.transaction_end_date as window_end_date,
    clock.as_of_date
from cells
cross join clock
