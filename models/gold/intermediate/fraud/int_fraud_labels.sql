{#-
    Frauds that are known at the clock, and when they became known. Grain: one row per
    fraudulent transaction.
-#}
with clock as (
    select * from {{ ref('data_clock') }}
),

alerts as (
    -- of several alerts the first one that was confirmed
    select
        transaction_id,
        min(cast(confirmed_at as date)) as known_date
    from {{ ref('fact_fraud_alerts') }}
    where is_confirmed and confirmed_at is not null
    group by transaction_id
)

select
    transactions.transaction_id,
    transactions.transaction_date,
    -- what no merchant took is named by what it is
    coalesce(transactions.merchant_category, transactions.transaction_type, 'Unknown')
        as merchant_category,
    {{ known_text('transactions.channel') }} as channel,
    abs(transactions.reporting_amount) as fraud_amount,
    case
        when alerts.known_date >= transactions.transaction_date then alerts.known_date
    end as known_date
from {{ ref('fact_transactions') }} as transactions
inner join clock on transactions.transaction_date <= clock.transaction_end_date
left join alerts on transactions.transaction_id = alerts.transaction_id
where
    transactions.is_fraud
    and (alerts.known_date is null or alerts.known_date <= clock.as_of_date)
