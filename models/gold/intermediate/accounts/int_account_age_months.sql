{#-
    Each account at each month end of its life that has passed by the clock.
    Grain: one row per account and age in months.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

accounts as {{ in_place() }}(
    select * from {{ ref('int_account_lifespans') }}
),

months as (
    select * from {{ ref('int_months') }}
    where month_start_date >= (select min(accounts.open_month_start_date) from accounts)
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

movements as (
    select
        days.account_natural_key,
        {{ month_number('days.transaction_date') }} as month_number,
        cast(sum(days.transaction_count) as bigint) as posted_count
    from {{ ref('int_account_movement_days') }} as days
    where days.account_natural_key in (select accounts.account_natural_key from accounts)
    group by days.account_natural_key, {{ month_number('days.transaction_date') }}
),

ages as (
    select
        accounts.account_natural_key,
        accounts.cohort_name,
        accounts.cohort_start_date,
        accounts.product_natural_key,
        accounts.product_name,
        accounts.product_category,
        accounts.exit_month,
        months.month_number,
        months.month_end_date,
        {{ completed_months('accounts.open_month_start_date', 'months.month_start_date') }}
            as age_month
    from accounts
    inner join months
        on
            accounts.open_month_start_date <= months.month_start_date
            and accounts.observed_month >= {{ completed_months(
                'accounts.open_month_start_date', 'months.month_start_date'
            ) }}
)

select
    ages.account_natural_key,
    ages.age_month,
    ages.cohort_name,
    ages.cohort_start_date,
    ages.product_natural_key,
    ages.product_name,
    ages.product_category,
    ages.month_end_date,
    coalesce(ages.exit_month >= ages.age_month, true) as is_at_risk,
    coalesce(ages.exit_month = ages.age_month, false) as is_closed_now,
    coalesce(ages.exit_month > ages.age_month, true) as is_survivor,
    case
        when coalesce(ages.exit_month > ages.age_month, true)
            then snapshots.reporting_balance
    end as closing_balance,
    case
        when
            coalesce(ages.exit_month > ages.age_month, true)
            and ages.month_end_date <= clock.transaction_end_date
            then coalesce(movements.posted_count, 0)
    end as posted_count
from ages
cross join clock
left join snapshots
    on
        ages.account_natural_key = snapshots.account_natural_key
        and ages.month_end_date = snapshots.snapshot_date
left join movements
    on
        ages.account_natural_key = movements.account_natural_key
        and ages.month_number = movements.month_number
