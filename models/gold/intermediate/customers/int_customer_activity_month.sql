{#-
    On how many days of a month a customer was active, and how, from the first month with activity.
    Grain: one row per customer and month.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

months as (
    select * from {{ ref('int_months') }}
),

days as (
    select * from {{ ref('int_customer_active_days') }}
),

summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

following as (
    select
        days.*,
        {{ month_end('activity_date') }} as month_end_date,
        lead(activity_date) over (
            partition by customer_natural_key order by activity_date nulls last
        ) as next_activity_date
    from days
),

covered as (
    -- an active day makes the seven days from it on "active in the last seven", up to the next one
    select
        following.*,
        least(
            {{ add_days('following.activity_date', 6) }},
            clock.transaction_end_date,
            coalesce({{ add_days('following.next_activity_date', -1) }}, clock.transaction_end_date)
        ) as covered_date
    from following
    cross join clock
),

parts as (
    select
        customer_natural_key,
        {{ month_number('activity_date') }} as month_number,
        1 as active_days,
        cast({{
            dbt.datediff('activity_date', 'least(covered_date, month_end_date)', 'day')
        }} as integer) + 1 as active_week_days,
        interaction_count,
        digital_count,
        channel_known_count
    from covered
    union all
    select
        customer_natural_key,
        {{ month_number('covered_date') }} as month_number,
        0 as active_days,
        cast({{
            dbt.datediff('month_end_date', 'covered_date', 'day')
        }} as integer) as active_week_days,
        0 as interaction_count,
        0 as digital_count,
        0 as channel_known_count
    from covered
    where covered_date > month_end_date
),

activity as (
    select
        customer_natural_key,
        month_number,
        sum(active_days) as active_days,
        sum(active_week_days) as active_week_days,
        sum(interaction_count) as interaction_count,
        sum(digital_count) as digital_count,
        sum(channel_known_count) as channel_known_count
    from parts
    group by customer_natural_key, month_number
),

members as (
    select
        coalesce(summaries.customer_natural_key, activity.customer_natural_key)
            as customer_natural_key,
        coalesce(summaries.summary_month, activity.month_number) as month_number,
        summaries.customer_segment,
        summaries.is_active_customer,
        activity.active_days,
        activity.active_week_days,
        activity.interaction_count,
        activity.digital_count,
        activity.channel_known_count
    from summaries
    -- full: somebody whom no feed has delivered and who moved no money still has contacts
    full outer join activity
        on
            summaries.customer_natural_key = activity.customer_natural_key
            and summaries.summary_month = activity.month_number
),

first_months as (
    -- months before the first action in the data are not months without activity
    select min(month_number) as first_month
    from activity
),

logins as (
    select * from {{ ref('int_customer_logins') }}
)

select
    members.customer_natural_key,
    members.month_number,
    {{ known_text('members.customer_segment') }} as customer_segment,
    coalesce(members.is_active_customer, false) as is_active_customer,
    cast(coalesce(members.active_days, 0) as bigint) as active_days,
    cast(coalesce(members.active_week_days, 0) as bigint) as active_week_days,
    cast(coalesce(members.interaction_count, 0) as bigint) as interaction_count,
    cast(coalesce(members.digital_count, 0) as bigint) as digital_count,
    cast(coalesce(members.channel_known_count, 0) as bigint) as channel_known_count,
    case
        when logins.last_login_date <= months.last_known_date
            then cast({{
                dbt.datediff('logins.last_login_date', 'months.last_known_date', 'day')
            }} as integer)
    end as login_recency_days
from members
inner join months on members.month_number = months.month_number
inner join first_months on members.month_number >= first_months.first_month
left join logins
    on
        members.customer_natural_key = logins.customer_natural_key
        and members.month_number = logins.month_number
