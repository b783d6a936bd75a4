{#-
    Which fraud rules a transaction of the last two days fires, in words. Grain: one row per
    transaction and rule.
-#}
{{ config(materialized='view') }}
{%- set order = 'partition by account_natural_key order by transaction_at, transaction_id' %}
with transactions as (
    select
        recent.*,
        {{ dbt.dateadd('minute', 10, 'recent.transaction_at') }} as until_at
    from {{ ref('int_realtime_transactions') }} as recent
    where
        recent.account_natural_key is not null
        and recent.transaction_type in ('Purchase', 'ATM Withdrawal', 'Transfer', 'Payment')
),

travel as (
    select * from {{ ref('int_realtime_travel') }}
),

card_tests as (
    select * from {{ ref('int_realtime_card_tests') }}
),

customers as (
    select * from {{ ref('int_realtime_customers') }}
),

accounts as (
    select * from {{ ref('int_realtime_accounts') }}
),

links as (
    select * from {{ ref('int_fraud_links') }}
    where record_type = 'merchant' and is_suspicious
),

steps as (
    select
        transactions.*,
        lag(until_at, 4) over ({{ order }}) as fifth_until_at,
        lag(transaction_at) over ({{ order }}) as before_at
    from transactions
),

visits as (
    select account_natural_key from {{ ref('int_realtime_visits') }}

    union

    select recent.account_natural_key
    from {{ ref('int_realtime_transactions') }} as recent
    inner join links on recent.merchant_natural_key = links.merchant_natural_key
    where recent.account_natural_key is not null
),

fired as (
    select
        transaction_id,
        'velocity' as rule_name,
        'five attempts of one account within ten minutes' as rule_words,
        0.5 as rule_score
    from steps
    where fifth_until_at >= transaction_at

    union all

    select
        transaction_id,
        'impossible_travel' as rule_name,
        'two places that nobody can reach in the time between them' as rule_words,
        0.9 as rule_score
    from travel

    union all

    select
        transaction_id,
        'card_testing' as rule_name,
        'a run of payments of almost nothing, or what follows it' as rule_words,
        0.9 as rule_score
    from card_tests

    union all

    select
        steps.transaction_id,
        'unusual_amount' as rule_name,
        'far more than the customer ever spends' as rule_words,
        0.4 as rule_score
    from steps
    inner join customers on steps.customer_natural_key = customers.customer_natural_key
    where
        customers.transaction_count >= {{ var('minimum_sample_count') }}
        and steps.reporting_amount > customers.mean_amount + 6 * customers.deviation_amount
        and steps.reporting_amount > 5 * customers.mean_amount

    union all

    select
        steps.transaction_id,
        'compromised_merchant' as rule_name,
        'an online purchase above the usual after one at a merchant where cards were stolen'
            as rule_words,
        0.3 as rule_score
    from steps
    inner join visits on steps.account_natural_key = visits.account_natural_key
    inner join customers on steps.customer_natural_key = customers.customer_natural_key
    where
        steps.channel in ('Online', 'Mobile')
        and steps.transaction_type = 'Purchase'
        and steps.reporting_amount > 2 * customers.mean_amount

    union all

    select
        steps.transaction_id,
        'dormant_account' as rule_name,
        'an account that was still for half a year is used' as rule_words,
        0.3 as rule_score
    from steps
    inner join accounts on steps.account_natural_key = accounts.account_natural_key
    where
        steps.before_at is null
        and accounts.last_used_at < {{ dbt.dateadd('day', -180, 'steps.transaction_at') }}
)

select
    transaction_id,
    rule_name,
    rule_words,
    cast(rule_score as {{ type_double() }}) as rule_score
from fired
