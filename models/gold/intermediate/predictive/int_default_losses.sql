{#-
    What was lost of defaulted loans that were closed by the newest month end: exposure less what
    came in after the default. Grain: one row per product.
-#}
with months as (
    select * from {{ ref('int_feature_months') }}
),

newest as (
    select max(cut_date) as cut_date
    from months
),

defaulted as (
    select
        account_natural_key,
        product_key,
        min(scheduled_date) as missed_date
    from {{ ref('int_default_instalments') }}
    where is_event
    group by account_natural_key, product_key
),

instalments as (
    select * from {{ ref('fact_loan_payments') }}
),

account_states as (
    select * from {{ ref('current_account') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
    where not is_declined and transaction_type = 'Payment'
),

products as (
    select * from {{ ref('dim_product') }}
),

resolved as (
    select
        defaulted.account_natural_key,
        defaulted.product_key,
        defaulted.missed_date,
        max(instalments.outstanding_balance) as exposure_amount
    from defaulted
    cross join newest
    inner join account_states
        on
            defaulted.account_natural_key = account_states.account_natural_key
            and newest.cut_date >= account_states.close_date
    inner join instalments
        on
            defaulted.account_natural_key = instalments.account_natural_key
            and defaulted.missed_date = instalments.scheduled_date
    where instalments.outstanding_balance > 0
    group by defaulted.account_natural_key, defaulted.product_key, defaulted.missed_date
),

recovered as (
    select
        resolved.account_natural_key,
        sum(transactions.transaction_amount) as recovered_amount
    from resolved
    inner join transactions
        on
            resolved.account_natural_key = transactions.account_natural_key
            and resolved.missed_date < transactions.transaction_date
    group by resolved.account_natural_key
),

lost as (
    select
        resolved.product_key,
        resolved.exposure_amount,
        greatest(resolved.exposure_amount - coalesce(recovered.recovered_amount, 0), 0)
            as lost_amount
    from resolved
    left join recovered on resolved.account_natural_key = recovered.account_natural_key
)

select
    products.product_name,
    count(*) as resolved_count,
    {{ money('sum(lost.exposure_amount)') }} as exposure_amount,
    {{ money('sum(lost.lost_amount)') }} as lost_amount
from lost
inner join products on lost.product_key = products.product_key
group by products.product_name
