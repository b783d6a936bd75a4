{#-
    Transactions of the last two days: what the real-time models look at. Grain: one row per
    transaction.
-#}
with clock as (
    select * from {{ ref('int_realtime_clock') }}
),

merchants as (
    select * from {{ ref('dim_merchant') }}
)

select
    transactions.transaction_id,
    transactions.transaction_at,
    transactions.customer_natural_key,
    transactions.account_natural_key,
    merchants.merchant_natural_key,
    merchants.merchant_name,
    {{ known_text('transactions.channel') }} as channel,
    transactions.transaction_type,
    transactions.is_declined,
    abs(transactions.reporting_amount) as reporting_amount,
    abs(transactions.posted_amount) as posted_amount,
    transactions.is_international,
    transactions.distance_from_home_km,
    transactions.processing_time_ms
from {{ ref('fact_transactions') }} as transactions
inner join clock
    on
        transactions.transaction_date >= {{ add_days('clock.as_of_date', -2) }}
        and transactions.transaction_at > {{ dbt.dateadd('hour', -48, 'clock.clock_at') }}
        and transactions.transaction_at <= clock.clock_at
left join merchants on transactions.merchant_key = merchants.merchant_key
