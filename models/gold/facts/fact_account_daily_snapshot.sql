{#-
    Balance of every open account at the end of every kept day, rebuilt from its movements.
    Grain: one row per account and day. Partition: snapshot_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='snapshot_month',
    partition_source='silver.int_snapshot_days',
    on_schema_change='fail'
) }}
{%- set wanted_days = {
    'relation': ref('int_snapshot_days'),
    'month': 'snapshot_month',
    'measures': ['1', date_key('snapshot_date')],
} -%}
{%- set fingerprints -%}
    select
        month_number as snapshot_month,
        _fingerprint
    from (
        {{ month_fingerprints(
            ref('int_months'), 'month_number', account_fingerprint_parts() + [wanted_days]
        ) }}
    ) as prints
    where month_number in (select days.snapshot_month from {{ ref('int_snapshot_days') }} as days)
{%- endset -%}
{%- set utilised = ratio('-balances.closing_balance', 'versions.credit_limit_amount') -%}
{%- set affected = stale_months('snapshot_month', fingerprints) %}
with fingerprints as (
    {{ fingerprints }}
),

days as (
    select * from {{ ref('int_snapshot_days') }}
    where {{ in_partitions('snapshot_month', affected) }}
),

accounts as (
    select * from {{ ref('int_account_spans') }}
),

movement_days as (
    select * from {{ ref('int_account_movement_days') }}
),

account_days as (
    select
        account_natural_key,
        transaction_date as day_date,
        credit_amount,
        debit_amount,
        transaction_count,
        declined_count,
        0 as is_wanted
    from movement_days
    union all
    select
        accounts.account_natural_key,
        days.snapshot_date as day_date,
        {{ money('0') }} as credit_amount,
        {{ money('0') }} as debit_amount,
        0 as transaction_count,
        0 as declined_count,
        1 as is_wanted
    from accounts
    inner join days
        on
            accounts.open_date <= days.snapshot_date
            and (accounts.close_date is null or accounts.close_date >= days.snapshot_date)
),

-- a day that is wanted and has movements is two rows so far: the zeros give way
daily as (
    select
        account_natural_key,
        day_date,
        max(credit_amount) as credit_amount,
        min(debit_amount) as debit_amount,
        max(transaction_count) as transaction_count,
        max(declined_count) as declined_count,
        max(is_wanted) as is_wanted
    from account_days
    group by account_natural_key, day_date
),

running as (
    select
        daily.*,
        sum(credit_amount + debit_amount) over (
            partition by account_natural_key order by day_date nulls last rows unbounded preceding
        ) as movement_amount,
        max(case when transaction_count > 0 then day_date end) over (
            partition by account_natural_key order by day_date nulls last rows unbounded preceding
        ) as last_movement_date
    from daily
),

balances as (
    select
        running.*,
        accounts.currency,
        coalesce(running.last_movement_date, accounts.open_date) as idle_date,
        accounts.opening_balance + running.movement_amount as closing_balance
    from running
    inner join accounts on running.account_natural_key = accounts.account_natural_key
    where running.is_wanted = 1
)

select
    balances.account_natural_key,
    {{ month_number('balances.day_date') }} as snapshot_month,
    {{ date_key('balances.day_date') }} as date_key,
    balances.day_date as snapshot_date,
    {{ version_key('versions', 'account_key') }} as account_key,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    versions.customer_natural_key,
    coalesce(versions.product_key, {{ unknown_key() }}) as product_key,
    balances.currency,
    {{ money('balances.closing_balance - balances.credit_amount - balances.debit_amount') }}
        as opening_balance,
    {{ money('balances.credit_amount') }} as credit_amount,
    {{ money('balances.debit_amount') }} as debit_amount,
    {{ money('balances.closing_balance') }} as closing_balance,
    cast(balances.transaction_count as bigint) as transaction_count,
    cast(balances.declined_count as bigint) as declined_count,
    {{ days_between('balances.idle_date', 'balances.day_date') }} as inactive_days,
    versions.credit_limit_amount,
    case
        when versions.credit_limit_amount > 0
            then greatest({{ utilised }}, 0)
    end as utilisation_rate,
    balances.day_date = {{ month_end('balances.day_date') }} as is_month_end,
    balances.closing_balance < 0 as is_overdrawn,
    fingerprints._fingerprint
from balances
inner join fingerprints on {{ month_number('balances.day_date') }} = fingerprints.snapshot_month
{{ account_version(
    'balances.account_natural_key',
    end_of_day('balances.day_date'),
    alias='versions'
) }}
{{ customer_version('versions.customer_natural_key', end_of_day('balances.day_date')) }}
