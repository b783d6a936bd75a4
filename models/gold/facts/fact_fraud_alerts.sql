{#-
    Fraud alerts, accumulating: a time for each stage, filled as stages arrive. Grain: one row
    per alert.
-#}
with sent as (
    select * from {{ ref('stg_fraud_alerts') }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

newest as (
    {{ newest_version(ref('stg_fraud_alerts'), 'alert_id') }}
),

stages as (
    select
        alert_id,
        min(alert_at) as raised_at,
        min(case when investigation_status = 'under review' then updated_at end) as reviewed_at,
        min(case when investigation_status = 'confirmed' then updated_at end) as confirmed_at,
        min(case when investigation_status = 'false positive' then updated_at end) as dismissed_at,
        min(case when recovered_amount > 0 then updated_at end) as recovered_at,
        max(case when investigation_status = 'confirmed' then updated_at end) as last_confirmed_at,
        max(case when investigation_status = 'false positive' then updated_at end)
            as last_dismissed_at,
        max(case when {{ is_unknown_alert_status('investigation_status') }} then 1 else 0 end) = 1
            as has_unknown_status,
        cast(count(*) as integer) as version_count
    from sent
    group by alert_id
),

alerts as (
    select
        newest.*,
        stages.raised_at,
        stages.reviewed_at,
        stages.confirmed_at,
        stages.dismissed_at,
        stages.recovered_at,
        stages.last_confirmed_at,
        stages.last_dismissed_at,
        stages.has_unknown_status,
        stages.version_count,
        coalesce(newest.customer_id, transactions.customer_id) as alerted_customer_id,
        coalesce(newest.account_id, transactions.account_id) as alerted_account_id,
        transactions.transaction_amount,
        transactions.currency
    from newest
    inner join stages on newest.alert_id = stages.alert_id
    left join transactions on newest.transaction_id = transactions.transaction_id
)

select
    alerts.alert_id,
    alerts.transaction_id,
    {{ date_key('alerts.alert_date') }} as date_key,
    alerts.alert_at,
    {{ version_key('customers', 'customer_key') }} as customer_key,
    alerts.alerted_customer_id as customer_natural_key,
    {{ version_key('accounts', 'account_key') }} as account_key,
    alerts.alerted_account_id as account_natural_key,
    alerts.alert_type,
    alerts.alert_severity,
    alerts.investigation_status,
    alerts.raised_at,
    alerts.reviewed_at,
    alerts.confirmed_at,
    alerts.dismissed_at,
    alerts.recovered_at,
    alerts.resolved_at,
    {{ days_between('alerts.alert_at', 'alerts.resolved_at') }} as resolution_days,
    alerts.currency,
    alerts.transaction_amount,
    coalesce(alerts.recovered_amount, {{ money('0') }}) as recovered_amount,
    -- the newest verdict counts
    coalesce(
        alerts.last_confirmed_at
        > coalesce(alerts.last_dismissed_at, cast('1900-01-01' as timestamp)),
        false
    ) as is_confirmed,
    alerts.resolved_at is not null as is_resolved,
    alerts.has_unknown_status,
    alerts.version_count
from alerts
{{ customer_version('alerts.alerted_customer_id', 'alerts.alert_at') }}
{{ account_version('alerts.alerted_account_id', 'alerts.alert_at') }}
