{#-
    Transactions and frauds by category, channel, weekday, hours and abroad. Grain: one row
    per merchant category, channel, international flag, weekday and hour band.
-#}
{%- set double = type_double() %}
with clock as (
    select * from {{ ref('data_clock') }}
),

transactions as {{ in_place() }}(
    select * from {{ ref('fact_transactions') }}
),

timed as (
    select
        transactions.transaction_date,
        transactions.customer_natural_key,
        transactions.is_fraud,
        {{ known_text('transactions.merchant_category') }} as merchant_category,
        {{ known_text('transactions.channel') }} as channel,
        coalesce(transactions.is_international, false) as is_international,
        abs(transactions.reporting_amount) as amount,
        cast(transactions.velocity_24h_count as {{ double }}) as velocity,
        transactions.distance_from_home_km as distance,
        {{ iso_weekday('transactions.transaction_date') }} as weekday_number,
        coalesce(cast(floor(transactions.hour_number / 3.0) as integer) * 3, -1)
            as hour_band_number
    from transactions
    inner join clock on transactions.transaction_date <= clock.as_of_date
)

select
    merchant_category,
    channel,
    is_international,
    weekday_number,
    hour_band_number,
    cast(count(*) as bigint) as transaction_count,
    count(is_fraud) as labelled_count,
    {{ count_if('is_fraud') }} as fraud_count,
    {{ money_if('is_fraud', 'amount') }} as fraud_amount,
    {{ money('avg(case when is_fraud then amount end)') }} as avg_fraud_amount,
    {{ money('avg(amount)') }} as avg_amount,
    avg(case when is_fraud then velocity end) as fraud_velocity_index,
    avg(velocity) as velocity_index,
    {{ average_double('case when is_fraud then distance end') }} as fraud_distance_km,
    {{ average_double('distance') }} as distance_km,
    cast(count(distinct customer_natural_key) as bigint) as exposed_customer_count,
    cast(count(distinct case when is_fraud then customer_natural_key end) as bigint)
        as victim_count,
    min(case when is_fraud then transaction_date end) as first_fraud_date,
    max(case when is_fraud then transaction_date end) as last_fraud_date
from timed
group by merchant_category, channel, is_international, weekday_number, hour_band_number
