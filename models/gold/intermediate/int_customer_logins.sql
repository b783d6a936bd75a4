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

monthly as (
    select
        months.month_number,
        reports.customer_id,
        reports.last_login_date,
        row_number() over (
            partition by reports.customer_id, months.month_number
            order by reports.updated_at desc nulls last
        ) as recency
    from reports
    cross join clock
    inner join months
        on
            reports.updated_at >= months.month_start_date
            and (
                reports.updated_at <= {{ end_of_day('months.last_known_date') }}
                -- the extract that came with the newest event is dated after it
                or (clock.is_newest and clock.position_date = months.last_known_date)
            )
)

select
    customer_id as customer_natural_key,
    month_number,
    last_login_date
from monthly
where recency = 1
