{#-
    Month ends that features are as of, each with the month that begins after it. Grain: one row
    per month end, complete months only.
-#}
with all_months as (
    select * from {{ ref('int_covered_months') }}
),

cuts as (
    select
        month_number as previous_month_number,
        month_end_date as cut_date,
        {{ add_days('month_end_date', 1) }} as month_start_date
    from all_months
    where last_known_date = month_end_date
)

select
    {{ month_number('month_start_date') }} as month_number,
    month_start_date,
    {{ month_end('month_start_date') }} as month_end_date,
    previous_month_number,
    cut_date,
    {{ add_months('month_start_date', -3) }} as recent_date,
    {{ add_months('month_start_date', -7) }} as half_year_date
from cuts
