{#- On how many days of a month a customer was active, and how. Grain: one row per customer and month. -#}
with clock as (
    select * from {{ ref('int_comparison_dates') }}
    where position_name = 'current'
),

months as (
    select * from {{ ref('int_months') }}
),

channels as (
    select * from {{ ref('dim_channel') }}
),

summaries as (
    select * from {{ ref('fact_customer_monthly_summary') }}
),

contacts as (
    select
        interactions.customer_natural_key,
        cast(interactions.interaction_at as date) as activity_date,
        channels.channel_group <> 'unknown' as is_channel_known,
        channels.is_digital,
        1 as interaction_count
    from {{ ref('fact_customer_interactions') }} as interactions
    inner join channels on interactions.channel_key = channels.channel_key
    union all
    select
        transactions.customer_natural_key,
        transactions.transaction_date as activity_date,
        channels.channel_group <> 'unknown' as is_channel_known,
        channels.is_digital,
        0 as interaction_count
    from {{ ref('fact_transactions') }} as transactions
    inner join channels on transactions.channel_key = channels.channel_key
    where not transactions.is_declined
),

days as (
    select
        contacts.customer_natural_key,
        contacts.activity_date,
        sum(contacts.interaction_count) as interaction_count,
        {{ count_if('contacts.is_channel_known and contacts.is_digital') }} as digital_count,
        {{ count_if('contacts.is_channel_known') }} as channel_known_count
    from contacts
    inner join clock on contacts.activity_date <= clock.position_date
    group by contacts.customer_natural_key, contacts.activity_date
),

covered as (
    -- an active day makes the seven days from it on "active in the last seven", up to the next active day
    select
        days.customer_natural_key,
        days.activity_date,
        days.interaction_count,
        days.digital_count,
        days.channel_known_count,
        least(
            {{ add_days('days.activity_date', 6) }},
            clock.position_date,
            coalesce(
                {{ add_days('lead(days.activity_date) over (
                    partition by days.customer_natural_key order by days.activity_date nulls last
                )', -1) }},
                clock.position_date
            )
        ) as covered_date,
        {{ month_end('days.activity_date') }} as month_end_date
    from days
    cross join clock
),

parts as (
    select
        customer_natural_key,
        {{ month_number('activity_date') }} as month_number,
        1 as active_days,
        {{ dbt.datediff('activity_date', 'least(covered_date, month_end_date)', 'day') }} + 1 as active_week_days,
        interaction_count,
        digital_count,
        channel_known_count
    from covered
    union all
    select
        customer_natural_key,
        {{ month_number('covered_date') }} as month_number,
        0 as active_days,
        {{ dbt.datediff('month_end_date', 'covered_date', 'day') }} as active_week_days,
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
        summaries.customer_natural_key,
        summaries.summary_month as month_number,
        summaries.customer_segment
    from summaries
    inner join months on summaries.summary_month = months.month_number
    union all
    -- somebody whom no feed of customers has delivered and who moved no money
    select
        activity.customer_natural_key,
        activity.month_number,
        cast(null as {{ dbt.type_string() }}) as customer_segment
    from activity
    left join summaries
        on
            activity.customer_natural_key = summaries.customer_natural_key
            and activity.month_number = summaries.summary_month
    where summaries.customer_natural_key is null
),

logins as (
    -- a login is known from the version that reports it on; the feed tells only the last one
    select
        customer_id,
        last_login_date,
        updated_at as known_from,
        coalesce(
            lead(updated_at) over (partition by customer_id order by updated_at nulls last),
            cast('9999-12-31' as timestamp)
        ) as known_to
    from {{ ref('stg_customers') }}
)

select
    members.customer_natural_key,
    members.month_number,
    {{ known_text('members.customer_segment') }} as customer_segment,
    cast(coalesce(activity.active_days, 0) as bigint) as active_days,
    cast(coalesce(activity.active_week_days, 0) as bigint) as active_week_days,
    cast(coalesce(activity.interaction_count, 0) as bigint) as interaction_count,
    cast(coalesce(activity.digital_count, 0) as bigint) as digital_count,
    cast(coalesce(activity.channel_known_count, 0) as bigint) as channel_known_count,
    case
        when logins.last_login_date <= months.last_known_date
            then cast({{ dbt.datediff('logins.last_login_date', 'months.last_known_date', 'day') }} as integer)
    end as login_recency_days
from members
inner join months on members.month_number = months.month_number
cross join clock
left join activity
    on
        members.customer_natural_key = activity.customer_natural_key
        and members.month_number = activity.month_number
left join logins
    on
        members.customer_natural_key = logins.customer_id
        and (
            (
                clock.is_newest
                and months.last_known_date = clock.position_date
                and logins.known_to = cast('9999-12-31' as timestamp)
            )
            or (
                not (clock.is_newest and months.last_known_date = clock.position_date)
                and logins.known_from <= {{ end_of_day('months.last_known_date') }}
                and logins.known_to > {{ end_of_day('months.last_known_date') }}
            )
        )
