{#-
    How far each fraud alert had come by the clock, and the money behind it.
    Grain: one row per alert.
-#}
with clock as (
    select * from {{ ref('int_comparison_dates') }}
    where position_name = 'current'
),

alerts as {{ in_place() }}(
    select * from {{ ref('fact_fraud_alerts') }}
),

transactions as (
    select * from {{ ref('fact_transactions') }}
),

reached as (
    -- at the newest event all that was sent is known; before it, only what had happened by then
    select
        alerts.alert_id,
        alerts.transaction_id,
        alerts.raised_at,
        {{ month_number('alerts.raised_at') }} as raised_month,
        alerts.is_confirmed
        and (clock.is_newest or cast(alerts.confirmed_at as date) <= clock.position_date)
            as is_confirmed,
        not alerts.is_confirmed
        and alerts.dismissed_at is not null
        and (clock.is_newest or cast(alerts.dismissed_at as date) <= clock.position_date)
            as is_dismissed,
        coalesce(cast(alerts.resolved_at as date) <= clock.position_date, false) as is_resolved,
        coalesce(clock.is_newest or cast(alerts.reviewed_at as date) <= clock.position_date, false)
        and alerts.reviewed_at is not null as is_under_review,
        alerts.recovered_amount > 0
        and coalesce(
            clock.is_newest or cast(alerts.recovered_at as date) <= clock.position_date, false
        )
            as has_recovery,
        alerts.has_unknown_status and not alerts.is_confirmed and alerts.dismissed_at is null
            as is_undecidable,
        alerts.resolution_days,
        alerts.recovered_amount
    from alerts
    inner join clock on cast(alerts.raised_at as date) <= clock.position_date
),

staged as (
    select
        reached.alert_id,
        reached.transaction_id,
        reached.raised_at,
        reached.raised_month,
        reached.is_confirmed
        or reached.is_dismissed
        or reached.is_resolved
        or reached.is_under_review as is_reviewed,
        reached.is_confirmed,
        reached.is_dismissed,
        reached.is_confirmed and reached.has_recovery as is_recovered,
        reached.is_resolved,
        reached.is_undecidable,
        case when reached.is_resolved then reached.resolution_days end as resolution_days,
        abs(transactions.posted_amount) as alert_amount,
        {{ converted(
            'reached.recovered_amount',
            reporting_rate('transactions.currency', 'transactions.exchange_rate')
        ) }} as recovered_amount
    from reached
    left join transactions on reached.transaction_id = transactions.transaction_id
)

select
    alert_id,
    transaction_id,
    raised_month,
    is_reviewed,
    is_confirmed,
    is_dismissed,
    is_recovered,
    is_resolved,
    is_undecidable,
    resolution_days,
    -- money behind two alerts is counted with the first of them
    row_number() over (
        partition by transaction_id order by raised_at nulls last, alert_id nulls last
    ) = 1
        as is_first_of_transaction,
    is_confirmed
    and row_number() over (
        partition by transaction_id, is_confirmed order by raised_at nulls last, alert_id nulls last
    ) = 1 as is_first_confirmed_of_transaction,
    {{ money('alert_amount') }} as alert_amount,
    recovered_amount
from staged
