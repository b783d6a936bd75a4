{#-
    Transactions that could have been fraud, by what they paid for and channel, in the last
    `fraud_history_days` days that transactions tell of. Grain: one row per category and channel.
-#}
with clock as (
    select
        first_transaction_date,
        transaction_end_date,
        {{ add_days('transaction_end_date', -var('fraud_history_days')) }} as after_date
    from {{ ref('data_clock') }}
)

select
    coalesce(transactions.merchant_category, transactions.transaction_type, 'Unknown')
        as merchant_category,
    {{ known_text('transactions.channel') }} as channel,
    cast(count(*) as bigint) as transaction_count,
    cast(count(transactions.is_fraud) as bigint) as labelled_count
from {{ ref('fact_transactions') }} as transactions
inner join clock
    on
        transactions.transaction_date > clock.after_date
        and transactions.transaction_date <= clock.transaction_end_date
group by
    coalesce(transactions.merchant_category, transactions.transaction_type, 'Unknown'),
    {{ known_text('transactions.channel') }}
