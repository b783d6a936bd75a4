{#-
    Months of each customer since joining (or the first transaction), none missing, with the last posting by then.
    Grain: one row per customer and month.
-#}
{{ config(materialized='view') }}
with customers as (
    select * from {{ ref('dim_customer') }}
    where is_current and customer_key <> {{ unknown_key() }}
),

months as (
    select * from {{ ref('int_covered_months') }}
),

clock as (
    select * from {{ ref('data_clock') }}
),

-- not int_customer_month_transactions, whose distinct counts take a sort of all transactions
activity as (
    select
        transactions.customer_natural_key,
        transactions.transaction_month as summary_month,
        max(case when not transactions.is_declined then transactions.transaction_date end)
            as last_posted_date
    from {{ ref('fact_transactions') }} as transactions
    cross join clock
    where
        transactions.transaction_date <= clock.as_of_date
        and transactions.customer_natural_key is not null
    group by transactions.customer_natural_key, transactions.transaction_month
),

first_days as (
    select
        customer_natural_key,
        min(first_date) as first_date
    from (
        select
            customer_natural_key,
            signup_date as first_date
        from customers
        union all
        select
            activity.customer_natural_key,
            min(months.month_start_date) as first_date
        from activity
        inner join months on activity.summary_month = months.month_number
        group by activity.customer_natural_key
    ) as known_days
    where first_date is not null
    group by customer_natural_key
)

select
    first_days.customer_natural_key,
    months.month_number as summary_month,
    months.month_end_date,
    months.last_known_date,
    {{ end_of_day('months.last_known_date') }} as last_known_at,
    max(activity.last_posted_date) over (
        partition by first_days.customer_natural_key
        order by months.month_number nulls last rows unbounded preceding
    ) as last_posted_date
from first_days
inner join months on first_days.first_date <= months.last_known_date
left join activity
    on
        first_days.customer_natural_key = activity.customer_natural_key
        and months.month_number = activity.summary_month
