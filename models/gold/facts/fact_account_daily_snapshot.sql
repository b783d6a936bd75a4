{#-
    Balance of every open account at the end of every kept day, rebuilt from its movements.
    Grain: one row per account and day. Partition: snapshot_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_rows',
    unique_key='snapshot_month', row_key=['account_natural_key', 'snapshot_date'],
    partition_source='silver.int_snapshot_days',
    sorted_by=['account_natural_key', 'customer_natural_key'],
    on_schema_change='fail'
) }}
{%- set news = balance_news() -%}
{%- set every_balance -%}
    select
        accounts.account_natural_key,
        days.snapshot_date,
        days.snapshot_month
    from {{ ref('int_account_spans') }} as accounts
    inner join {{ ref('int_snapshot_days') }} as days
        on
            accounts.open_date <= days.snapshot_date
            and (accounts.close_date is null or accounts.close_date >= days.snapshot_date)
{%- endset -%}
{%- set moved_today = 'moved.transaction_date = balances.snapshot_date' %}
with balances as (
    select
        wanted.account_natural_key,
        wanted.snapshot_date,
        wanted.snapshot_month,
        accounts.open_date,
        accounts.opening_balance
    from {{ keys_to_make(news, 'snapshot_month', every_balance, 'wanted') }}
    inner join {{ ref('int_account_spans') }} as accounts
        on wanted.account_natural_key = accounts.account_natural_key
),

-- left joins that always find one: an inner one lets planners expect a handful of rows
running as (
    select
        balances.account_natural_key,
        balances.snapshot_date,
        balances.snapshot_month,
        {%- for measure in ['credit_amount', 'debit_amount'] %}
        case when {{ moved_today }} then moved.{{ measure }} else {{ exact_money('0') }} end
            as {{ measure }},
        {%- endfor %}
        {%- for measure in ['transaction_count', 'declined_count'] %}
        cast(case when {{ moved_today }} then moved.{{ measure }} else 0 end as bigint)
            as {{ measure }},
        {%- endfor %}
        {{ exact_money('balances.opening_balance + coalesce(moved.cumulative_amount, 0)') }}
            as closing_balance,
        coalesce(moved.last_active_date, balances.open_date) as last_active_date,
        versions.customer_natural_key,
        versions.currency,
        versions.account_key,
        versions.customer_key,
        versions.product_key,
        versions.credit_limit_amount,
        {{ balance_fingerprint('balances', 'moved', 'versions') }} as _fingerprint
    from balances
    {{ moved_by('balances.account_natural_key', 'balances.snapshot_date') }}
    {{ held_by('balances.account_natural_key', 'balances.snapshot_date') }}
)

select
    running.account_natural_key,
    running.customer_natural_key,
    running.snapshot_month,
    {{ date_key('running.snapshot_date') }} as date_key,
    running.snapshot_date,
    {{ days_between('running.last_active_date', 'running.snapshot_date') }} as inactive_days,
    running.transaction_count,
    running.declined_count,
    running.snapshot_date = {{ month_end('running.snapshot_date') }} as is_month_end,
    running.closing_balance < 0 as is_overdrawn,
    running.closing_balance,
    {{ converted(
        'running.closing_balance', reporting_rate('running.currency', 'rates.exchange_rate')
    ) }} as reporting_balance,
    {{ exact_money('running.closing_balance - running.credit_amount - running.debit_amount') }}
        as opening_balance,
    running.credit_amount,
    running.debit_amount,
    running.currency,
    running.account_key,
    running.customer_key,
    running.product_key,
    running.credit_limit_amount,
    case
        when running.credit_limit_amount > 0
            then
                greatest({{ ratio('-running.closing_balance', 'running.credit_limit_amount') }}, 0)
    end as utilisation_rate,
    cast(running._fingerprint as bigint) as _fingerprint
from running
left join {{ ref('int_daily_exchange_rates') }} as rates
    on running.currency = rates.currency and running.snapshot_date = rates.rate_date
