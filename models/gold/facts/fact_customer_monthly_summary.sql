{#-
    What each customer did and held, month by month, without gaps. Grain: one row per customer
    and month. Partition: summary_month.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='replace_partitions',
    unique_key='summary_month',
    partition_source='silver.int_months',
    partition_source_column='month_number',
    sorted_by=['customer_natural_key'],
    on_schema_change='fail'
) }}
{%- set fingerprints -%}
    select
        prints.month_number as summary_month,
        prints._fingerprint
    from (
        {{ month_fingerprints(ref('int_months'), 'month_number', summary_fingerprint_parts()) }}
    ) as prints
    inner join {{ ref('int_covered_months') }} as covered
        on prints.month_number = covered.month_number
{%- endset -%}
{%- set zero = exact_money('0') -%}
{%- set affected = stale_months('summary_month', fingerprints) %}
with fingerprints as (
    {{ fingerprints }}
),

customer_months as (
    select * from {{ ref('int_customer_months') }}
    where {{ in_partitions('summary_month', affected) }}
),

activity as (
    select * from {{ ref('int_customer_month_transactions') }}
    where {{ in_partitions('summary_month', affected) }}
),

holdings as (
    select * from {{ ref('int_customer_month_holdings') }}
    where {{ in_partitions('summary_month', affected) }}
),

balances as (
    select * from {{ ref('int_customer_month_balances') }}
    where {{ in_partitions('summary_month', affected) }}
),

contacts as (
    select * from {{ ref('int_customer_month_contacts') }}
    where {{ in_partitions('summary_month', affected) }}
)

select
    customer_months.customer_natural_key,
    customer_months.summary_month,
    {{ date_key('customer_months.month_end_date') }} as date_key,
    customer_months.month_end_date,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    customers.customer_segment,
    coalesce(holdings.account_count, 0) as account_count,
    cast(coalesce(holdings.open_account_count, 0) as bigint) as open_account_count,
    coalesce(holdings.product_count, 0) as product_count,
    coalesce(activity.transaction_count, 0) as transaction_count,
    cast(coalesce(activity.posted_count, 0) as bigint) as posted_count,
    cast(coalesce(activity.declined_count, 0) as bigint) as declined_count,
    coalesce(activity.credit_amount, {{ zero }}) as credit_amount,
    coalesce(activity.debit_amount, {{ zero }}) as debit_amount,
    {{ exact_money('coalesce(activity.credit_amount + activity.debit_amount, 0)') }} as net_amount,
    cast(coalesce(activity.purchase_count, 0) as bigint) as purchase_count,
    coalesce(activity.purchase_amount, {{ zero }}) as purchase_amount,
    cast(coalesce(activity.fee_count, 0) as bigint) as fee_count,
    coalesce(activity.fee_amount, {{ zero }}) as fee_amount,
    cast(coalesce(activity.international_count, 0) as bigint) as international_count,
    cast(coalesce(activity.digital_count, 0) as bigint) as digital_count,
    cast(coalesce(activity.fraud_count, 0) as bigint) as fraud_count,
    coalesce(activity.fraud_amount, {{ zero }}) as fraud_amount,
    coalesce(activity.active_day_count, 0) as active_day_count,
    coalesce(activity.distinct_category_count, 0) as distinct_category_count,
    {{ money('balances.month_end_balance') }} as month_end_balance,
    coalesce(contacts.interaction_count, 0) as interaction_count,
    cast(coalesce(contacts.complaint_count, 0) as bigint) as complaint_count,
    cast(coalesce(contacts.unresolved_count, 0) as bigint) as unresolved_count,
    contacts.average_satisfaction_score,
    coalesce(
        customer_months.last_posted_date
        > {{ add_days('customer_months.last_known_date', '-' ~ var('activity_days')) }},
        false
    ) as is_active_customer,
    fingerprints._fingerprint
from customer_months
-- left, though there is always one: planners take an inner one for a filter, and sort all twice
left join fingerprints on customer_months.summary_month = fingerprints.summary_month
left join activity
    on
        customer_months.customer_natural_key = activity.customer_natural_key
        and customer_months.summary_month = activity.summary_month
left join holdings
    on
        customer_months.customer_natural_key = holdings.customer_natural_key
        and customer_months.summary_month = holdings.summary_month
left join balances
    on
        customer_months.customer_natural_key = balances.customer_natural_key
        and customer_months.summary_month = balances.summary_month
left join contacts
    on
        customer_months.customer_natural_key = contacts.customer_natural_key
        and customer_months.summary_month = contacts.summary_month
{{ customer_version('customer_months.customer_natural_key', 'customer_months.last_known_at') }}
