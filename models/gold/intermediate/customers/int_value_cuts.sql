{#-
    The ends of months at which the value of customers is predicted: the last complete month, and
    one and two years before, whose next year is known. Grain: one row per cut.
-#}
with months as (
    select * from {{ ref('int_covered_months') }}
    where last_known_date = month_end_date
),

limits as (
    select
        min(month_start_date) as first_date,
        max(month_start_date) as newest_start_date
    from months
),

cuts as (
    {%- for name, years in [('current', 0), ('holdout', 1), ('calibration', 2)] %}
    {% if not loop.first %}union all{% endif %}
    select
        '{{ name }}' as cut_name,
        limits.first_date,
        {{ month_end(add_months('limits.newest_start_date', -12 * years)) }} as cut_date,
        {{ month_end(add_months('limits.newest_start_date', -12 * years - 3)) }}
            as quarter_before_date,
        {{ month_end(add_months('limits.newest_start_date', -12 * years - 12)) }}
            as year_before_date,
        {{ month_end(add_months('limits.newest_start_date', -12 * years + 12)) }}
            as year_after_date
    from limits
    {%- endfor %}
)

select
    cut_name,
    cut_date,
    quarter_before_date,
    year_before_date,
    year_after_date,
    cut_name <> 'current' as is_year_after_known
from cuts
-- three months are the least to learn a rate from
where cut_date >= {{ add_months('first_date', 3) }}
