{#-
    Balance of every open account at the end of every kept day, rebuilt from its movements.
    Grain: one row per account and day. Partition: snapshot_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='snapshot_month', partition_source='silver.int_snapshot_days',
    sorted_by=['account_natural_key', 'customer_natural_key'],
    on_schema_change='fail'
) }}
{%- set measures = {
    'credit_amount': 'decimal(18, 2)', 'debit_amount': 'decimal(18, 2)',
    'transaction_count': 'bigint', 'declined_count': 'bigint',
} -%}
{%- set same_day = 'movement_days.transaction_date = counted_days.snapshot_date' -%}
{%- set wanted_days = {
    'relation': ref('int_snapshot_days'), 'month': 'snapshot_month',
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

movement_days as {{ in_place() }}(
    select * from {{ ref('int_account_movement_days') }}
),

-- the first of the days that a movement counts on
counted_days as (
    select
        moving.transaction_date,
        min(days.snapshot_date) as snapshot_date
    from (select distinct transaction_date from movement_days) as moving
    inner join days on moving.transaction_date <= days.snapshot_date
    group by moving.transaction_date
),

movements as (
    select
        movement_days.account_natural_key,
        counted_days.snapshot_date,
        {%- for measure, kind in measures.items() %}
        cast(sum(case when {{ same_day }} then movement_days.{{ measure }} end) as {{ kind }})
            as {{ measure }},
        {%- endfor %}
        sum(movement_days.credit_amount + movement_days.debit_amount) as movement_amount,
        max(case when movement_days.transaction_count > 0 then movement_days.transaction_date end)
            as last_movement_date
    from movement_days
    inner join counted_days on movement_days.transaction_date = counted_days.transaction_date
    group by movement_days.account_natural_key, counted_days.snapshot_date
),

account_days as (
    select
        accounts.account_natural_key,
        accounts.opening_balance,
        accounts.open_date,
        days.snapshot_date
    from {{ ref('int_account_spans') }} as accounts
    inner join days
        on
            accounts.open_date <= days.snapshot_date
            and (accounts.close_date is null or accounts.close_date >= days.snapshot_date)
),

running as (
    select
        account_days.account_natural_key,
        account_days.snapshot_date,
        {%- for measure, kind in measures.items() %}
        coalesce(movements.{{ measure }}, cast(0 as {{ kind }})) as {{ measure }},
        {%- endfor %}
        {{ exact_money(
            'account_days.opening_balance + coalesce(sum(movements.movement_amount) over so_far, 0)'
        ) }} as closing_balance,
        coalesce(max(movements.last_movement_date) over so_far, account_days.open_date)
            as last_active_date
    from account_days
    left join movements
        on
            account_days.account_natural_key = movements.account_natural_key
            and account_days.snapshot_date = movements.snapshot_date
    window so_far as (
        partition by account_days.account_natural_key
        order by account_days.snapshot_date nulls last rows unbounded preceding
    )
)

-- left joins that always find one: an inner one lets planners expect a handful of rows
select
    running.account_natural_key,
    versions.customer_natural_key,
    days.snapshot_month,
    {{ date_key('running.snapshot_date') }} as date_key,
    running.snapshot_date,
    {{ days_between('running.last_active_date', 'running.snapshot_date') }} as inactive_days,
    running.transaction_count,
    running.declined_count,
    days.is_month_end,
    running.closing_balance < 0 as is_overdrawn,
    running.closing_balance,
    {{ converted(
        'running.closing_balance', reporting_rate('versions.currency', 'rates.exchange_rate')
    ) }} as reporting_balance,
    {{ exact_money('running.closing_balance - running.credit_amount - running.debit_amount') }}
        as opening_balance,
    running.credit_amount,
    running.debit_amount,
    versions.currency,
    versions.account_key,
    versions.customer_key,
    versions.product_key,
    versions.credit_limit_amount,
    case
        when versions.credit_limit_amount > 0
            then
                greatest({{ ratio('-running.closing_balance', 'versions.credit_limit_amount') }}, 0)
    end as utilisation_rate,
    fingerprints._fingerprint
from running
left join days on running.snapshot_date = days.snapshot_date
left join fingerprints on days.snapshot_month = fingerprints.snapshot_month
left join {{ ref('int_account_versions') }} as versions
    on
        running.account_natural_key = versions.account_natural_key
        and running.snapshot_date >= versions.first_date
        and running.snapshot_date < versions.next_first_date
left join {{ ref('int_daily_exchange_rates') }} as rates
    on versions.currency = rates.currency and running.snapshot_date = rates.rate_date
