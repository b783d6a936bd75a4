{#-
    Days without login at each month end, as known then, and their mean over the month ends
    before. Grain: one row per customer and month.
-#}
with months as (
    select * from {{ ref('int_feature_months') }}
),

reports as (
    select * from {{ ref('stg_customers') }}
    where last_login_date is not null
),

logins as (
    select
        reports.customer_id as customer_natural_key,
        months.month_number,
        months.cut_date,
        max(reports.last_login_date) as last_login_date
    from reports
    inner join months on reports.updated_at < months.month_start_date
    where reports.last_login_date <= months.cut_date
    group by reports.customer_id, months.month_number, months.cut_date
),

counted as (
    select
        customer_natural_key,
        month_number,
        {{ days_between('last_login_date', 'cut_date') }} as login_days
    from logins
)

-- a single month end says little of how often somebody logs in
select
    customer_natural_key,
    month_number,
    login_days,
    avg(cast(login_days as {{ type_double() }})) over (
        partition by customer_natural_key
        order by month_number nulls last
        rows between 2 preceding and current row
    ) as login_quarter_days,
    avg(cast(login_days as {{ type_double() }})) over (
        partition by customer_natural_key
        order by month_number nulls last
        rows between 5 preceding and current row
    ) as login_half_year_days
from counted
