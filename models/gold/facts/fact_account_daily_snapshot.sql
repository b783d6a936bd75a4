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
            days.snapshot_date >= accounts.open_date
            and (accounts.close_date is null or days.snapshot_date <= accounts.close_date)
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
)

select
    running.account_natural_key,
    {{ month_number('running.day_date') }} as snapshot_month,
    {{ date_key('running.day_date') }} as date_key,
    running.day_date as snapshot_date,
    {{ version_key('versions', 'account_key') }} as account_key,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    versions.customer_natural_key,
    coalesce(versions.product_key, {{ unknown_key() }}) as product_key,
    accounts.currency,
    {{ money(
        'accounts.opening_balance + running.movement_amount'
        ~ ' - running.credit_amount - running.debit_amount'
    ) }} as opening_balance,
    {{ money('running.credit_amount') }} as credit_amount,
    {{ money('running.debit_amount') }} as debit_amount,
    {{ money('accounts.opening_balance + running.movement_amount') }} as closing_balance,
    cast(running.transaction_count as bigint) as transaction_count,
    cast(running.declined_count as bigint) as declined_count,
    cast({{ dbt.datediff(
        'coalesce(running.last_movement_date, accounts.open_date)', 'running.day_date', 'day'
    ) }} as integer) as inactive_days,
    versions.credit_limit_amount,
    case
        when versions.credit_limit_amount > 0
            then greatest(
                -1 * {{ ratio(
                    'accounts.opening_balance + running.movement_amount',
                    'versions.credit_limit_amount'
                ) }}, 0
            )
    end as utilisation_rate,
    running.day_date = {{ month_end('running.day_date') }} as is_month_end,
    accounts.opening_balance + running.movement_amount < 0 as is_overdrawn,
    fingerprints._fingerprint
from running
inner join accounts on running.account_natural_key = accounts.account_natural_key
inner join fingerprints on {{ month_number('running.day_date') }} = fingerprints.snapshot_month
{{ account_version(
    'running.account_natural_key',
    end_of_day('running.day_date'),
    alias='versions'
) }}
{{ customer_version('versions.customer_natural_key', end_of_day('running.day_date')) }}
where running.is_wanted = 1
