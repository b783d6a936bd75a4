{#-
    Fraud alerts; sent again each time the investigation status moves: typed, one spelling,
    latest arrival. Grain: one row per alert_id and status sent (updated_at).
-#}
with arrivals as (
    select * from {{ bronze('fraud_alerts') }}
),

latest as (
    {{ latest_arrival('arrivals', ['alert_id', 'updated_at']) }}
)

select
    alert_id,
    transaction_id,
    customer_id,
    account_id,
    alert_date as alert_at,
    cast(alert_date as date) as alert_date,
    {{ month_number('alert_date') }} as alert_month,
    alert_type,
    alert_severity,
    lower(investigation_status) as investigation_status,
    resolution_date as resolved_at,
    amount_recovered as recovered_amount,
    updated_at,
    _batch_id,
    _loaded_at
from latest
