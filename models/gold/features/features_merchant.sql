{#-
    Merchants that somebody has paid until each month end, with what was known of them then.
    Grain: one row per merchant and month end. A view: nothing reads it in a build.
-#}
{{ config(materialized='view') }}
with months as {{ in_place() }}(
    select * from {{ ref('int_feature_months') }}
),

merchants as (
    select * from {{ ref('dim_merchant') }}
    where merchant_key <> {{ unknown_key() }}
),

payments as (
    select
        transaction_id,
        merchant_key,
        customer_natural_key,
        transaction_date,
        {{ month_start('transaction_date') }} as payment_month_date,
        is_declined,
        is_international,
        reporting_amount
    from {{ ref('fact_transactions') }}
    where merchant_key <> {{ unknown_key() }}
),

by_month as (
    select
        merchant_key,
        payment_month_date,
        min(transaction_date) as first_date,
        max(transaction_date) as last_date,
        sum(case when is_declined then 0 else 1 end) as posted_count,
        sum(case when is_declined then 1 else 0 end) as declined_count,
        sum(case when is_international and not is_declined then 1 else 0 end)
            as international_count,
        sum(case when is_declined then 0 else abs(reporting_amount) end) as paid_amount
    from payments
    group by merchant_key, payment_month_date
),

until_then as (
    select
        by_month.merchant_key,
        months.month_number,
        min(by_month.first_date) as first_date,
        max(by_month.last_date) as last_date,
        sum(by_month.posted_count) as posted_count
    from by_month
    inner join months on by_month.payment_month_date < months.month_start_date
    group by by_month.merchant_key, months.month_number
),

recent as (
    select
        by_month.merchant_key,
        months.month_number,
        sum(by_month.posted_count) as posted_count,
        sum(by_month.declined_count) as declined_count,
        sum(by_month.international_count) as international_count,
        sum(by_month.paid_amount) as paid_amount
    from by_month
    inner join months
        on
            by_month.payment_month_date < months.month_start_date
            and by_month.payment_month_date >= months.recent_date
    group by by_month.merchant_key, months.month_number
),

payers as (
    select distinct
        merchant_key,
        customer_natural_key,
        payment_month_date
    from payments
    where not is_declined and customer_natural_key is not null
),

recent_payers as (
    select
        payers.merchant_key,
        months.month_number,
        count(distinct payers.customer_natural_key) as recent_customer_count
    from payers
    inner join months
        on
            payers.payment_month_date < months.month_start_date
            and payers.payment_month_date >= months.recent_date
    group by payers.merchant_key, months.month_number
),

alerts as (
    select * from {{ ref('fact_fraud_alerts') }}
    where confirmed_at is not null
),

known_frauds as (
    -- by when it was confirmed: a label of today says nothing of then
    select
        payments.merchant_key,
        payments.transaction_id,
        min(alerts.confirmed_at) as confirmed_at
    from payments
    inner join alerts on payments.transaction_id = alerts.transaction_id
    group by payments.merchant_key, payments.transaction_id
),

frauds as (
    select
        known_frauds.merchant_key,
        months.month_number,
        count(*) as known_fraud_count
    from known_frauds
    inner join months on known_frauds.confirmed_at < months.month_start_date
    group by known_frauds.merchant_key, months.month_number
)

select
    merchants.merchant_natural_key,
    months.cut_date,
    {{ days_between('until_then.first_date', 'months.cut_date') }} as seen_days,
    {{ days_between('until_then.last_date', 'months.cut_date') }} as inactive_days,
    cast(until_then.posted_count as bigint) as posted_count,
    cast(coalesce(recent.posted_count, 0) as bigint) as recent_posted_count,
    cast(coalesce(recent.declined_count, 0) as bigint) as recent_declined_count,
    cast(coalesce(recent.international_count, 0) as bigint) as recent_international_count,
    cast(coalesce(recent_payers.recent_customer_count, 0) as bigint) as recent_customer_count,
    {{ money('coalesce(recent.paid_amount, 0)') }} as recent_paid_amount,
    cast(coalesce(frauds.known_fraud_count, 0) as bigint) as known_fraud_count,
    {{ ratio('coalesce(frauds.known_fraud_count, 0)', 'until_then.posted_count') }}
        as known_fraud_rate
from until_then
inner join months on until_then.month_number = months.month_number
inner join merchants on until_then.merchant_key = merchants.merchant_key
left join recent
    on
        until_then.merchant_key = recent.merchant_key
        and until_then.month_number = recent.month_number
left join recent_payers
    on
        until_then.merchant_key = recent_payers.merchant_key
        and until_then.month_number = recent_payers.month_number
left join frauds
    on
        until_then.merchant_key = frauds.merchant_key
        and until_then.month_number = frauds.month_number
