{#-
    Every merchant and device with the customers who met fraud after, or through it. Grain:
    one row per merchant and per device.
-#}
{%- set text = dbt.type_string() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
),

known as (
    select
        transactions.transaction_id,
        transactions.transaction_date,
        transactions.transaction_type,
        transactions.customer_natural_key,
        transactions.merchant_key,
        transactions.device_id,
        transactions.is_declined,
        coalesce(transactions.is_fraud, false) as is_fraud,
        abs(transactions.reporting_amount) as amount
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
    where transactions.customer_natural_key is not null
),

visits as (
    select
        customer_natural_key,
        merchant_key,
        transaction_date,
        count(*) as visit_count
    from known
    where
        transaction_type = 'Purchase'
        and not is_fraud
        and not is_declined
        and merchant_key <> {{ unknown_key() }}
    group by customer_natural_key, merchant_key, transaction_date
),

frauds as (
    select
        transaction_id,
        customer_natural_key,
        transaction_date,
        amount
    from known
    where is_fraud
),

linked_frauds as (
    -- each fraud once per merchant, however often its victim had been there
    select distinct
        visits.merchant_key,
        frauds.transaction_id,
        frauds.customer_natural_key,
        frauds.transaction_date,
        frauds.amount
    from frauds
    inner join visits
        on
            frauds.customer_natural_key = visits.customer_natural_key
            and frauds.transaction_date > visits.transaction_date
            and frauds.transaction_date
            <= {{ add_days('visits.transaction_date', var('compromise_days')) }}
),

merchant_victims as (
    select
        merchant_key,
        count(distinct customer_natural_key) as victim_count,
        count(*) as fraud_count,
        sum(amount) as fraud_amount,
        min(transaction_date) as first_fraud_date,
        max(transaction_date) as last_fraud_date
    from linked_frauds
    group by merchant_key
),

merchant_customers as (
    select
        merchant_key,
        count(distinct customer_natural_key) as exposed_customer_count,
        sum(visit_count) as transaction_count
    from visits
    group by merchant_key
),

device_links as (
    select
        device_id,
        count(distinct customer_natural_key) as exposed_customer_count,
        count(*) as transaction_count,
        count(distinct case when is_fraud then customer_natural_key end) as victim_count,
        count(case when is_fraud then 1 end) as fraud_count,
        sum(case when is_fraud then amount end) as fraud_amount,
        min(case when is_fraud then transaction_date end) as first_fraud_date,
        max(case when is_fraud then transaction_date end) as last_fraud_date
    from known
    where device_id is not null
    group by device_id
)

select
    cast('merchant' as {{ text }}) as record_type,
    merchant_customers.merchant_key,
    cast(null as {{ text }}) as device_id,
    merchant_customers.exposed_customer_count,
    cast(merchant_customers.transaction_count as bigint) as transaction_count,
    coalesce(merchant_victims.victim_count, 0) as victim_count,
    coalesce(merchant_victims.fraud_count, 0) as fraud_count,
    {{ money('merchant_victims.fraud_amount') }} as fraud_amount,
    merchant_victims.first_fraud_date,
    merchant_victims.last_fraud_date
from merchant_customers
left join merchant_victims on merchant_customers.merchant_key = merchant_victims.merchant_key
union all
select
    cast('device' as {{ text }}) as record_type,
    {{ unknown_key() }} as merchant_key,
    device_id,
    exposed_customer_count,
    transaction_count,
    victim_count,
    fraud_count,
    {{ money('fraud_amount') }} as fraud_amount,
    first_fraud_date,
    last_fraud_date
from device_links
