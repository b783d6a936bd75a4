{#-
    Instalments of loans, scheduled and paid. Grain: one row per instalment. Partition:
    payment_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='payment_month',
    partition_source='silver.stg_loan_payments',
    on_schema_change='fail'
) }}
{%- set given =
    'select count(paid_amount) > 0 as amounts_are_given from ' ~ ref('stg_loan_payments')
-%}
{%- set settled = settled_date(
    '{rows}.scheduled_date', '{rows}.scheduled_amount', '{rows}.paid_date', '{rows}.paid_amount',
    'given.amounts_are_given'
) -%}
{#- what is unpaid grows older with the clock; an account's currency may be corrected #}
{%- set aged -%}
    select distinct facts.payment_month as partition_value
    from {{ this }} as facts
    cross join {{ ref('data_clock') }} as clock
    cross join ({{ given }}) as given
    left join {{ ref('dim_account') }} as accounts
        on facts.account_natural_key = accounts.account_natural_key and accounts.is_current
    where
        coalesce(facts.settled_date, cast('1900-01-01' as date))
        <> coalesce({{ settled.replace('{rows}', 'facts') }}, cast('1900-01-01' as date))
        or facts.late_days
        <> {{ late_days('facts.scheduled_date', 'facts.settled_date', 'clock.as_of_date') }}
        or facts.is_missed
        <> (facts.settled_date is null and facts.scheduled_date < clock.as_of_date)
        or coalesce(facts.currency, '') <> coalesce(accounts.currency, '')
{%- endset -%}
{%- set affected = affected_partitions('payment_month', ref('stg_loan_payments'), stale_rows=[
    rekeyed_customers('payment_month', end_of_day('facts.scheduled_date')),
    rekeyed_accounts('payment_month', end_of_day('facts.scheduled_date'), attribute='product_key'),
    aged,
]) %}
with payments as (
    select * from {{ ref('stg_loan_payments') }}
    where {{ in_partitions('payment_month', affected) }}
),

clock as (
    select * from {{ ref('data_clock') }}
),

given as (
    {{ given }}
),

settled as (
    select
        payments.*,
        {{ settled.replace('{rows}', 'payments') }} as settled_date
    from payments
    cross join given
),

aged as (
    select
        settled.*,
        {{ late_days('settled.scheduled_date', 'settled.settled_date', 'clock.as_of_date') }}
            as late_days,
        settled.settled_date is null and settled.scheduled_date < clock.as_of_date as is_missed
    from settled
    cross join clock
)

select
    aged.payment_id,
    aged.payment_month,
    {{ date_key('aged.scheduled_date') }} as date_key,
    {{ date_key('aged.paid_date') }} as paid_date_key,
    aged.scheduled_date,
    aged.paid_date,
    aged.settled_date,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    aged.customer_id as customer_natural_key,
    {{ version_key('accounts', 'account_key') }} as account_key,
    aged.account_id as account_natural_key,
    coalesce(accounts.product_key, {{ unknown_key() }}) as product_key,
    accounts.currency,
    aged.scheduled_amount,
    coalesce(aged.paid_amount, {{ money('0') }}) as paid_amount,
    {{ money('aged.scheduled_amount - coalesce(aged.paid_amount, 0)') }} as shortfall_amount,
    coalesce(aged.late_fee_amount, {{ money('0') }}) as late_fee_amount,
    aged.outstanding_balance,
    aged.late_days,
    aged.late_days > 0 as is_late,
    aged.is_missed,
    {{ delinquency_bucket('aged.late_days') }} as delinquency_bucket,
    case
        when aged.paid_date is null and aged.paid_amount > 0 then 'paid without a date'
        when aged.paid_date is not null and coalesce(aged.paid_amount, 0) = 0
            then 'a date without a payment'
    end as payment_contradiction,
    aged.payment_method,
    aged._batch_id
from aged
{{ customer_version('aged.customer_id', end_of_day('aged.scheduled_date')) }}
{{ account_version('aged.account_id', end_of_day('aged.scheduled_date')) }}
