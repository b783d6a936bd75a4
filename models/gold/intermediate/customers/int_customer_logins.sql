{#-
    Last login of a customer as reported in the month; a feed tells only the last one, so an older
    report says nothing about this month. Grain: one row per customer and month with a report.
-#}
with clock as (
    select * from {{ ref('int_comparison_dates') }}
    where position_name = 'current'
),

months as (
    select * from {{ ref('int_months') }}
),

reports as (
    select * from {{ ref('stg_customers') }}
    where last_login_date is not null
),

dated as (
    -- the extract that came with the newest event is dated after it, perhaps in a later month
    select
        reports.customer_id,
        reports.last_login_date,
        reports.updated_at,
        clock.is_newest,
        clock.position_date,
        {{ month_number('case
            when clock.is_newest and reports.updated_at > clock.position_date
                then clock.position_date
            else cast(reports.updated_at as date)
        end') }} as month_number
    from reports
    cross join clock
),

monthly as (
    select
        months.month_number,
        dated.customer_id,
        dated.last_login_date,
        row_number() over (
            partition by dated.customer_id, months.month_number
            order by dated.updated_at desc nulls last
        ) as recency
    from dated
    inner join months
        on
            dated.month_number = months.month_number
            and (
                dated.updated_at <= {{ end_of_day('months.last_known_date') }}
                or (dated.is_newest and dated.position_date = months.last_known_date)
            )
)

select
    customer_id as customer_natural_key,
    month_number,
    last_login_date
from monthly
where recency = 1
