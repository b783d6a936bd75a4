{#-
    Whether each feed has come, and whether it reaches as far as the clock.
    Grain: one row per check, feed and reason.
-#}
{%- set text = dbt.type_string() %}
{#- fewer days with events tell no rhythm #}
{%- set rhythm_days = 20 %}
with feeds as (
    select * from {{ ref('int_feeds') }}
),

judged as (
    select
        feeds.*,
        -- half as long again as it was ever silent in a year
        coalesce(
            event_day_count >= {{ rhythm_days }} and behind_days * 2 > longest_gap_days * 3, false
        ) as is_late
    from feeds
    where has_events
)

select
    cast('feed_is_there' as {{ text }}) as check_name,
    feed_name,
    cast(case when row_count = 0 then 'no rows' else 'none' end as {{ text }}) as reason_name,
    cast('info' as {{ text }}) as severity,
    cast(case when row_count = 0 then 1 else 0 end as bigint) as concerned_count,
    cast(1 as bigint) as row_count,
    cast(null as {{ text }}) as example_keys,
    cast(null as date) as since_date,
    cast('load the feed, if the bank has one; what needs it is named below' as {{ text }})
        as advice
from feeds
union all
select
    cast('feed_is_fresh' as {{ text }}) as check_name,
    feed_name,
    cast(case when is_late then 'behind the clock' else 'none' end as {{ text }}) as reason_name,
    cast('warning' as {{ text }}) as severity,
    cast(case when is_late then 1 else 0 end as bigint) as concerned_count,
    cast(case when event_day_count >= {{ rhythm_days }} then 1 else 0 end as bigint) as row_count,
    cast(null as {{ text }}) as example_keys,
    case when is_late then last_event_date end as since_date,
    cast(
        'load the newest extract of the feed, or build with as_of on the last day that all '
        || 'feeds reach: recent windows compare what is not complete' as {{ text }}
    ) as advice
from judged
