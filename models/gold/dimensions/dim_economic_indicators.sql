{#-
    Macroeconomic values as they became known, with their units checked. Grain: one row per
    indicator, date it belongs to and day it was known, and the unknown one.
-#}
with vintages as (
    select * from {{ ref('int_indicator_vintages') }}
),

ordered as (
    select
        vintages.*,
        abs(observed_value - lag(observed_value) over (
            partition by indicator_name order by known_date, indicator_date
        )) as step_value
    from vintages
),

smoothness as (
    -- of what was known by then: a level moves by little of itself, its growth by much
    select
        ordered.*,
        count(*) over known as known_count,
        sum(case when step_value > 0 then 1 else 0 end) over known as change_count,
        sum(step_value) over known as step_sum,
        sum(abs(observed_value)) over known as value_sum
    from ordered
    window
        known as (
            partition by indicator_name order by known_date, indicator_date
            rows between unbounded preceding and current row
        )
),

judged as (
    select
        smoothness.*,
        {{ unit_status('indicator_name', 'observed_value') }} as unit_status
    from smoothness
),

credible as (
    select
        judged.*,
        max(indicator_date) over (
            partition by indicator_name order by known_date
        ) as newest_indicator_date
    from judged
    where unit_status = 'ok'
),

joinable as (
    -- what a reader of that day would have called the newest value
    select
        indicator_name,
        indicator_date,
        known_date,
        coalesce(
            lead(known_date) over (partition by indicator_name order by known_date),
            cast('9999-12-31' as date)
        ) as superseded_date
    from credible
    where indicator_date = newest_indicator_date
)

select
    {{ surrogate_key(['judged.indicator_name', 'judged.indicator_date', 'judged.known_date']) }}
        as economic_indicators_key,
    judged.indicator_name,
    {{ indicator_word('judged.indicator_name', 'label') }} as indicator_label,
    {{ indicator_word('judged.indicator_name', 'unit') }} as indicator_unit,
    judged.indicator_date,
    judged.known_date,
    judged.is_known_date_estimated,
    cast(judged.known_date as timestamp) as valid_from,
    cast(coalesce(joinable.superseded_date, judged.known_date) as timestamp) as valid_to,
    coalesce(joinable.superseded_date = cast('9999-12-31' as date), false) as is_current,
    judged.observed_value,
    judged.unit_status,
    judged._batch_id
from judged
left join joinable
    on
        judged.indicator_name = joinable.indicator_name
        and judged.indicator_date = joinable.indicator_date
        and judged.known_date = joinable.known_date

union all

select
    {{ unknown_key() }} as economic_indicators_key,
    'unknown' as indicator_name,
    'Unknown' as indicator_label,
    'unknown' as indicator_unit,
    cast(null as date) as indicator_date,
    cast(null as date) as known_date,
    false as is_known_date_estimated,
    cast('1900-01-01' as timestamp) as valid_from,
    cast('9999-12-31' as timestamp) as valid_to,
    true as is_current,
    cast(null as {{ type_double() }}) as observed_value,
    'unknown' as unit_status,
    cast(null as bigint) as _batch_id
