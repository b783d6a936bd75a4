{#-
    Accounts closed up to the clock: what the closing event says, and the state in the 90 days
    before. Grain: one row per closed account.
-#}
{%- set text = dbt.type_string() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

closed as {{ in_place() }}(
    select * from {{ ref('int_closing_accounts') }}
),

account_versions as (
    select * from {{ ref('dim_account') }}
    where account_status = 'Dormant'
),

contacts as (
    select * from {{ ref('fact_customer_interactions') }}
    where
        is_resolved is not null
        and not is_resolved
        and (is_complaint or lower(interaction_reason) like '%dispute%')
),

transactions as (
    select * from {{ ref('fact_transactions') }}
    where not is_declined
),

instalments as (
    select * from {{ ref('fact_loan_payments') }}
),

reports as (
    select * from {{ ref('fact_account_events') }}
    where status_after = 'Delinquent'
),

snapshots as (
    select * from {{ ref('fact_account_daily_snapshot') }}
    where is_month_end
),

complained as (
    select distinct closed.account_natural_key
    from closed
    inner join contacts
        on
            closed.customer_natural_key = contacts.customer_natural_key
            and cast(contacts.interaction_at as date) >= closed.after_date
            and cast(contacts.interaction_at as date) <= closed.close_date
),

moved as (
    select
        closed.account_natural_key,
        {{ count_if("transactions.transaction_type = 'Fee'") }} as fee_count,
        {{ count_if("transactions.transaction_type <> 'Fee'") }} as movement_count
    from closed
    inner join transactions
        on
            closed.account_natural_key = transactions.account_natural_key
            -- the closing entries themselves are no activity
            and closed.after_date <= transactions.transaction_date
            and closed.close_date > transactions.transaction_date
    group by closed.account_natural_key
),

overdue as (
    select distinct closed.account_natural_key
    from closed
    inner join instalments
        on
            closed.account_natural_key = instalments.account_natural_key
            and closed.close_date > instalments.scheduled_date
            and (
                instalments.settled_date is null
                or closed.close_date < instalments.settled_date
            )
),

-- cards have no instalments: an event says that they are past due
reported as (
    select distinct closed.account_natural_key
    from closed
    inner join reports
        on
            closed.account_natural_key = reports.account_natural_key
            and cast(reports.event_at as date) >= closed.after_date
            and cast(reports.event_at as date) < closed.close_date
),

asleep as (
    select distinct closed.account_natural_key
    from closed
    inner join account_versions
        on
            closed.account_natural_key = account_versions.account_natural_key
            and closed.close_date > account_versions.valid_from
            and closed.close_date <= account_versions.valid_to
)

select
    closed.account_natural_key,
    closed.customer_natural_key,
    closed.product_natural_key,
    closed.open_date,
    closed.close_date,
    closed.stated_reason,
    cast(
        case
            when complained.account_natural_key is not null then 'complaint'
            when moved.fee_count > 0 then 'fee'
            when
                overdue.account_natural_key is not null
                or reported.account_natural_key is not null
                then 'past due'
            when asleep.account_natural_key is not null then 'dormant'
            when moved.movement_count > 0 then 'active'
            -- no movement is silence of the account only while the feed speaks
            when
                clock.first_transaction_date <= greatest(closed.after_date, closed.open_date)
                and closed.close_date <= {{ add_days('clock.transaction_end_date', 1) }}
                then 'dormant'
            else 'unknown'
        end as {{ text }}
    ) as prior_state,
    closed.is_last_account,
    snapshots.reporting_balance as balance_before_amount,
    {{ completed_months('closed.open_date', 'closed.close_date') }} as tenure_months
from closed
cross join clock
left join complained on closed.account_natural_key = complained.account_natural_key
left join moved on closed.account_natural_key = moved.account_natural_key
left join overdue on closed.account_natural_key = overdue.account_natural_key
left join reported on closed.account_natural_key = reported.account_natural_key
left join asleep on closed.account_natural_key = asleep.account_natural_key
left join snapshots
    on
        closed.account_natural_key = snapshots.account_natural_key
        and closed.month_before_date = snapshots.snapshot_date
