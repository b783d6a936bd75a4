{#-
    What is wrong with the data, or not: every check on every feed. A check is added to the
    relation of its family, a family to this list.
    Grain: one row per check, feed and reason.
-#}
{%- set families = [
    ref('int_quality_feeds'),
    ref('int_quality_quarantine'),
    ref('int_quality_remarks'),
    ref('int_quality_references'),
    ref('int_quality_contradictions'),
    ref('int_quality_models'),
] %}
with clock as (
    select * from {{ ref('data_clock') }}
),

checks as (
    {%- for family in families %}
    {{ 'union all' if not loop.first }}
    select
        check_name,
        feed_name,
        reason_name,
        severity,
        concerned_count,
        row_count,
        example_keys,
        since_date,
        advice
    from {{ family }}
    {%- endfor %}
)

select
    checks.check_name,
    checks.feed_name,
    checks.reason_name,
    checks.severity,
    cast(
        case
            when checks.concerned_count > 0 then 'found'
            when checks.row_count = 0 then 'nothing_to_check'
            else 'ok'
        end as {{ dbt.type_string() }}
    ) as status,
    checks.concerned_count,
    checks.row_count,
    {{ percentage('checks.concerned_count', 'checks.row_count') }} as concerned_pct,
    checks.example_keys,
    checks.since_date,
    case when checks.concerned_count > 0 then checks.advice end as advice,
    clock.as_of_date
from checks
cross join clock
