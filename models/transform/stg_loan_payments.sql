{#-
    Scheduled loan instalments and what was paid: typed, one spelling, latest arrival. Grain:
    one row per payment_id, its latest arrival.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='payment_id',
    on_schema_change='fail'
) }}
with arrivals as (
    select * from {{ bronze('loan_payments') }}
    where {{ arrived_since() }}
),

latest as (
    {{ latest_arrival('arrivals', ['payment_id']) }}
)

select
    payment_id,
    account_id,
    customer_id,
    scheduled_date,
    {{ month_number('scheduled_date') }} as payment_month,
    actual_date as paid_date,
    scheduled_amount,
    actual_amount as paid_amount,
    is_late as is_reported_late,
    days_late as reported_late_days,
    late_fee as late_fee_amount,
    payment_method,
    outstanding_balance,
    _batch_id,
    _loaded_at
from latest
