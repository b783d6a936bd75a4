{#- Transactions by channel. Grain: one row per channel. -#}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
),

known as (
    select
        transactions.transaction_id,
        {{ known_text('transactions.channel') }} as channel,
        transactions.customer_natural_key,
        transactions.is_declined,
        transactions.is_fraud,
        transactions.posted_amount
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
),

channels as (
    select
        channel,
        count(*) as transaction_count,
        {{ count_if('not is_declined') }} as posted_count,
        {{ count_if('not is_declined and posted_amount is not null') }} as priced_count,
        {{ money('coalesce(sum(abs(posted_amount)), 0)') }} as volume,
        count(distinct customer_natural_key) as unique_customers,
        {{ count_flagged('is_fraud', 'transaction_id') }} as fraud_count,
        {{ count_if('is_declined') }} as declined_count
    from known
    group by channel
)

select
    channels.channel,
    channels.transaction_count,
    channels.posted_count,
    {{ percentage('channels.transaction_count', 'sum(channels.transaction_count) over ()') }}
        as pct_of_total,
    channels.volume,
    {{ money(ratio('channels.volume', 'channels.priced_count')) }} as avg_amount,
    channels.unique_customers,
    channels.fraud_count,
    {{ percentage('channels.fraud_count', 'channels.transaction_count') }} as fraud_rate_pct,
    channels.declined_count,
    {{ percentage('channels.declined_count', 'channels.transaction_count') }} as decline_rate_pct,
    {{ wilson_lower('channels.declined_count', 'channels.transaction_count') }}
        as decline_rate_pct_lower,
    {{ wilson_upper('channels.declined_count', 'channels.transaction_count') }}
        as decline_rate_pct_upper,
    {{ coverage_pct() }} as coverage_pct,
    {{ reporting_currency() }} as reporting_currency,
    {{ status_if('channels.transaction_count > 0') }} as status,
    clock.as_of_date
from channels
cross join clock
