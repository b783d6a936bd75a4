{#-
    The last complete months, in which churn is looked for. Grain: one row per month.
-#}
with all_months as (
    select * from {{ ref('int_covered_months') }}
)

select
    month_number,
    month_start_date,
    month_end_date,
    {{ add_months('month_start_date', -3) }} as recent_date,
    {{ add_months('month_start_date', -7) }} as half_year_date
from (
    select
        month_number,
        month_start_date,
        month_end_date,
        row_number() over (order by month_number desc nulls last) as recency,
        lag(month_number) over (order by month_number nulls last) as previous_month_number
    from all_months
    where last_known_date = month_end_date
) as complete_months
-- of the time before the first month nothing is known, so it shows no causes
where previous_month_number is not null and recency <= {{ var('churn_window_months') }}
