{#-
    Account movements and declined attempts, one row per transaction: typed, one spelling,
    latest arrival. Grain: one row per transaction_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='transaction_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('transactions') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['transaction_id']) }}
)

select
    transaction_id,
    account_id,
    customer_id,
    merchant_id,
    transaction_date as transaction_at,
    cast(transaction_date as date) as transaction_date,
    {{ transaction_hour('transaction_date', 'hour_of_day') }} as hour_number,
    {{ iso_weekday('transaction_date') }} in (6, 7) as is_weekend,
    {{ month_number('transaction_date') }} as transaction_month,
    transaction_type,
    amount as transaction_amount,
    {{ transaction_direction('amount', 'transaction_type') }} as direction,
    decline_reason is not null as is_declined,
    case when decline_reason is not null then 'declined' else 'posted' end as transaction_status,
    upper(currency) as currency,
    channel,
    merchant_category,
    mcc_code,
    is_fraud,
    fraud_score,
    location_city,
    location_state,
    upper(location_country) as location_country,
    latitude,
    longitude,
    device_id,
    is_international,
    authorization_code,
    is_recurring,
    distance_from_home_km,
    merchant_risk_score,
    velocity_24h as velocity_24h_count,
    amount_deviation_score,
    processing_time_ms,
    decline_reason,
    _batch_id,
    _loaded_at
from latest
