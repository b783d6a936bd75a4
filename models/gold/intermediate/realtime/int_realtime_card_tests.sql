{#-
    A card that is tried: one of four online payments under 3 within an hour, or an online purchase
    within the hour after one. Grain: one row per transaction.
-#}
{{ config(materialized='view') }}
{%- set order = 'partition by account_natural_key order by transaction_at, transaction_id' %}
with transactions as (
    select
        recent.transaction_id,
        recent.account_natural_key,
        recent.transaction_at,
        {{ dbt.dateadd('hour', 1, 'recent.transaction_at') }} as until_at,
        coalesce(recent.reporting_amount < 3, false) as is_small
    from {{ ref('int_realtime_transactions') }} as recent
    where
        recent.account_natural_key is not null
        and recent.transaction_type = 'Purchase'
        and recent.channel in ('Online', 'Mobile')
),

small as (
    select
        account_natural_key,
        transaction_at,
        until_at,
        lag(until_at, 3) over ({{ order }}) as third_until_at,
        lag(until_at, 2) over ({{ order }}) as second_until_at,
        lag(until_at) over ({{ order }}) as first_until_at,
        lead(transaction_at) over ({{ order }}) as first_after_at,
        lead(transaction_at, 2) over ({{ order }}) as second_after_at,
        lead(transaction_at, 3) over ({{ order }}) as third_after_at
    from transactions
    where is_small
),

-- one of four small payments within an hour
tests as (
    select
        account_natural_key,
        transaction_at,
        until_at
    from small
    where
        third_until_at >= transaction_at
        or second_until_at >= first_after_at
        or first_until_at >= second_after_at
        or until_at >= third_after_at
)

select distinct transactions.transaction_id
from transactions
inner join tests
    on
        transactions.account_natural_key = tests.account_natural_key
        and transactions.transaction_at between tests.transaction_at and tests.until_at
