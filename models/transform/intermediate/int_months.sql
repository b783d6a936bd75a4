{#- Months that have events, none missing, up to the clock. Grain: one row per month. -#}
with clock as (
    select
        first_event_date,
        as_of_date
    from {{ ref('data_clock') }}
    where as_of_date is not null
),

days as (
    {{ day_series('clock', 'first_event_date', 'as_of_date') }}
)

select
    {{ month_number('day_date') }} as month_number,
    {{ month_start('min(day_date)') }} as month_start_date,
    {{ month_end('min(day_date)') }} as month_end_date,
    max(day_date) as last_known_date
from days
group by {{ month_number('day_date') }}
