{#-
    Accounts that are in a state to act on at the clock: past due, near the limit, low. Grain: one
    row per account and kind of alert.
-#}
with newest as (
    select max(snapshot_date) as snapshot_date from {{ ref('fact_account_daily_snapshot') }}
),

balances as (
    select snapshots.*
    from {{ ref('fact_account_daily_snapshot') }} as snapshots
    inner join newest on snapshots.snapshot_date = newest.snapshot_date
),

months as (
    select
        account_natural_key,
        customer_natural_key,
        past_due_days,
        row_number() over (
            partition by account_natural_key order by month_number desc nulls last
        ) as position_number
    from {{ ref('int_loan_month') }}
)

select
    account_natural_key,
    customer_natural_key,
    'past_due' as alert_type,
    cast(past_due_days as {{ type_double() }}) as observed_value
from months
where position_number = 1 and past_due_days > 0

union all

select
    account_natural_key,
    customer_natural_key,
    'near_limit' as alert_type,
    100 * utilisation_rate as observed_value
from balances
where utilisation_rate >= 0.9

union all

select
    account_natural_key,
    customer_natural_key,
    'low_balance' as alert_type,
    cast(reporting_balance as {{ type_double() }}) as observed_value
from balances
where
    coalesce(credit_limit_amount, 0) = 0
    and is_overdrawn
    and inactive_days <= {{ var('activity_days') }}
    and account_natural_key not in (select months.account_natural_key from months)
