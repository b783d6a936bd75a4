{#-
    Macroeconomic values as they became known: one series after another, each value on the day it
    was published, each revision on its own. Grain: one row per indicator, date it belongs to and
    day it was known.
-#}
{%- set indicators = economic_indicators() %}
with arrivals as {{ in_place() }}(
    select * from {{ ref('stg_economic_indicators') }}
),

reported as (
    {% for indicator in indicators -%}
    select
        '{{ indicator.name }}' as indicator_name,
        indicator_date,
        arrival_number,
        {{ indicator.name }} as observed_value,
        published_date,
        arrived_date,
        {{ add_days('indicator_date', indicator.days) }} as expected_date,
        _batch_id
    from arrivals
    where {{ indicator.name }} is not null
    {% if not loop.last -%}
    union all
    {% endif %}
    {%- endfor %}
),

revisions as (
    select
        reported.*,
        lag(observed_value) over (
            partition by indicator_name, indicator_date order by arrival_number
        ) as previous_value,
        lag(published_date) over (
            partition by indicator_name, indicator_date order by arrival_number
        ) as previous_published_date
    from reported
),

dated as (
    -- a revision with the day of publication of what it revises was known when it came
    select
        revisions.*,
        max(case
            when previous_value is null
                then coalesce(published_date, least(expected_date, arrived_date))
            when published_date > coalesce(previous_published_date, cast('1900-01-01' as date))
                then published_date
            else arrived_date
        end) over (
            partition by indicator_name, indicator_date order by arrival_number
        ) as known_date,
        previous_value is null and published_date is null as is_known_date_estimated
    from revisions
    where previous_value is null or previous_value <> observed_value
),

ranked as (
    select
        dated.*,
        row_number() over (
            partition by indicator_name, indicator_date, known_date
            order by arrival_number desc nulls last
        ) as day_rank
    from dated
)

-- the last word of each day
select
    indicator_name,
    indicator_date,
    known_date,
    is_known_date_estimated,
    observed_value,
    _batch_id
from ranked
where day_rank = 1
