{#-
    From when to when each feed tells of events; lonely dates are left out.
    Grain: one row per feed whose events move the clock.
-#}
{%- set text = dbt.type_string() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

lonely as (
    select * from {{ ref('int_feed_months') }}
    where is_lonely
),

months as (
    {%- for feed, event in event_feeds().items() %}
    {% if not loop.first %}union all{% endif %}
    select
        cast('{{ feed }}' as {{ text }}) as feed_name,
        cast('{{ 'transactions' if feed == 'transactions' else 'events' }}' as {{ text }})
            as scope_name,
        {{ month_number(event[1]) }} as month_number,
        min({{ event[1] }}) as first_date,
        max({{ event[1] }}) as last_date
    from {{ ref(event[0]) }}
    group by {{ month_number(event[1]) }}
    {%- endfor %}
),

feeds as (
    select
        months.feed_name,
        min(case when lonely.month_number is null then months.first_date end) as first_event_date,
        max(case when lonely.month_number is null then months.last_date end) as last_event_date
    from months
    left join lonely
        on
            months.scope_name = lonely.scope_name
            and months.month_number = lonely.month_number
    group by months.feed_name
)

{% for feed in event_feeds() %}
{% if not loop.first %}union all{% endif %}
select
    cast('{{ feed }}' as {{ text }}) as feed_name,
    feeds.first_event_date,
    feeds.last_event_date,
    case
        when feeds.last_event_date is not null
            then {{ feed_end('feeds.last_event_date', 'clock.as_of_date') }}
    end as end_date,
    case
        when feeds.last_event_date < clock.as_of_date
            then {{ days_between('feeds.last_event_date', 'clock.as_of_date') }}
        when feeds.last_event_date is not null then 0
    end as behind_days
from clock
left join feeds on feeds.feed_name = '{{ feed }}'
{% endfor %}
