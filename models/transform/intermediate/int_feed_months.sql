{#-
    Months that events are dated in, and whether they stand apart from the feed: a date that lies
    far from all others is a mistake or a leftover, and steers no figure of the bank. Changes of a
    customer's segment are no part of it: their dates reach back before any feed.
    Grain: one row per scope (all events, transactions) and month with events.
-#}
{%- set far = 'gap_months >= 12' %}
with counted as (
    {%- for relation, column in event_feeds().values() %}
    {% if not loop.first %}union all{% endif %}
    select
        cast('{{ relation }}' as {{ dbt.type_string() }}) as relation_name,
        {{ month_number(column) }} as month_number,
        min({{ column }}) as first_date,
        max({{ column }}) as last_date,
        count(*) as event_count
    from {{ ref(relation) }}
    where {{ column }} is not null
    group by {{ month_number(column) }}
    {%- endfor %}
),

scoped as (
    select
        cast('events' as {{ dbt.type_string() }}) as scope_name,
        counted.*
    from counted
    union all
    select
        cast('transactions' as {{ dbt.type_string() }}) as scope_name,
        counted.*
    from counted
    where relation_name = 'stg_transactions'
),

months as (
    select
        scope_name,
        month_number,
        cast(floor(month_number / 100.0) as integer) * 12 + mod(month_number, 100) as month_index,
        min(first_date) as first_date,
        max(last_date) as last_date,
        cast(sum(event_count) as bigint) as event_count
    from scoped
    group by scope_name, month_number
),

counts as (
    select
        months.*,
        lead(month_index) over (partition by scope_name order by month_index nulls last)
        - month_index - 1 as gap_months,
        sum(event_count) over (
            partition by scope_name order by month_index nulls last rows unbounded preceding
        ) as earlier_count,
        sum(event_count) over (partition by scope_name) as all_count
    from months
),

gaps as (
    -- what lies before, or after, the empty months that follow a month is too little to be a feed
    select
        counts.*,
        gap_months >= 1 and earlier_count < all_count - earlier_count and (
            earlier_count * 1000 < all_count
            or ({{ far }} and (earlier_count * 100 < all_count or earlier_count = 1))
        ) as is_end_of_lonely,
        gap_months >= 1 and all_count - earlier_count < earlier_count and (
            (all_count - earlier_count) * 1000 < all_count
            or (
                {{ far }} and (
                    (all_count - earlier_count) * 100 < all_count
                    or all_count - earlier_count = 1
                )
            )
        ) as is_before_lonely
    from counts
),

limits as (
    select
        scope_name,
        max(case when is_end_of_lonely then month_index end) as before_index,
        min(case when is_before_lonely then month_index end) as last_index
    from gaps
    group by scope_name
)

select
    months.scope_name,
    months.month_number,
    months.first_date,
    months.last_date,
    months.event_count,
    coalesce(months.month_index <= limits.before_index, false)
    or coalesce(months.month_index > limits.last_index, false) as is_lonely
from months
inner join limits on months.scope_name = limits.scope_name
